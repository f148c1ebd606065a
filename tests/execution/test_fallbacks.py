"""What has no plan is executed by graphql-core, which answers it as it always does, and a reason is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import strawberry
from graphql import AbortController, ExecutionHooks, parse
from strawberry.directive import DirectiveLocation, DirectiveValue
from strawberry.schema.config import StrawberryConfig

from projectgate.execution.documents import Documents
from projectgate.execution.executor import How
from projectgate.execution.explain import explained
from tests.execution.compared import FALLBACK, Pair, pair
from tests.make.operations import Made

pytestmark = pytest.mark.anyio


class Missing(Exception):
    """What a resolver raises where something is not there."""


@strawberry.type
class Found:
    """Something that is there."""

    name: str


@strawberry.type
class NotThere:
    """What stands for something that is not."""

    message: str


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def hello(self) -> str:
        """A greeting."""
        return "hello"

    @strawberry.field
    async def find(self, name: str) -> Found | NotThere:
        """Something, unless it is missing."""
        await asyncio.sleep(0)
        if name == "":
            raise Missing("there is nothing without a name")
        return Found(name=name)


@strawberry.directive(locations=[DirectiveLocation.FIELD])
def loud(value: DirectiveValue[str]) -> str:
    """Capitals."""
    return value.upper()


class Handler(strawberry.ExceptionHandler[Missing, NotThere]):
    """Answers what is missing instead of failing."""

    def handle(self, exception: Missing, *, field: Any, info: Any) -> NotThere:  # noqa: ARG002
        """What stands for it."""
        return NotThere(message=f"{field.name}: {exception}")


async def left(tried: Pair, text: str) -> tuple[Any, str | None]:
    """What a document of the schema answers, which must be what graphql-core does, and why there is no plan."""
    expected = await tried.judged(Made(text, {}), None)
    found, how = await tried.compiled(Made(text, {}), None)
    assert (found, how) == (expected, FALLBACK)
    ways: list[How] = []
    answer = await Documents(tried.schema).document(text).execute(None, {}, None, ways.append)
    assert (answer.errors or [], found.errors) == ([], [])
    (way,) = ways
    assert not way.compiled
    assert tried.engine.counters.runs == tried.engine.counters.bail_outs == 0
    return answer.data, way.reason


async def test_a_directive_of_the_schema_is_done() -> None:
    tried = pair(Query, directives=[loud])
    assert await left(tried, "{ hello a: hello @loud }") == (
        {"hello": "hello", "a": "HELLO"},
        "extensions of the schema",
    )
    assert explained(tried.schema, "{ hello @loud }", {}).endswith(": the directive @loud\n")


async def test_a_directive_that_graphql_core_knows_and_plans_do_not_is_left_to_it() -> None:
    tried = pair(Query, config=StrawberryConfig(enable_experimental_incremental_execution=True))
    text = '{ hello ... @defer(if: false) { find(name: "x") { ... on Found { name } } } }'
    assert await left(tried, text) == (
        {"hello": "hello", "find": {"name": "x"}},
        "the directive @defer",
    )


async def test_exceptions_that_a_schema_has_handlers_for_are_handled() -> None:
    tried = pair(Query, exception_handlers=[Handler()])
    text = '{ find(name: "") { __typename ... on NotThere { message } } }'
    assert await left(tried, text) == (
        {
            "find": {
                "__typename": "NotThere",
                "message": "find: there is nothing without a name",
            }
        },
        "handlers of exceptions",
    )


async def test_introspection_is_told_by_its_field() -> None:
    assert await left(pair(Query), "{ __schema { queryType { name } } }") == (
        {"__schema": {"queryType": {"name": "Query"}}},
        "the field __schema",
    )


async def test_an_engine_that_is_switched_off_says_so() -> None:
    tried = pair(Query)
    tried.engine.enabled = False
    assert await left(tried, "{ hello }") == ({"hello": "hello"}, "plans are switched off")


async def test_values_that_a_schema_finds_in_its_own_way_are_found_in_it() -> None:
    def spelled(found: Any, name: str) -> Any:
        return f"{name}: {getattr(found, name)}"

    tried = pair(Query, config=StrawberryConfig(default_resolver=spelled))
    assert await left(tried, '{ find(name: "x") { ... on Found { name } } }') == (
        {"find": {"name": "name: x"}},
        "a default resolver of its own",
    )


@pytest.mark.parametrize("option", ["hooks", "abort_signal"])
async def test_whoever_wants_to_hear_of_the_end_or_to_abort_is_left_to_graphql_core(
    option: str,
) -> None:
    tried, heard = pair(Query), list[Any]()
    given: dict[str, Any] = {
        "hooks": ExecutionHooks(async_work_finished=heard.append),
        "abort_signal": AbortController().signal,
    }
    executor: Any = tried.engine.executor_class().build(
        tried.schema._schema,
        parse('{ hello find(name: "x") { ... on Found { name } } }'),
        **{option: given[option]},
    )
    result = await executor.execute_operation()
    assert result.data == {"hello": "hello", "find": {"name": "x"}}
    assert executor.how == How(False, "an abort signal or hooks")
    assert len(heard) == (option == "hooks")

"""Plans: what they are made of, when there is none, and what is left behind when one is given up."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from projectgate.execution.documents import Documents
from projectgate.execution.executor import KEPT, Engine
from projectgate.execution.explain import explained
from projectgate.execution.plan import CHOICES, Plan
from tests.execution import world
from tests.execution.compared import Pair
from tests.make.operations import Made

pytestmark = pytest.mark.anyio


def pair(**options: Any) -> Pair:
    """The world with an engine of its own."""
    engine = Engine()
    schema = strawberry.Schema(
        world.Query,
        world.Mutation,
        types=[world.Book, world.Tool],
        execution_context_class=engine.executor_class(),
        **options,
    )
    return Pair(schema, engine)


async def executed(tried: Pair, text: str, **variables: Any) -> str:
    """How an operation was executed, its answer held against the judge's."""
    made = Made(text, variables)
    expected = await tried.judged(made, world.Context())
    found, how = await tried.compiled(made, world.Context())
    assert found == expected
    return how


HOSTILE = ['"""', "'''", "\\", "\n", "{o}", "__import__('os')", '"); raise SystemExit #', "\u2028"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_text_of_a_client_is_in_the_source(text: str) -> None:
    tried = pair()
    block = text.replace('"""', '\\"""') if not text.endswith("\\") else f"{text} "
    quoted = "".join(f"\\u{ord(letter):04x}" for letter in text)
    query = (
        f'query ($v: String!) {{ things {{ a: repeated(text: "{quoted}") b: repeated(text: """{block}""") '
        "c: repeated(text: $v) } }"
    )
    assert await executed(tried, query, v=text) == "plan"
    source = explained(tried.schema, query, {"v": text})
    assert text.isspace() or text not in source


async def test_what_is_explained_is_the_plan_that_the_server_runs() -> None:
    tried, text = pair(), "{ things { id made } }"
    document = Documents(tried.schema).document(text)
    answer = await document.execute(None, {}, world.Context())
    assert answer.data is not None
    (choices,) = tried.engine._choices.values()
    (plan,) = choices._plans.values()
    assert isinstance(plan, Plan)
    assert "tzinfo is UTC" in plan.source
    assert explained(tried.schema, text, {}).endswith(f"\n\n{plan.source}")


async def test_response_keys_may_be_any_names() -> None:
    names = [
        "class",
        "None",
        "objects",
        "answers",
        "run",
        "o",
        "v",
        "lists",
        "examine",
        "__debug__",
    ]
    keys = " ".join(f"{name}: number" for name in names[:-1])
    assert await executed(pair(), f"{{ things {{ {keys} {names[-1]}x: id }} }}") == "plan"


@strawberry.type
class Odd:
    """A type whose fields have the names that the source uses."""

    type: str
    map: str

    @strawberry.field
    def examine(self) -> str:
        """A name that the source uses too."""
        return "x"

    @strawberry.field
    def lists(self) -> list[str]:
        """Another one."""
        return ["y"]


async def test_fields_named_like_what_the_source_uses_do_not_hide_it() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def run(self) -> list[Odd]:
            """And another."""
            return [Odd(type="t", map="m")]

    engine = Engine()
    schema = strawberry.Schema(Query, execution_context_class=engine.executor_class())
    result = await schema.execute("{ run { type map examine lists } }")
    assert result.data == {"run": [{"type": "t", "map": "m", "examine": "x", "lists": ["y"]}]}
    assert engine.counters.runs == 1


async def test_a_text_is_compiled_once() -> None:
    tried = pair()
    for _ in range(5):
        assert await executed(tried, "{ things { id } }") == "plan"
    assert tried.engine.counters.plans == 1


async def test_two_operations_of_a_document_have_plans_of_their_own() -> None:
    tried = pair()
    text = "query A { things { id } } query B { things { number } }"
    for name, data in (("A", {"id": "0"}), ("B", {"number": 0}), ("A", {"id": "0"})):
        result = await tried.schema.execute(
            text, context_value=world.Context(), operation_name=name
        )
        assert result.data is not None
        assert result.data["things"][0] == data
    assert tried.engine.counters.plans == 2


async def test_plans_are_kept_for_so_many_operations() -> None:
    tried = pair()
    for number in range(KEPT + 3):
        await tried.schema.execute(f"{{ a{number}: __typename }}")
    assert len(tried.engine._choices) == KEPT


async def test_a_document_with_too_many_choices_is_answered_all_the_same() -> None:
    tried = pair()
    names = [f"v{number}" for number in range(5)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: id @skip(if: ${name})" for name in names)
    query = f"query ({declared}) {{ things {{ __typename {fields} }} }}"
    ways = [
        await executed(
            tried, query, **{name: bool(case >> place & 1) for place, name in enumerate(names)}
        )
        for case in range(2 ** len(names))
    ]
    assert ways == ["plan"] * CHOICES + ["fallback"] * CHOICES


@pytest.mark.parametrize(
    "text",
    [
        "query ($no: Boolean!) { things @include(if: $no) { id } }",
        'mutation ($no: Boolean!) { put(id: "1") @include(if: $no) { id } }',
        "query ($no: Boolean!) { things { one { id @include(if: $no) } } }",
    ],
)
async def test_an_operation_of_which_nothing_is_chosen_has_a_plan(text: str) -> None:
    assert await executed(pair(), text, no=False) == "plan"


@pytest.mark.parametrize(
    "text",
    ["{ __schema { queryType { name } } }", '{ __type(name: "Thing") { name } things { id } }'],
)
async def test_introspection_is_left_to_graphql_core(text: str) -> None:
    assert await executed(pair(), text) == "fallback"


async def test_a_schema_whose_resolvers_have_middleware_is_left_to_graphql_core() -> None:
    class Loud(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, *given: Any, **named: Any) -> Any:
            value = _next(root, info, *given, **named)
            return value.upper() if isinstance(value, str) else value

    tried = pair(extensions=[Loud])
    assert await executed(tried, "{ things { slowly: name } hello }") == "fallback"


async def test_an_engine_that_is_switched_off_makes_no_plan() -> None:
    tried = pair()
    tried.engine.enabled = False
    assert await executed(tried, "{ things { id } }") == "fallback"
    assert tried.engine.counters.plans == 0


async def test_a_resolver_of_a_mutation_runs_once_though_its_plan_is_given_up() -> None:
    text = 'mutation { a: put(id: "1") { id needed } b: put(id: "6") { id needed } c: sure(number: 2) { id } }'
    tried, context = pair(), world.Context()
    found, how = await tried.compiled(Made(text, {}), context)
    assert how == "bail-out"
    assert context.log == ["put 1", "put 6", "sure 2"]
    assert found == await tried.judged(Made(text, {}), world.Context())


async def test_a_mutation_that_fails_is_not_tried_again() -> None:
    tried, context = pair(), world.Context()
    _, how = await tried.compiled(Made('mutation { put(id: "5") { id } }', {}), context)
    assert how == "bail-out"
    assert context.log == ["put 5"]


async def test_nothing_is_left_to_await_when_a_plan_is_given_up() -> None:
    tried, before = pair(), asyncio.all_tasks()
    text = "{ things(first: 4) { slow later { slow } promised one { slow needed } } }"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, how = await tried.compiled(Made(text, {}), world.Context())
        gc.collect()
    assert how == "bail-out"
    assert asyncio.all_tasks() == before


async def test_a_cancelled_operation_leaves_no_task() -> None:
    started, ended = asyncio.Event(), asyncio.Event()
    before = asyncio.all_tasks()

    @strawberry.type
    class Query:
        @strawberry.field
        async def waits(self) -> str:
            """A text that never comes."""
            started.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()
            return ""

        @strawberry.field
        async def beside(self) -> str:
            """A text that comes at once."""
            return "x"

    engine = Engine()
    schema = strawberry.Schema(Query, execution_context_class=engine.executor_class())
    task = asyncio.create_task(schema.execute("{ waits beside }"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(ended.wait(), 1)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_loads_of_one_level_come_as_one_batch() -> None:
    tried, context = pair(), world.Context()
    text = "{ a: things(first: 3) { some { id } } b: things(first: 4) { some { some { id } } } }"
    _, how = await tried.compiled(Made(text, {}), context)
    assert how == "plan"
    assert [(name, len(keys)) for name, keys in context.batches] == [("some", 4), ("some", 5)]


async def test_what_a_plan_reads_is_told_to_the_context() -> None:
    tried, context = pair(), world.Context()
    await tried.compiled(Made("{ things { id made doubled some { name } } }", {}), context)
    assert context.narrowed == {
        "Query": (frozenset(), frozenset()),
        "Thing": (frozenset({"id", "made", "name"}), frozenset({"id", "number"})),
    }
    await tried.compiled(Made("{ things { needed } }", {}), context)
    assert context.narrowed is None


async def test_an_operation_without_an_event_loop_is_left_to_graphql_core() -> None:
    tried = pair()
    result = await asyncio.to_thread(tried.schema.execute_sync, "{ things { id } }")
    assert result.data == {"things": [{"id": "0"}, {"id": "1"}, {"id": "2"}]}
    assert tried.engine.counters.fallbacks == 1

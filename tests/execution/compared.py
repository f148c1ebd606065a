"""The same operation through graphql-core and through a plan, and what of the two is compared."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, NamedTuple

import strawberry
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from projectgate.execution.executor import Engine
from tests.execution import world
from tests.make.operations import Made

PLAN, BAIL_OUT, FALLBACK = "plan", "bail-out", "fallback"


class Answer(NamedTuple):
    """What came of an operation: its data as JSON, in which the order of keys counts, and its errors in their order."""

    data: str
    errors: list[str]


class Pair:
    """A schema with its engine, and the same schema as graphql-core executes it."""

    def __init__(self, schema: strawberry.Schema, engine: Engine) -> None:
        self.schema = schema
        self.engine = engine

    async def judged(self, made: Made, context: Any) -> Answer:
        """The answer of graphql-core."""
        return answer_of(await self.result(made, context))

    async def result(self, made: Made, context: Any) -> Any:
        """What graphql-core makes of an operation."""
        used = self.schema.execution_context_class
        self.schema.execution_context_class = StrawberryGraphQLCoreExecutionContext
        try:
            return await self._result(made, context)
        finally:
            self.schema.execution_context_class = used

    async def compiled(self, made: Made, context: Any) -> tuple[Answer, str]:
        """The answer of the engine, and how it was made: `plan`, `fallback` or `bail-out`."""
        counters = self.engine.counters
        before = (counters.runs, counters.bail_outs)
        answer = answer_of(await self._result(made, context))
        how = {(1, 0): PLAN, (0, 1): BAIL_OUT, (0, 0): FALLBACK}
        return answer, how[counters.runs - before[0], counters.bail_outs - before[1]]

    async def _result(self, made: Made, context: Any) -> Any:
        return await self.schema.execute(made.text, made.variables, context_value=context)


def answer_of(result: Any) -> Answer:
    """The answer that a result is."""
    return Answer(written(result.data), errors_of(result))


def errors_of(result: Any) -> list[str]:
    """The errors of a result as JSON, in their order."""
    return [written(error.formatted) for error in result.errors or ()]


def written(value: Any) -> str:
    """JSON of a value as the standard library writes it, without spaces; what JSON has nothing for is named."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=repr)


def pair(query: type, mutation: type | None = None, **options: Any) -> Pair:
    """A schema with an engine of its own."""
    engine = Engine()
    schema = strawberry.Schema(
        query, mutation, execution_context_class=engine.executor_class(), **options
    )
    schema.process_errors = lambda *_: None  # type: ignore[method-assign]
    return Pair(schema, engine)


async def executed(tried: Pair, text: str, variables: dict[str, Any] | None = None) -> str:
    """How an operation was executed, its answer held against the judge's; nothing of a plan is left to await."""
    made = Made(text, variables or {})
    expected = await tried.judged(made, world.Context())
    before = asyncio.all_tasks()
    found, how = await tried.compiled(made, world.Context())
    assert _without_places(found) == _without_places(expected)
    if how == PLAN:
        assert asyncio.all_tasks() == before
    return how


def _without_places(answer: Answer) -> list[str]:
    """An answer without what tells objects of one class apart."""
    return [re.sub(r"0x[0-9a-f]+", "", part) for part in (answer.data, *answer.errors)]

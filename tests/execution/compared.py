"""The same operation through graphql-core and through a plan, and what of the two is compared."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
import strawberry
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from projectgate.execution.executor import Engine
from tests.make.operations import Made


class Answer(NamedTuple):
    """What came of an operation: bytes of its data, in which the order of keys counts, and its errors in an order."""

    data: bytes
    errors: list[bytes]


class Pair:
    """A schema with its engine, and the same schema as graphql-core executes it."""

    def __init__(self, schema: strawberry.Schema, engine: Engine) -> None:
        self.schema = schema
        self.engine = engine

    async def judged(self, made: Made, context: Any) -> Answer:
        """The answer of graphql-core."""
        used = self.schema.execution_context_class
        self.schema.execution_context_class = StrawberryGraphQLCoreExecutionContext
        try:
            return await self._answer(made, context)
        finally:
            self.schema.execution_context_class = used

    async def compiled(self, made: Made, context: Any) -> tuple[Answer, str]:
        """The answer of the engine, and how it was made: `plan`, `fallback` or `bail-out`."""
        counters = self.engine.counters
        before = (counters.runs, counters.bail_outs)
        answer = await self._answer(made, context)
        how = {(1, 0): "plan", (0, 1): "bail-out", (0, 0): "fallback"}
        return answer, how[counters.runs - before[0], counters.bail_outs - before[1]]

    async def _answer(self, made: Made, context: Any) -> Answer:
        result = await self.schema.execute(made.text, made.variables, context_value=context)
        errors = sorted(orjson.dumps(error.formatted) for error in result.errors or ())
        return Answer(orjson.dumps(result.data, default=str), errors)

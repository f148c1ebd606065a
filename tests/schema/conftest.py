"""What tests of the schema share: an operation run by a caller, its answer, and a project to write to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.access import ADMIN, READ, Caller
from projectgate.resolvers.context import Context
from projectgate.schema.build import schema
from projectgate.schema.errors import formatted
from tests.make.writes import imported, imported_types, make_claim, make_type

READER = Caller("reader", frozenset({READ}))
ADMIN_CALLER = Caller("admin", frozenset({ADMIN}))


@dataclass
class Answer:
    """What came of an operation: its data, and its errors as clients see them."""

    data: Any
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The code of the only error."""
        (error,) = self.errors
        return str(error["extensions"]["code"])

    @property
    def message(self) -> str:
        """The message of the only error."""
        (error,) = self.errors
        return str(error["message"])


Ask = Callable[..., Awaitable[Answer]]


async def answered(context: Context, query: str, variables: dict[str, Any] | None = None) -> Answer:
    """The answer to an operation in a context."""
    result = await schema.execute(query, variables, context_value=context)
    return Answer(result.data, [formatted(error) for error in result.errors or ()])


@pytest.fixture
def ask(database: Database) -> Ask:
    """A function that runs an operation: its text, who asks, and variables by name."""

    async def run(query: str, caller: Caller = READER, **variables: Any) -> Answer:
        return await answered(Context(database, caller), query, variables)

    return run


@pytest.fixture
def read(ask: Ask) -> Callable[..., Awaitable[Any]]:
    """The same for operations that must succeed: gives the data alone."""

    async def run(query: str, caller: Caller = READER, **variables: Any) -> Any:
        answer = await ask(query, caller, **variables)
        assert answer.errors == []
        return answer.data

    return run


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with the type claim and project-1."""
    await imported_types(database, make_type())
    await imported(database, make_claim())
    return database

"""What graphql-core completes goes on in turns: a long answer holds nobody up, and is the one it always is."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
import strawberry
from graphql import execute, parse

from projectgate.execution import run
from projectgate.execution.documents import Documents
from projectgate.execution.executor import Engine
from projectgate.execution.turns import FIELDS

pytestmark = pytest.mark.anyio

COUNT = 5_000
LISTS = 5
# An operation with an error gives its plan up.
ERROR = "broken"


class Clock:
    """A context that counts the turns of the loop, and how many fields were resolved in each."""

    loaders = None

    def __init__(self) -> None:
        self.now = 0
        self.resolved = Counter[int]()

    def narrow(self, needs: Any) -> None:
        """Hears what will be read: nothing is."""

    def forget(self) -> None:
        """Forgets what was read."""

    async def run(self) -> None:
        """Counts until it is cancelled."""
        while True:
            await asyncio.sleep(0)
            self.now += 1


@strawberry.interface
class Thing:
    """One of many."""

    number: int

    @strawberry.field
    def seen(self, info: strawberry.Info) -> int:
        """The number, which is counted."""
        info.context.resolved[info.context.now] += 1
        return self.number

    @strawberry.field
    def most(self) -> int | None:
        """The number, but for every thousandth."""
        if self.number % 1_000 == 0:
            raise ValueError(f"{self.number} fails")
        return self.number


@strawberry.type
class Known(Thing):
    """The only kind."""


@strawberry.type
class Query:
    """Lists of many things."""

    @strawberry.field
    async def things(self, count: int = COUNT) -> list[Known]:
        """Things by number."""
        return [Known(number=number) for number in range(count)]

    @strawberry.field
    def some(self, count: int = COUNT) -> list[Thing | None]:
        """The same by their interface."""
        return [Known(number=number) for number in range(count)]

    @strawberry.field
    def broken(self) -> int | None:
        """What always fails."""
        raise ValueError("broken")


def documents() -> Documents:
    """Those of a schema that has plans."""
    schema = strawberry.Schema(
        Query, types=[Known], execution_context_class=Engine().executor_class()
    )
    return Documents(schema, parse)


async def answered(text: str) -> tuple[Any, Clock]:
    """What an operation is answered, and what happened meanwhile."""
    clock = Clock()
    counting = asyncio.create_task(clock.run())
    told: list[Any] = []
    result = await documents().document(text).execute(None, {}, clock, told.append)
    counting.cancel()
    (how,) = told
    assert how.reason.startswith("given up")
    return result, clock


@pytest.mark.parametrize("field", ["things", "some"])
async def test_others_have_their_turn_while_long_lists_are_completed(field: str) -> None:
    lists = " ".join(f"a{number}: {field} {{ ...F }}" for number in range(LISTS))
    fragment = "fragment F on Thing { seen a: seen b: seen c: number d: number }"
    _, clock = await answered(f"{{ {lists} {ERROR} }} {fragment}")
    # Three of the five fields are counted.
    turns = clock.resolved.values()
    assert sum(turns) == 3 * COUNT * LISTS
    assert max(turns) <= 3 * FIELDS / 5 + 3


async def test_others_have_their_turn_between_fields_that_a_plan_completes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "TURN", 0)
    lists = " ".join(f"a{number}: things {{ seen }}" for number in range(LISTS))
    clock = Clock()
    counting = asyncio.create_task(clock.run())
    told: list[Any] = []
    await documents().document(f"{{ {lists} }}").execute(None, {}, clock, told.append)
    counting.cancel()
    assert told[0].compiled
    assert list(clock.resolved.values()) == [COUNT] * LISTS


async def test_a_long_answer_is_the_one_that_graphql_core_gives() -> None:
    text = "{ things { number most } few: things(count: 3) { number } some { number most } broken }"
    found, _ = await answered(text)
    judged = execute(strawberry.Schema(Query, types=[Known])._schema, parse(text), Query())
    expected = await judged  # type: ignore[misc]
    assert (found.data, list(found.data)) == (expected.data, list(expected.data))
    ours, theirs = ([error.formatted for error in one.errors] for one in (found, expected))
    assert sorted(map(repr, ours)) == sorted(map(repr, theirs))
    assert len(ours) == 1 + 2 * COUNT // 1_000


async def test_what_fields_graphql_core_completes_is_told() -> None:
    told: list[Any] = []
    for text in ("{ things { number } broken }", "{ things { number } }"):
        await documents().document(text).execute(None, {}, Clock(), told.append)
    given_up, planned = told
    assert given_up.fields == COUNT + 2
    assert planned.compiled
    assert planned.fields == 0

"""Operations that do not come to their end are freed at once, as others are: the collector comes seldom.

Clients leave in the middle, fields fail, time is up. What such an operation had read may be a hundred projects.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx2
import pytest
import strawberry

from projectgate.data.database import Database
from projectgate.execution.executor import Engine
from projectgate.resolvers.context import Context

from .conftest import bearer, code
from .gate import SECONDS, Gate, accepted, heard, running, say, subscribe, until

pytestmark = pytest.mark.anyio

DEADLINE = 2
TURNS = 3


class Held:
    """What operations wait for in vain."""

    def __init__(self) -> None:
        self.waiting = 0

    async def wait(self) -> int:
        """Waits until it is cancelled."""
        self.waiting += 1
        try:
            return int(await asyncio.Event().wait())
        finally:
            self.waiting -= 1


def held_of(info: strawberry.Info) -> Held:
    held: Held = info.context.database.held
    return held


@strawberry.type
class Event:
    """An event whose answer does not come."""

    @strawberry.field
    async def waits(self, info: strawberry.Info) -> int:
        return await held_of(info).wait()


@strawberry.type
class Query:
    """Fields without an answer."""

    @strawberry.field
    async def waits(self, info: strawberry.Info) -> int:
        return await held_of(info).wait()

    @strawberry.field
    async def fails(self) -> int:
        await asyncio.sleep(0)
        raise RuntimeError("select * from secret_table")


@strawberry.type
class Subscription:
    """Events that come, that do not come, and that end with a fault."""

    @strawberry.subscription
    async def event(self) -> AsyncIterator[Event]:
        yield Event()

    @strawberry.subscription
    async def quiet(self, info: strawberry.Info) -> AsyncIterator[int]:
        yield await held_of(info).wait()

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("select * from secret_table")


EVENT, QUIET, BREAKS = (
    "subscription { event { waits } }",
    "subscription { quiet }",
    "subscription { breaks }",
)
SCHEMA = strawberry.Schema(
    Query, None, Subscription, execution_context_class=Engine().executor_class()
)


@pytest.fixture
async def gate(unread_database: Database) -> AsyncIterator[Gate]:
    unread_database.held = Held()  # type: ignore[attr-defined]
    async with running(unread_database, SCHEMA, operation_deadline=DEADLINE) as gate:
        yield gate


@pytest.fixture
def nothing_collected() -> Iterator[None]:
    """Keeps the collector from coming by itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def contexts() -> int:
    """How many operations and events there are of which anything is left."""
    return sum(type(one) is Context for one in gc.get_objects())


async def held(gate: Gate) -> None:
    """Returns once an operation waits."""
    await until(lambda: gate.app.state.database.held.waiting)


async def left_on_event_stream(gate: Gate, query: str) -> None:
    """Leaves a stream in the middle."""
    async with (
        httpx2.AsyncClient(base_url=gate.http, headers=bearer(), timeout=SECONDS) as client,
        client.stream(
            "POST", "/graphql", json={"query": query}, headers={"accept": "text/event-stream"}
        ),
    ):
        await held(gate)


async def left_on_websocket(gate: Gate, query: str) -> None:
    """Closes a connection in the middle of an operation."""
    async with accepted(gate) as client:
        await subscribe(client, query)
        await held(gate)


async def completed_on_websocket(gate: Gate, query: str) -> None:
    """Ends an operation in the middle, and then the connection."""
    async with accepted(gate) as client:
        await subscribe(client, query)
        await held(gate)
        await say(client, {"id": "1", "type": "complete"})
        await until(lambda: not gate.app.state.database.held.waiting)


async def told_on_event_stream(gate: Gate, query: str) -> None:
    """Reads a stream to its end."""
    async with httpx2.AsyncClient(base_url=gate.http, headers=bearer(), timeout=SECONDS) as client:
        asked = {"query": query}
        answer = await client.post("/graphql", json=asked, headers={"accept": "text/event-stream"})
        assert "INTERNAL" in answer.text


async def told_on_websocket(gate: Gate, query: str) -> None:
    """Hears the end of an operation, and leaves then."""
    async with accepted(gate) as client:
        await subscribe(client, query)
        while (message := await heard(client))["type"] == "next":
            if "errors" in message["payload"]:
                return
        assert message["type"] == "error"


async def told(gate: Gate, query: str) -> None:
    """Is told what went wrong, or that time was up."""
    async with httpx2.AsyncClient(base_url=gate.http, headers=bearer(), timeout=SECONDS) as client:
        answer = await client.post("/graphql", json={"query": query})
        assert code(answer) in {"INTERNAL", "DEADLINE_EXCEEDED"}


@pytest.mark.parametrize(
    ("end", "query"),
    [
        (left_on_event_stream, EVENT),
        (left_on_event_stream, QUIET),
        (left_on_websocket, EVENT),
        (left_on_websocket, QUIET),
        (left_on_websocket, "{ waits }"),
        (completed_on_websocket, EVENT),
        (completed_on_websocket, QUIET),
        (completed_on_websocket, "{ waits }"),
        (told_on_event_stream, BREAKS),
        (told_on_websocket, BREAKS),
        (told_on_websocket, "{ fails }"),
        (told_on_websocket, "{ waits }"),
        (told, "{ fails }"),
        (told, "{ waits }"),
        (told, "{ __schema { queryType { name } } fails }"),
    ],
    ids=lambda value: value.__name__ if callable(value) else value,
)
async def test_an_operation_that_does_not_come_to_its_end_leaves_nothing_to_the_collector(
    gate: Gate, nothing_collected: None, end: Callable[[Gate, str], Awaitable[Any]], query: str
) -> None:
    before = contexts()
    for _ in range(TURNS):
        await end(gate, query)
    await until(lambda: not gate.connections)
    await until(lambda: contexts() <= before)

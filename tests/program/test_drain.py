"""A drain of WebSockets: what follows ends, what is asked for once is answered, and nobody else is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry

from projectgate.admission import LEAST, READING
from projectgate.data.database import Database
from projectgate.transports import streams
from projectgate.transports.streams import GOODBYE, Ending

from .conftest import Mutation, Query
from .gate import SECONDS, Gate, accepted, closed, heard, refused, running, say, subscribe, until
from .ticking import Subscription, Ticks, ticks, ticks_begun

pytestmark = pytest.mark.anyio

CURSOR = "WyJmZWVkIiw3XQ"
RESTARTS = (1012, f"the server restarts: resume after {CURSOR}")


class Held:
    """What runs until it is let go, or stopped."""

    def __init__(self) -> None:
        self.begun, self.free, self.stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def wait(self) -> str:
        self.begun.set()
        try:
            await self.free.wait()
        except asyncio.CancelledError:
            self.stopped.set()
            raise
        return "done"


@strawberry.type
class HeldQuery(Query):
    """A query that is held."""

    @strawberry.field
    async def held(self, info: strawberry.Info) -> str:
        return str(await info.context.database.held.wait())


@strawberry.type
class HeldMutation(Mutation):
    """A mutation that is held."""

    @strawberry.mutation
    async def held(self, info: strawberry.Info) -> str:
        return str(await info.context.database.held.wait())


@pytest.fixture
async def gate(unread_database: Database) -> AsyncIterator[Gate]:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    unread_database.held = Held()  # type: ignore[attr-defined]
    async with running(
        unread_database, strawberry.Schema(HeldQuery, HeldMutation, Subscription)
    ) as gate:
        yield gate


def held(gate: Gate) -> Held:
    found: Held = gate.app.state.database.held
    return found


def drain(gate: Gate, seconds: float = 3 * SECONDS) -> asyncio.Task[None]:
    """A drain that has begun."""
    return asyncio.create_task(gate.app.state.streams.drain(seconds))


@pytest.mark.parametrize("query", ["query { held }", "mutation { held }"])
async def test_what_runs_is_answered_before_the_connection_is_closed(
    gate: Gate, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "GOODBYE", 0.01)
    async with accepted(gate) as client:
        await subscribe(client, "subscription { ticks }", "ticks")
        await ticks(gate).coming.put(1)
        assert (await heard(client))["payload"]["data"] == {"ticks": 1}
        await subscribe(client, query, "held")
        await held(gate).begun.wait()
        draining = drain(gate)
        await until(ticks(gate).ended.is_set)
        await ticks(gate).coming.put(2)
        await subscribe(client, "{ caller }", "late")
        late = await heard(client)
        assert (late["id"], late["type"]) == ("late", "error")
        assert late["payload"][0]["extensions"] == {"code": "SERVER_RESTARTING"}
        await say(client, {"type": "ping"})
        assert await heard(client) == {"type": "pong"}
        await asyncio.sleep(0.1)
        assert not draining.done()
        held(gate).free.set()
        answer = await heard(client)
        assert (answer["id"], answer["payload"]["data"]) == ("held", {"held": "done"})
        assert await heard(client) == {"id": "held", "type": "complete"}
        assert await closed(client) == RESTARTS
        await draining
    assert not held(gate).stopped.is_set()


async def test_what_is_asked_for_while_the_server_stops_counts_for_its_caller(
    unread_database: Database,
) -> None:
    unread_database.held = Held()  # type: ignore[attr-defined]
    schema = strawberry.Schema(HeldQuery, HeldMutation, Subscription)
    limit = READING * len("{ held }") + 3 * LEAST
    async with running(unread_database, schema, rate_limit=limit) as gate, accepted(gate) as client:
        await subscribe(client, "{ held }", "held")
        await held(gate).begun.wait()
        draining = drain(gate)
        await asyncio.sleep(0)
        for code in ("SERVER_RESTARTING", "SERVER_RESTARTING", "RATE_LIMITED"):
            await subscribe(client, "{ caller }", "late")
            assert await refused(client) == ("late", code)
        held(gate).free.set()
        assert (await heard(client))["payload"]["data"] == {"held": "done"}
        await draining


async def test_what_runs_too_long_is_stopped_and_the_connection_closed(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "subscription { ticks }", "ticks")
        await ticks_begun(gate)
        await subscribe(client, "{ held }", "held")
        await held(gate).begun.wait()
        await drain(gate, GOODBYE + 0.5)
        assert held(gate).stopped.is_set()
        assert len(gate.app.state.streams) == 0
        assert await closed(client) == RESTARTS


async def test_what_a_client_takes_back_holds_up_nothing(gate: Gate) -> None:
    async with accepted(gate) as client:
        await subscribe(client, "{ held }", "held")
        await held(gate).begun.wait()
        draining = drain(gate)
        await say(client, {"id": "held", "type": "complete"})
        assert await closed(client) == (1012, "the server restarts")
        await draining
    assert held(gate).stopped.is_set()


async def why(ending: Ending[str], *calls: tuple[str, Any]) -> str | None:
    """Why a block ends in which an ending is told some things."""
    try:
        async with ending:
            for name, arguments in calls:
                getattr(ending, name)(*arguments)
            async with asyncio.timeout(20):
                await asyncio.Event().wait()
    except TimeoutError:
        return ending.why if ending.has_come else None
    return None


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([], "first"),
        ([("put", (0.01, "second"))], "second"),
        ([("put", (60, "second")), ("put", (0.01, "third"))], "third"),
        ([("put", (60, "second")), ("hasten", ("third",))], "third"),
        # What was brought forward is not put off again.
        ([("hasten", ("second",)), ("put", (60, "third"))], "second"),
        ([("hasten", ("second",)), ("hasten", ("third",))], "second"),
        ([("hasten", ("second", 60)), ("hasten", ("third",))], "third"),
        # It ends sooner anyhow.
        ([("put", (0.01, "second")), ("hasten", ("third", 60))], "second"),
    ],
)
async def test_a_stream_ends_for_the_reason_that_comes_first(
    calls: list[tuple[str, Any]], expected: str
) -> None:
    assert await why(Ending(0.1, "first"), *calls) == expected


async def test_a_stream_that_has_ended_is_not_ended_again() -> None:
    ending = Ending(60, "first")
    async with ending:
        pass
    ending.put(0, "second")
    ending.hasten("third")
    assert (ending.why, ending.has_come) == ("first", False)

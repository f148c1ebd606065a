"""Clients that read too slowly: they are dropped, told where to resume, and keep neither memory nor anybody waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry

from projectgate import sockets
from projectgate.data.database import Database
from projectgate.transports import event_stream, websocket

from .conftest import Query, bearer
from .gate import INIT, Gate, accepted, heard, running, subscribe, until
from .raw import CLOSE, HANDSHAKE, TEXT, frame, frames

pytestmark = pytest.mark.anyio

FLOOD = "subscription { flood }"
CURSOR = "WyJmZWVkIiw3XQ"
# Of a MB each: what the systems of both sides take, some MB, and no more.
MOST = 20


class Flood:
    """Events of a MB, as many as are asked for."""

    cursor = CURSOR

    def __init__(self) -> None:
        self.given = 0
        self.ended = asyncio.Event()

    def __aiter__(self) -> Flood:
        return self

    async def __anext__(self) -> str:
        self.given += 1
        await asyncio.sleep(0)
        return "x" * 1_000_000

    async def aclose(self) -> None:
        self.ended.set()


class Quiet:
    """Events that do not come."""

    cursor = CURSOR

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def __aiter__(self) -> Quiet:
        return self

    async def __anext__(self) -> str:
        return str(await asyncio.Event().wait())

    async def aclose(self) -> None:
        self.ended.set()


@strawberry.type
class Subscription:
    """More than anybody reads, and nothing."""

    @strawberry.subscription(graphql_type=str)  # type: ignore[untyped-decorator]
    async def flood(self, info: strawberry.Info) -> Any:
        return info.context.database.flood

    @strawberry.subscription(graphql_type=str)  # type: ignore[untyped-decorator]
    async def quiet(self, info: strawberry.Info) -> Any:
        return info.context.database.quiet

    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number


@pytest.fixture
async def gate(unread_database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    monkeypatch.setattr(websocket, "SEND_SECONDS", 1)
    monkeypatch.setattr(event_stream, "SEND_SECONDS", 1)
    monkeypatch.setattr(sockets, "CLOSE_SECONDS", 1)
    unread_database.flood = Flood()  # type: ignore[attr-defined]
    unread_database.quiet = Quiet()  # type: ignore[attr-defined]
    async with running(unread_database, strawberry.Schema(Query, None, Subscription)) as gate:
        yield gate


def flood(gate: Gate) -> Flood:
    found: Flood = gate.app.state.database.flood
    return found


async def flooded(gate: Gate) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket that is flooded, and whose client reads when the test does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port, limit=1000)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    begun = {"id": "1", "type": "subscribe", "payload": {"query": FLOOD}}
    for message in (INIT | {"payload": bearer()}, begun):
        writer.write(frame(TEXT, json.dumps(message).encode()))
    return reader, writer


async def test_a_client_that_reads_nothing_is_cut_off_and_others_go_on(gate: Gate) -> None:
    _, writer = await flooded(gate)
    await until(lambda: flood(gate).given)
    async with accepted(gate) as client:
        await subscribe(client, "subscription { count(to: 1000) }")
        for number in range(1000):
            assert (await heard(client))["payload"]["data"] == {"count": number}
        assert not flood(gate).ended.is_set()
        await until(flood(gate).ended.is_set)
        assert flood(gate).given < MOST
        await until(lambda: gate.connections == 1)
        await subscribe(client, "{ caller }", "2")
        await heard(client)
    writer.close()


async def test_a_client_that_reads_too_late_is_told_where_to_resume(gate: Gate) -> None:
    reader, writer = await flooded(gate)
    async with asyncio.timeout(30):
        await flood(gate).ended.wait()
        received = await reader.read(-1)
    *_, (opcode, payload) = frames(received)
    assert (opcode, int.from_bytes(payload[:2], "big")) == (CLOSE, 1013)
    assert payload[2:].decode() == f"the client reads too slowly: resume after {CURSOR}"
    writer.close()


async def test_a_client_that_asks_and_does_not_read_is_told_where_to_resume(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is an answer of the connection itself, and none of an operation."""
    monkeypatch.setattr(websocket, "SEND_SECONDS", 100)
    reader, writer = await flooded(gate)
    await until(lambda: flood(gate).given)
    for message in (
        {"id": "2", "type": "subscribe", "payload": {"query": "subscription { quiet }"}},
        {"id": "1", "type": "complete"},
    ):
        writer.write(frame(TEXT, json.dumps(message).encode()))
    await until(flood(gate).ended.is_set)
    monkeypatch.setattr(websocket, "SEND_SECONDS", 1)
    writer.write(frame(TEXT, b'{"type": "ping"}'))
    async with asyncio.timeout(30):
        await gate.app.state.database.quiet.ended.wait()
        received = await reader.read(-1)
    *_, (opcode, payload) = frames(received)
    assert (opcode, int.from_bytes(payload[:2], "big")) == (CLOSE, 1013)
    assert payload[2:].decode() == f"the client reads too slowly: resume after {CURSOR}"
    writer.close()


async def test_a_drain_does_not_wait_for_a_client_that_reads_nothing(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "SEND_SECONDS", 100)
    _, writer = await flooded(gate)
    await until(lambda: flood(gate).given)
    async with asyncio.timeout(30):
        await gate.app.state.streams.drain(90)
    assert flood(gate).ended.is_set()
    assert len(gate.app.state.streams) == 1
    writer.transport.abort()


async def test_an_event_stream_that_nobody_reads_is_cut_off(gate: Gate) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gate.port, limit=1000)
    body = json.dumps({"query": FLOOD}).encode()
    head = {
        "Host": "gate.test",
        "Accept": "text/event-stream",
        "Content-Type": "application/json",
        "Content-Length": len(body),
        **bearer(),
    }
    lines = ["POST /graphql HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await until(flood(gate).ended.is_set)
    assert flood(gate).given < MOST
    await until(lambda: not len(gate.app.state.streams))
    await until(lambda: not gate.connections)
    writer.close()

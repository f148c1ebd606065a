"""How connections end: when the server drains, before they are accepted, and with nothing left of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import websockets

from tests.program.gate import INIT, PROTOCOL, Gate, accepted, closed, heard, say, subscribe, until
from tests.program.ticking import ticks

pytestmark = pytest.mark.anyio


async def test_a_drain_closes_every_connection_with_the_cursor_to_resume_from(gate: Gate) -> None:
    async with accepted(gate) as client, accepted(gate) as idle, gate.connect() as unknown:
        await subscribe(client, "subscription { ticks }")
        await ticks(gate).coming.put(1)
        await heard(client)
        await gate.app.state.streams.drain()
        assert len(gate.app.state.streams) == 0
        assert await closed(client) == (
            1012,
            "the server restarts: resume after WyJmZWVkIiw3XQ",
        )
        assert await closed(idle) == (1012, "the server restarts")
        assert await closed(unknown) == (1012, "the server restarts")
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with gate.connect():
                pass
        assert refused.value.response.status_code == 503


async def test_a_connection_that_ends_before_it_is_accepted_is_refused_with_503(gate: Gate) -> None:
    """As where the server stops while the handshake waits to be answered."""
    accepting, sent = asyncio.Event(), []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        if message["type"] == "websocket.accept":
            accepting.set()
            await asyncio.Event().wait()
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/graphql",
        "headers": [(b"host", b"gate.test")],
        "subprotocols": [PROTOCOL],
        "client": ("127.0.0.1", 1),
        "extensions": {"websocket.http.response": {}},
    }
    serving = asyncio.create_task(gate.app(scope, receive, send))
    await accepting.wait()
    await gate.app.state.streams.drain()
    await serving
    start, body = sent
    assert start["status"] == 503
    (error,) = json.loads(body["body"])["errors"]
    assert error["extensions"] == {"code": "SERVER_RESTARTING"}


async def test_nothing_is_left_of_connections_that_came_and_went(gate: Gate) -> None:
    """However they went: closed, cut, in the middle of an operation, before the first message."""

    async def visit(number: int) -> None:
        async with gate.connect() as client:
            if number % 4:
                await say(client, INIT)
                await subscribe(client, "subscription { ticks }")
            if number % 4 == 2:
                await heard(client)
            if number % 2:
                client.transport.abort()

    before = len(asyncio.all_tasks())
    for _ in range(10):
        await asyncio.gather(*map(visit, range(20)))
    await until(lambda: len(asyncio.all_tasks()) <= before and not len(gate.app.state.streams))

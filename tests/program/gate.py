"""A gateway in this process, on a port of its own, and clients that speak with it as others do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import websockets
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection

from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.serving import bound, configured

from .conftest import make_settings, token

PROTOCOL = websockets.Subprotocol("graphql-transport-ws")
# What nobody waits longer for, whatever else the machine does.
SECONDS = 30
INIT = {"type": "connection_init"}


class Gate:
    """A running gateway: its application, and where it is."""

    def __init__(self, app: Starlette, port: int, server: uvicorn.Server) -> None:
        self.app = app
        self.server = server
        self.port = port
        self.http = f"http://127.0.0.1:{port}"

    @property
    def connections(self) -> int:
        """How many the server has."""
        return len(self.server.server_state.connections)

    def connect(self, **options: Any) -> Any:
        """A connection of a client: with our protocol and a reader's token in the header, unless told otherwise."""
        given = {
            "subprotocols": [PROTOCOL],
            "additional_headers": {"authorization": f"Bearer {token()}"},
            "proxy": None,
            **options,
        }
        return websockets.connect(f"ws://127.0.0.1:{self.port}/graphql", **given)


@asynccontextmanager
async def running(database: Database, schema: Any = None, **changes: Any) -> AsyncIterator[Gate]:
    """Serves an application on a database for the length of the block."""
    settings = make_settings(**changes)
    app = create_app(settings, database=database, schema=schema)
    with bound("127.0.0.1", 0, loopback=True) as address:
        address.listen()
        server = uvicorn.Server(configured(app, settings))
        serving = asyncio.create_task(server._serve([address]))
        try:
            await until(lambda: server.started)
            yield Gate(app, address.getsockname()[1], server)
        finally:
            server.should_exit = True
            await serving
            await app.state.live.close()


@asynccontextmanager
async def accepted(gate: Gate, **options: Any) -> AsyncIterator[ClientConnection]:
    """A connection that the gateway has acknowledged."""
    async with gate.connect(**options) as client:
        await say(client, INIT)
        assert await heard(client) == {"type": "connection_ack"}
        yield client


async def say(client: ClientConnection, message: Any) -> None:
    """Sends a message: a text as it is, the rest as JSON."""
    await client.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def subscribe(client: ClientConnection, query: str, name: str = "1", **members: Any) -> None:
    """Begins an operation."""
    await say(client, {"id": name, "type": "subscribe", "payload": {"query": query, **members}})


async def heard(client: ClientConnection) -> Any:
    """The next message, which must be a text."""
    async with asyncio.timeout(SECONDS):
        content = await client.recv()
    assert isinstance(content, str)
    return json.loads(content)


async def refused(client: ClientConnection) -> tuple[str, str]:
    """Id and code of the error that comes next."""
    answer = await heard(client)
    assert answer["type"] == "error"
    return answer["id"], answer["payload"][0]["extensions"]["code"]


async def closed(client: ClientConnection) -> tuple[int, str]:
    """The code and the reason of the close frame that the server sends, whatever comes before it."""
    with pytest.raises(websockets.ConnectionClosed) as end:
        await _all_of(client)
    assert end.value.rcvd is not None, "no close frame: this is 1006"
    return end.value.rcvd.code, end.value.rcvd.reason


async def _all_of(client: ClientConnection) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            await client.recv()


async def until(holds: Callable[[], object]) -> None:
    """Returns once something holds."""
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)

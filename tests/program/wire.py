"""A server in this process and clients that are bare sockets, for what no client library would send."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from projectgate.connection import Connection
from projectgate.serving import configured
from tests.program.conftest import BODY, JSON, bearer, make_settings

# What a test waits for at most; nothing here takes as long.
PATIENCE = 30


@asynccontextmanager
async def serving(app: ASGIApp, protocol: type[Connection] = Connection) -> AsyncIterator[int]:
    """Serves the application in this loop, as `projectgate serve` does. Gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as address:
        config = configured(app, make_settings())
        config.http, config.lifespan = protocol, "off"
        config.timeout_graceful_shutdown = 1
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[address]))
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield int(address.getsockname()[1])
        server.should_exit = True
        await task


class Wire:
    """A connection to the server, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, content: bytes) -> None:
        """Sends bytes."""
        self._writer.write(content)
        await self._writer.drain()

    async def answer(self, *, bodiless: bool = False) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body; one to a HEAD is bodiless whatever its headers say."""
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            status, *lines = head.decode("latin-1").split("\r\n")[:-2]
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
            }
            length = 0 if bodiless else int(headers.get("content-length", 0))
            body = await self._reader.readexactly(length)
        return int(status.split()[1]), headers, body

    async def refusal(self) -> tuple[int, str]:
        """Status and code of an answer that is a refusal in JSON."""
        status, headers, body = await self.answer()
        assert headers["content-type"].endswith("json; charset=utf-8")
        said: dict[str, Any] = json.loads(body)
        assert set(said) == {"errors"}
        return status, said["errors"][0]["extensions"]["code"]

    async def receive(self, count: int) -> bytes:
        """So many bytes."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readexactly(count)

    async def is_closed(self) -> bool:
        """Whether the server ends the connection and says nothing more."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self._reader.read(1) == b""
            except ConnectionResetError:
                return True


@asynccontextmanager
async def connected(port: int, **options: Any) -> AsyncIterator[Wire]:
    """A connection to the server, closed at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


def head(length: int | str | None = len(BODY), **headers: str) -> bytes:
    """The head of a POST with a token, which lasts as long as all tests; a header is written with underscores."""
    known = bearer(exp=9_999_999_999)
    named = {"host": "gate.test", "content-type": JSON, **known, **headers}
    if length is not None:
        named["content-length"] = str(length)
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items()]
    return f"POST /graphql HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1")

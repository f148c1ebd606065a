"""Clients that say nothing, or send or read too slowly, and answers that may take their time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.program.conftest import BODY
from tests.program.connection.conftest import WHOLE, Quick, drip, is_answered
from tests.program.served import serve_demo
from tests.program.wire import PATIENCE, Wire, connected, head, serving

pytestmark = pytest.mark.anyio

LARGE = b"x" * 20_000_000


async def test_a_client_that_says_nothing_is_closed(port: int) -> None:
    async with connected(port) as wire:
        assert await wire.is_closed()


@pytest.mark.parametrize("sent", [b"P", b"POST /graphql HTTP/1.1\r\nhost: g", head()[:-2]])
async def test_a_head_that_stops_is_408(port: int, sent: bytes) -> None:
    async with connected(port) as wire:
        await wire.send(sent)
        assert await wire.refusal() == (408, "REQUEST_TIMEOUT")
        assert await wire.is_closed()


@pytest.mark.parametrize("prefix", [b"", b"POST /graphql HTTP/1.1\r\n", WHOLE])
async def test_a_head_that_comes_a_byte_at_a_time_is_408(port: int, prefix: bytes) -> None:
    async with connected(port) as wire:
        await wire.send(prefix)
        if prefix is WHOLE:
            await is_answered(wire)
        sending = asyncio.create_task(
            drip(wire, b"POST /graphql HTTP/1.1\r\nhost: gate.test" * 100)
        )
        assert await wire.refusal() == (408, "REQUEST_TIMEOUT")
        assert await wire.is_closed()
        await sending


@pytest.mark.parametrize(
    "sent", [head(), head() + BODY[:-1], head(None, transfer_encoding="chunked") + b"5\r\n12"]
)
async def test_a_body_that_stops_is_408(port: int, sent: bytes) -> None:
    async with connected(port) as wire:
        await wire.send(sent)
        assert await wire.refusal() == (408, "REQUEST_TIMEOUT")
        assert await wire.is_closed()


@pytest.mark.parametrize("length", [1_000, None])
async def test_a_body_that_comes_a_byte_at_a_time_is_408(port: int, length: int | None) -> None:
    async with connected(port) as wire:
        chunked = {} if length else {"transfer_encoding": "chunked"}
        await wire.send(head(length, **chunked))
        sending = asyncio.create_task(drip(wire, b" " * 1_000 if length else b"1\r\n \r\n" * 200))
        assert await wire.refusal() == (408, "REQUEST_TIMEOUT")
        assert await wire.is_closed()
        await sending


async def test_a_body_that_nobody_reads_is_not_taken_for_ever(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(head(1_000, authorization="none"))
        assert await wire.refusal() == (401, "UNAUTHENTICATED")
        sending = asyncio.create_task(drip(wire, b" " * 900))
        assert await wire.is_closed()
        await sending


async def test_a_body_with_an_end_that_never_comes_is_408(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(head(None, transfer_encoding="chunked"))
        await wire.send(b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY))
        sending = asyncio.create_task(drip(wire, b"a: b\r\n" * 200))
        assert await wire.refusal() == (408, "REQUEST_TIMEOUT")
        assert await wire.is_closed()
        await sending


async def test_empty_lines_keep_no_connection_open(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(WHOLE)
        await is_answered(wire)
        sending = asyncio.create_task(drip(wire, b"\r\n" * 400))
        assert await wire.is_closed()
        await sending


async def test_an_answer_may_take_its_time_to_be_made_and_to_be_streamed() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0.3)
            yield b"part"

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(parts(), headers={"content-length": "16"})(scope, receive, send)

    async with serving(slow, Quick) as port, connected(port) as wire:
        await wire.send(head(None))
        assert (await wire.answer())[2] == b"part" * 4


def large(ended: asyncio.Event, parts: int) -> ASGIApp:
    """An application with a large answer, in one part or in several, that tells when it is done."""

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(parts):
            yield LARGE[: len(LARGE) // parts]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        length = {"content-length": str(len(LARGE))}
        answer = Response(LARGE) if parts == 1 else StreamingResponse(stream(), headers=length)
        try:
            await answer(scope, receive, send)
        finally:
            ended.set()

    return app


@pytest.mark.parametrize("parts", [1, 20])
@pytest.mark.parametrize("close", [{}, {"connection": "close"}])
async def test_a_client_that_does_not_read_its_answer_is_dropped(
    parts: int, close: dict[str, str]
) -> None:
    ended, dropped = asyncio.Event(), asyncio.Event()

    class Watched(Quick):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            dropped.set()

    async with serving(large(ended, parts), Watched) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(head(None, **close))
            async with asyncio.timeout(PATIENCE):
                await dropped.wait()
                await ended.wait()


@pytest.mark.parametrize("parts", [1, 20])
async def test_a_client_that_reads_slowly_but_steadily_gets_its_answer(parts: int) -> None:
    async with (
        serving(large(asyncio.Event(), parts), Quick) as port,
        connected(port, limit=1_000) as wire,
    ):
        await wire.send(head(None))
        reading = wire._reader
        await reading.readuntil(b"\r\n\r\n")
        left = len(LARGE)
        while left:
            left -= len(await reading.read(250_000))
            await asyncio.sleep(0.001)


async def test_the_served_program_closes_slow_clients_in_time(tmp_path: Path) -> None:
    """The real server with its real patience, for clients of every kind at once."""
    with serve_demo(tmp_path) as served:
        port = int(served.url.rstrip("/").rpartition(":")[2])

        async def silent(wire: Wire) -> None:
            assert await wire.is_closed()

        async def half(wire: Wire) -> None:
            await wire.send(head()[:50])
            assert await wire.refusal() == (408, "REQUEST_TIMEOUT")

        async def bodiless(wire: Wire) -> None:
            await wire.send(head(authorization=f"Bearer {served.token}"))
            assert await wire.refusal() == (408, "REQUEST_TIMEOUT")

        async def one(client: Any) -> None:
            async with connected(port) as wire:
                await client(wire)

        await asyncio.gather(one(silent), one(half), one(bodiless))

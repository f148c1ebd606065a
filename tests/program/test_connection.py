"""Slow clients, and those that speak no HTTP, on real connections."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from projectgate.connection import Connection
from projectgate.data.database import Database
from tests.program.conftest import BODY, build
from tests.program.raw import handshake
from tests.program.served import serve_demo
from tests.program.wire import PATIENCE, Wire, connected, head, serving

pytestmark = pytest.mark.anyio

WHOLE = head() + BODY
LARGE = b"x" * 20_000_000


class Quick(Connection):
    """The same in less time."""

    head_seconds = 0.4
    body_seconds = 0.4
    read_seconds = 0.4


@pytest.fixture
async def port(unread_database: Database) -> AsyncIterator[int]:
    """The port of a server with little patience."""
    async with serving(build(unread_database), Quick) as port:
        yield port


async def drip(wire: Wire, content: bytes) -> None:
    """Sends a byte at a time, until there are none or the server has had enough."""
    for place in range(len(content)):
        try:
            await wire.send(content[place : place + 1])
        except (ConnectionResetError, BrokenPipeError):
            return
        await asyncio.sleep(0.1)


async def is_answered(wire: Wire) -> None:
    """Checks that the next answer is that to `BODY`."""
    status, _, body = await wire.answer()
    assert (status, json.loads(body)["data"]) == (200, {"caller": "ann"})


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


@pytest.mark.parametrize(
    "sent",
    [b"GET /" + b"a" * 100_000, b"POST /graphql HTTP/1.1\r\na: " + b"b" * 100_000,
     b"POST /graphql HTTP/1.1\r\n" + b"a: b\r\n" * 20_000],
)  # fmt: skip
async def test_a_head_without_measure_is_431(port: int, sent: bytes) -> None:
    async with connected(port) as wire:
        await wire.send(sent)
        assert await wire.refusal() == (431, "PAYLOAD_TOO_LARGE")
        assert await wire.is_closed()


async def test_what_stands_between_chunks_is_no_way_around_the_limit(port: int) -> None:
    for padding in (b"5;" + b"a" * 200_000, b"0\r\na: " + b"b" * 200_000):
        async with connected(port) as wire:
            await wire.send(head(None, transfer_encoding="chunked") + padding)
            assert (await wire.refusal())[0] == 431
            assert await wire.is_closed()


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"SSH-2.0-OpenSSH_9.6\r\n", b"{}\r\n\r\n",
     b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n", b"CONNECT /graphql HTTP/1.1\r\nhost: x\r\n\r\n",
     b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\na b: c\r\n\r\n", b"GET \xff HTTP/1.1\r\n\r\n",
     b"POST /graphql HTTP/1.1\r\ncontent-length: x\r\n\r\n",
     b"POST /graphql HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
     head(5, transfer_encoding="chunked") + b"0\r\n\r\n",
     head(None, transfer_encoding="chunked") + b"x\r\n"],
)  # fmt: skip
async def test_what_is_no_http_is_told_so_in_json(port: int, sent: bytes) -> None:
    async with connected(port) as wire:
        await wire.send(sent)
        assert await wire.refusal() == (400, "BAD_REQUEST")
        assert await wire.is_closed()


async def test_a_request_in_many_pieces_is_answered_and_so_are_others_after_it(port: int) -> None:
    async with connected(port) as wire:
        for _ in range(3):
            for place in range(0, len(WHOLE), 100):
                await wire.send(WHOLE[place : place + 100])
            await is_answered(wire)
            await asyncio.sleep(0.5)  # no request is awaited, nor an answer


async def test_requests_sent_at_once_are_answered_in_their_order(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(WHOLE * 20)
        for _ in range(20):
            await is_answered(wire)


async def test_half_a_request_behind_one_that_runs_waits_for_its_answer() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        await asyncio.sleep(1)
        await Response(b"done")(scope, receive, send)

    async with serving(slow, Quick) as port, connected(port) as wire:
        await wire.send(WHOLE + WHOLE[:50])
        assert (await wire.answer())[2] == b"done"
        await wire.send(WHOLE[50:])
        assert (await wire.answer())[2] == b"done"


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


# Bodies that are larger than they may be, or than they say


async def test_an_announced_body_beyond_the_limit_is_413_before_it_comes(port: int) -> None:
    for length in (1_000_001, 10**15, 2**63 - 1):
        async with connected(port) as wire:
            await wire.send(head(length))
            assert await wire.refusal() == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_client_that_sends_all_before_it_reads_gets_its_413(
    port: int, chunked: bool
) -> None:
    part, parts = b" " * 1_000_000, 20
    async with connected(port) as wire:
        if chunked:
            await wire.send(head(None, transfer_encoding="chunked"))
            for _ in range(parts):
                await wire.send(b"%x\r\n%s\r\n" % (len(part), part))
            await wire.send(b"0\r\n\r\n")
        else:
            await wire.send(head(len(part) * parts))
            for _ in range(parts):
                await wire.send(part)
        assert await wire.refusal() == (413, "PAYLOAD_TOO_LARGE")
        await wire.send(WHOLE)
        await is_answered(wire)


async def test_an_endless_body_is_413_and_then_closed(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(head(None, transfer_encoding="chunked"))

        async def pour() -> None:
            with suppress(ConnectionResetError, BrokenPipeError):
                while True:
                    await wire.send(b"186a0\r\n%s\r\n" % (b" " * 100_000))
                    await asyncio.sleep(0.001)

        pouring = asyncio.create_task(pour())
        assert await wire.refusal() == (413, "PAYLOAD_TOO_LARGE")
        assert await wire.is_closed()
        await pouring


async def test_a_chunked_body_is_read_whole(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(head(None, transfer_encoding="chunked"))
        for place in range(len(BODY)):
            await wire.send(b"1\r\n%s\r\n" % BODY[place : place + 1])
        await wire.send(b"0\r\n\r\n")
        await is_answered(wire)


@pytest.mark.parametrize("rest", [b"{}{}", b"\0"])
async def test_what_follows_a_body_and_is_no_request_closes_after_the_answers(
    port: int, rest: bytes
) -> None:
    async with connected(port) as wire:
        await wire.send(WHOLE * 3 + rest)
        for _ in range(3):
            await is_answered(wire)
        assert await wire.refusal() == (400, "BAD_REQUEST")
        assert await wire.is_closed()


async def test_an_upgrade_to_http_2_that_is_not_taken_is_an_ordinary_request(port: int) -> None:
    """As Java's own client asks for at first."""
    asked = {
        "connection": "Upgrade, HTTP2-Settings",
        "upgrade": "h2c",
        "http2_settings": "AAEAAEAA",
    }
    async with connected(port) as wire:
        for _ in range(2):
            await wire.send(head(**asked) + BODY)
            await is_answered(wire)


async def test_many_such_requests_at_once_hold_nothing_up(port: int) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nhost: g\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
    async with connected(port) as wire:
        await wire.send(asked * 3_000)
        for _ in range(3_000):
            assert (await wire.answer())[0] == 200


# What is not a body, however it comes


class Small(Connection):
    """The same with little room, so that all that is sent comes at once, and with all the time there is."""

    head_bytes = 1_000
    body_seconds = 1_000.0


@pytest.fixture
async def small_port(unread_database: Database) -> AsyncIterator[int]:
    """The port of a server with little room."""
    async with serving(build(unread_database), Small) as port:
        yield port


async def test_a_head_that_comes_at_once_is_no_larger_either(small_port: int) -> None:
    async with connected(small_port) as wire:
        await wire.send(head(a="b" * 1_000) + BODY)
        assert await wire.refusal() == (431, "PAYLOAD_TOO_LARGE")
        await wire.send(head(upgrade="h2c", connection="upgrade", a="b" * 1_000) + BODY)
        assert await wire.refusal() == (431, "PAYLOAD_TOO_LARGE")
        await wire.send(handshake(a="b" * 1_000))
        assert await wire.refusal() == (431, "PAYLOAD_TOO_LARGE")
        # What comes behind a head is not of it.
        padded = BODY + b" " * 5_000
        for upgrade in ({}, {"upgrade": "h2c", "connection": "upgrade"}):
            await wire.send(head(len(padded), **upgrade) + padded + WHOLE * 3)
            for _ in range(4):
                await is_answered(wire)


async def test_a_head_has_so_many_headers(port: int) -> None:
    own = head().count(b"\r\n") - 2
    async with connected(port) as wire:
        for count, status in ((200, 200), (201, 431)):
            more = b"a: b\r\n" * (count - own)
            await wire.send(head().removesuffix(b"\r\n") + more + b"\r\n" + BODY)
            assert (await wire.answer())[0] == status
        await wire.send(WHOLE)
        await is_answered(wire)


def in_chunks(content: bytes, size: int) -> bytes:
    """A body in chunks of one size, without the last one."""
    parts = [content[place : place + size] for place in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


async def test_a_body_in_chunks_has_little_around_its_content(small_port: int) -> None:
    chunked = head(None, transfer_encoding="chunked")
    async with connected(small_port) as wire:
        await wire.send(chunked + in_chunks(BODY + b" " * 50_000, 64))
        await asyncio.sleep(0.1)  # it is looked at before it is complete
        await wire.send(b"0\r\n\r\n")
        await is_answered(wire)
        await wire.send(chunked + in_chunks(BODY + b" " * 500, 1))
        assert await wire.refusal() == (431, "PAYLOAD_TOO_LARGE")
        assert await wire.is_closed()


async def test_nor_has_a_body_that_nobody_reads(small_port: int) -> None:
    async with connected(small_port) as wire:
        await wire.send(head(None, transfer_encoding="chunked", authorization="none"))
        assert await wire.refusal() == (401, "UNAUTHENTICATED")
        with suppress(ConnectionResetError, BrokenPipeError):
            await wire.send(in_chunks(b" " * 1_000, 1))
        assert await wire.is_closed()


# Heads that not everybody on the way would read alike


@pytest.mark.parametrize(
    "lines",
    [b"HTTP/1.1\r\n", b"HTTP/1.1\r\nhost: a\r\nhost: b\r\n", b"HTTP/1.0\r\nhost: a\r\nhost: a\r\n"],
)  # fmt: skip
async def test_a_request_that_does_not_say_whom_it_asks_is_400(port: int, lines: bytes) -> None:
    async with connected(port) as wire:
        await wire.send(b"GET /healthz " + lines + b"\r\n")
        assert await wire.refusal() == (400, "BAD_REQUEST")


async def test_http_1_0_needs_no_host(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert (await wire.answer())[0] == 200
        assert await wire.is_closed()


@pytest.mark.parametrize(
    "codings", [["gzip, chunked"], ["gzip", "chunked"], ["chunked", "chunked"]]
)
async def test_a_body_in_another_transfer_coding_is_400_and_not_run(
    port: int, codings: list[str]
) -> None:
    lines = "".join(f"transfer-encoding: {coding}\r\n" for coding in codings).encode()
    sent = head(None).removesuffix(b"\r\n") + lines + b"\r\n"
    async with connected(port) as wire:
        await wire.send(sent + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY))
        assert await wire.refusal() == (400, "BAD_REQUEST")


async def test_what_is_refused_before_it_is_a_request_has_an_id_and_is_counted(
    unread_database: Database,
) -> None:
    app = build(unread_database)
    async with serving(app, Quick) as port:
        for sent in (head()[:-2], head() + BODY[:-1], b"{}\r\n\r\n", b"GET /" + b"a" * 100_000):
            async with connected(port) as wire:
                await wire.send(sent)
                _, headers, _ = await wire.answer()
                assert re.fullmatch("[0-9a-f]{16}", headers["x-request-id"])
                assert headers["x-content-type-options"] == "nosniff"
                assert headers["connection"] == "close"
    samples = app.state.metrics.samples(unread_database)
    counts = {"REQUEST_TIMEOUT": 2, "BAD_REQUEST": 1, "PAYLOAD_TOO_LARGE": 1}
    assert samples["projectgate_refusals_total"] == {(code,): [n] for code, n in counts.items()}
    statuses = {"408": 2, "400": 1, "431": 1}
    assert samples["projectgate_http_requests_total"] == {(s,): [n] for s, n in statuses.items()}


async def test_a_body_that_is_none_behind_a_request_is_refused_after_its_answer(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(WHOLE + head(None, transfer_encoding="chunked") + b"x\r\n")
        await is_answered(wire)
        assert await wire.refusal() == (400, "BAD_REQUEST")
        assert await wire.is_closed()

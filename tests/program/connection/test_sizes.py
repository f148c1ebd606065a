"""Heads and bodies that are larger than they may be, or than they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from projectgate.connection import Connection
from projectgate.data.database import Database
from tests.program.conftest import BODY, build
from tests.program.connection.conftest import WHOLE, is_answered
from tests.program.raw import handshake
from tests.program.wire import connected, head, serving

pytestmark = pytest.mark.anyio


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

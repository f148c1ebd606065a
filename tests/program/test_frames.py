"""Bytes of all kinds on a WebSocket: the server always says why it ends, and nothing is left of the connection."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest
from starlette.types import Receive, Scope, Send

from projectgate import sockets
from projectgate.data.database import Database
from projectgate.transports import websocket

from .conftest import bearer, token
from .gate import INIT, SECONDS, Gate, running, until
from .raw import CLOSE, CONTINUATION, HANDSHAKE, PING, PONG, TEXT, frame, frames
from .ticking import STREAMING, Ticks
from .wire import Wire, connected, serving

# How many frames are sent. PROJECTGATE_TEST_FRAMES=10000 makes a long run of it.
FRAMES = int(os.environ.get("PROJECTGATE_TEST_FRAMES", "400"))
TOGETHER = 20
SEED = 11
# With which a server may close: those of RFC 6455, those of the protocol, and the client's own 3000, given back.
CODES = {1000, 1002, 1003, 1007, 1009, 3000, 4400, 4401, 4403, 4408, 4409, 4429}
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120 + FRAMES // 10)]


def messages(random: Random) -> list[bytes]:
    """Messages as they should be."""
    name = str(random.randint(1, 3))
    queries = [
        "{ caller }",
        "subscription { ticks }",
        "subscription { count(to: 3) }",
        "{",
        "{ no }",
    ]
    said = [
        {"type": "ping"},
        {"type": "pong", "payload": {}},
        {"type": "ping", "payload": {"large": [0.1] * 5_000}},
        {"type": "complete", "id": name},
        {"type": "connection_init", "payload": {"authorization": f"Bearer {token()}"}},
        *({"type": "subscribe", "id": name, "payload": {"query": query}} for query in queries),
    ]
    return [json.dumps(one).encode() for one in said]


def changed(random: Random, content: bytes) -> bytes:
    """Bytes with a few of them changed, added or taken out."""
    found = bytearray(content)
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(found) + 1)
        found[place : place + random.randint(0, 2)] = random.randbytes(random.randint(0, 2))
    return bytes(found)


def odd_frame(random: Random) -> bytes:
    """A frame that is right or wrong in some way."""
    message = random.choice(messages(random))
    match random.randrange(12):
        case 0 | 1 | 2:
            return frame(TEXT, message)
        case 3 | 4:
            return frame(TEXT, changed(random, message))
        case 5:
            return changed(random, frame(TEXT, message))
        case 6:
            return frame(random.randrange(16), random.randbytes(random.randrange(200)))
        case 7:
            return frame(TEXT, message, first=random.randrange(8) << 4)
        case 8:
            return frame(TEXT, message, mask=None)
        case 9:
            cut = random.randrange(len(message))
            between = frame(PING, b"between") if random.random() < 0.5 else b""
            return (
                frame(TEXT, message[:cut], first=0) + between + frame(CONTINUATION, message[cut:])
            )
        case 10:
            code = random.choice([0, 999, 1000, 1005, 1006, 3000, 5000, 65535])
            return frame(CLOSE, code.to_bytes(2, "big") + random.randbytes(random.randrange(4)))
        case _:
            return random.randbytes(random.randrange(1, 100))


async def visit(gate: Gate, number: int, count: int) -> int | None:
    """Sends so many frames on a connection; gives the code that the server closes it with.

    The last frame closes the connection in good order, unless what was sent before has swallowed it: then the client
    goes away, which a server has no answer to.
    """
    random = Random(SEED * 1_000_000 + number)
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    try:
        writer.write(HANDSHAKE)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        if random.random() < 0.8:
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token()}"}}
            writer.write(frame(TEXT, json.dumps(init).encode()))
        for _ in range(count):
            writer.write(odd_frame(random))
            if random.random() < 0.3:
                await asyncio.sleep(0.01)
        writer.write(frame(CLOSE, (1000).to_bytes(2, "big")))
        received, swallowed = bytearray(), False
        try:
            async with asyncio.timeout(3):
                await _take(reader, received)
        except TimeoutError:
            swallowed = True
            writer.write_eof()
            await _take(reader, received)
        codes = [
            int.from_bytes(load[:2], "big")
            for code, load in frames(bytes(received))
            if code == CLOSE
        ]
        if swallowed and not codes:
            return None
        assert len(codes) == 1, f"connection {number} ended without a word: 1006"
        return codes[0]
    finally:
        writer.close()


async def _take(reader: asyncio.StreamReader, received: bytearray) -> None:
    """Reads to the end; what came before a reset has come."""
    with suppress(ConnectionError):
        while content := await reader.read(65536):
            received += content


async def test_whatever_frames_are_sent_the_server_says_why_it_ends(
    unread_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "INIT_SECONDS", 1)
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    async with running(
        unread_database, STREAMING, connections_per_caller=1000, rate_limit=0
    ) as gate:
        before = len(asyncio.all_tasks())
        turns = asyncio.Semaphore(TOGETHER)

        async def one(number: int) -> int | None:
            async with turns, asyncio.timeout(SECONDS):
                return await visit(gate, number, number % 5 + 1)

        codes = Counter(await asyncio.gather(*map(one, range(FRAMES // 3))))
        assert set(codes) - {None} <= CODES
        assert len(set(codes)) > 5
        # Most are told; the rest had sent the beginning of a frame and no more.
        assert codes[None] < FRAMES // 30
        await until(lambda: not len(gate.app.state.streams))
        await until(lambda: len(asyncio.all_tasks()) <= before)


# Frames that are no message, and messages that are none yet

# With a token that lasts, since this is made before the first test.
HELLO = json.dumps(INIT | {"payload": bearer(exp=9_999_999_999)}).encode()
SAID, HEARD = b'{"type":"ping"}', b'{"type":"pong"}'
ACK = b'{"type":"connection_ack"}'
# The beginning of a message, where they are parts of one, and one of them.
IDLE = {
    "pings": (b"", frame(PING, b"x")),
    "pongs": (b"", frame(PONG, b"x")),
    "empty parts": (frame(TEXT, first=0), frame(CONTINUATION, first=0)),
    "small parts": (frame(TEXT, first=0), frame(CONTINUATION, b" ", first=0)),
}


@pytest.fixture
async def gate(unread_database: Database) -> AsyncIterator[Gate]:
    """A server without a limit of rate."""
    async with running(unread_database, rate_limit=0) as gate:
        yield gate


@asynccontextmanager
async def opened(port: int, *, known: bool = False) -> AsyncIterator[Wire]:
    """A WebSocket, whose client is known already or not yet."""
    async with connected(port) as wire:
        await wire.send(HANDSHAKE)
        assert (await wire.answer())[0] == 101
        if known:
            await wire.send(frame(TEXT, HELLO))
            assert await said(wire) == ACK
        yield wire


async def said(wire: Wire) -> bytes | int:
    """The next message, or the code with which the server closes; pongs are passed over."""
    while True:
        first, size = await wire.receive(2)
        assert size < 126
        payload = await wire.receive(size)
        if first & 15 == TEXT:
            return payload
        if first & 15 == CLOSE:
            return int.from_bytes(payload[:2], "big")


@pytest.mark.parametrize("name", IDLE)
@pytest.mark.parametrize(("known", "most"), [(False, 20), (True, 1_000)])
async def test_frames_that_are_no_message_are_counted(
    gate: Gate, name: str, known: bool, most: int
) -> None:
    before, one = IDLE[name]
    last = CONTINUATION if before else TEXT
    count = most - bool(before)
    async with opened(gate.port, known=known) as wire:
        await wire.send(before + one * count)
        await wire.send(frame(last, SAID if known else HELLO))
        assert await said(wire) == (HEARD if known else ACK)
    async with opened(gate.port, known=known) as wire:
        await wire.send(before + one * (count + 1))
        assert await said(wire) == 1008


async def test_large_parts_of_messages_are_not(gate: Gate) -> None:
    async with opened(gate.port, known=True) as wire:
        for _ in range(2):
            await wire.send(frame(TEXT, b" " * 1_000, first=0))
            await wire.send(frame(CONTINUATION, b" " * 1_000, first=0) * 900)
            await wire.send(frame(CONTINUATION, SAID))
            assert await said(wire) == HEARD


async def test_they_are_counted_for_a_while_only(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "IDLE_SECONDS", 0)
    async with opened(gate.port) as wire:
        for _ in range(3):
            await wire.send(frame(PONG) * 15)
            await wire.send(frame(TEXT, SAID))
            assert await said(wire) == HEARD


async def test_after_the_close_the_answer_to_it_is_heard_and_little_else(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CLOSE_SECONDS", 1_000)
    for one in (frame(TEXT, b"{}"), frame(PONG), frame(CONTINUATION)):
        async with opened(gate.port) as wire:
            await wire.send(frame(TEXT, b"no"))
            assert await said(wire) == 4400
            await wire.send(one * 21)
            assert await wire.is_closed()


@pytest.mark.parametrize(
    "sent",
    [
        frame(TEXT, b" " * 17_000, first=0)[:8],
        frame(TEXT, b" " * 10_000, first=0) + frame(CONTINUATION, b" " * 7_000)[:8],
    ],
)
async def test_of_a_stranger_no_large_message_is_kept_until_it_is_whole(
    gate: Gate, sent: bytes
) -> None:
    async with opened(gate.port) as wire:
        await wire.send(sent)
        assert await said(wire) == 1009


async def test_of_a_stranger_little_is_kept_behind_a_message_that_waits() -> None:
    ending = asyncio.Event()

    async def deaf(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await ending.wait()

    async with serving(deaf) as port, opened(port) as wire:
        await wire.send(frame(TEXT, SAID) * 1_000)
        assert await said(wire) == 1009
        ending.set()


async def test_messages_that_come_at_once_are_all_heard(gate: Gate) -> None:
    async with opened(gate.port, known=True) as wire:
        await wire.send(frame(TEXT, SAID) * 5_000)
        for _ in range(5_000):
            assert await said(wire) == HEARD
        # And those to which nothing is said.
        await wire.send(frame(TEXT, HEARD) * 5_000 + frame(TEXT, SAID))
        assert await said(wire) == HEARD

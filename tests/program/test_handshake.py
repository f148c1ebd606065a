"""Handshakes of WebSockets, good and bad, on real connections: each has an answer, and in our form."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from projectgate.connection import Connection
from projectgate.data.database import Database
from tests.program.conftest import BODY, bearer, build
from tests.program.raw import CLOSE, HANDSHAKE, PING, PONG, TEXT, frame, handshake
from tests.program.wire import Wire, connected, head, serving

pytestmark = pytest.mark.anyio

WHOLE = head() + BODY
LONG = "a" * 9_000


class Quick(Connection):
    """The same in less time, also between requests."""

    head_seconds = 0.3
    body_seconds = 0.3
    read_seconds = 0.3

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.timeout_keep_alive = 0.3  # type: ignore[assignment]


@pytest.fixture
async def port(unread_database: Database) -> AsyncIterator[int]:
    """The port of a server."""
    async with serving(build(unread_database)) as port:
        yield port


async def is_answered(wire: Wire) -> None:
    """Checks that the next answer is that to `BODY`."""
    status, _, body = await wire.answer()
    assert (status, json.loads(body)["data"]) == (200, {"caller": "ann"})


async def is_open(wire: Wire) -> None:
    """Checks that the next answer gives the WebSocket, and that it is alive."""
    status, headers, _ = await wire.answer()
    assert (status, headers["upgrade"]) == (101, "websocket")
    await wire.send(frame(PING))
    assert await wire.receive(2) == bytes([0x80 | PONG, 0])


BAD: dict[str, tuple[int, bytes]] = {
    "no key": (400, handshake(sec_websocket_key=None)),
    "a short key": (400, handshake(sec_websocket_key="abc")),
    "a key that is no text": (400, handshake(sec_websocket_key="\xff\xfe")),
    "two keys": (400, handshake("GET /graphql HTTP/1.1", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")),
    "no version": (400, handshake(sec_websocket_version=None)),
    "another version": (400, handshake(sec_websocket_version="8")),
    "two versions": (400, handshake(sec_websocket_version="8, 13")),
    "protocols that are none": (400, handshake(sec_websocket_protocol='"graphql-transport-ws"')),
    "two origins": (400, handshake("GET /graphql HTTP/1.1", "Origin: http://a", "Origin: http://b")),
    "two hosts": (400, handshake("GET /graphql HTTP/1.1", "Host: b")),
    "no host": (400, handshake(host=None)),
    "a body": (400, handshake(content_length="5") + b"hello"),
    "a body in chunks": (400, handshake(transfer_encoding="chunked") + b"0\r\n\r\n"),
    "a request of its own": (400, head(upgrade="websocket", connection="Upgrade") + BODY),
    "another method": (405, handshake("PUT /graphql HTTP/1.1")),
    "an address that is no text": (400, handshake("GET /graphql?\xe9 HTTP/1.1")),
    "a long address": (431, handshake(f"GET /graphql?{LONG} HTTP/1.1")),
    "a long header": (431, handshake(authorization=f"Bearer {LONG}")),
    "many headers": (431, handshake("GET /graphql HTTP/1.1", *(["X: y"] * 300))),
    "another address": (404, handshake("GET /nowhere HTTP/1.1")),
    "an address for requests": (404, handshake("GET /healthz HTTP/1.1")),
    "a foreign page": (403, handshake(origin="https://evil.example.com")),
}  # fmt: skip
CODES = {
    400: "BAD_REQUEST",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    431: "PAYLOAD_TOO_LARGE",
}


@pytest.mark.parametrize("name", BAD)
async def test_a_handshake_that_is_none_is_refused_in_json_and_counted(
    unread_database: Database, name: str
) -> None:
    status, sent = BAD[name]
    app = build(unread_database)
    async with serving(app) as port, connected(port) as wire:
        await wire.send(sent)
        given, headers, body = await wire.answer()
        (error,) = json.loads(body)["errors"]
        assert (given, error["extensions"]["code"]) == (status, CODES[status])
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert re.fullmatch("[0-9a-f]{16}", headers["x-request-id"])
        assert ("allow" in headers) == (status == 405)
        assert ("sec-websocket-version" in headers) == ("RFC 6455" in error["message"])
    samples = app.state.metrics.samples(unread_database)
    assert samples["projectgate_refusals_total"] == {(CODES[status],): [1]}
    assert samples["projectgate_http_requests_total"] == {(str(status),): [1]}


@pytest.mark.parametrize("name", ["a short key", "a body", "a body in chunks", "many headers"])
async def test_after_a_handshake_that_is_none_the_connection_serves_as_before(
    unread_database: Database, name: str
) -> None:
    async with serving(build(unread_database), Quick) as port, connected(port) as wire:
        await wire.send(BAD[name][1] + WHOLE)
        assert (await wire.refusal())[0] == BAD[name][0]
        await is_answered(wire)
        await wire.send(HANDSHAKE)
        await is_open(wire)
    async with serving(build(unread_database), Quick) as port, connected(port) as wire:
        await wire.send(BAD[name][1])
        await wire.refusal()
        assert await wire.is_closed()


async def test_a_handshake_has_an_id_and_is_counted(unread_database: Database) -> None:
    app = build(unread_database)
    async with serving(app) as port, connected(port) as wire:
        await wire.send(handshake(x_request_id="wanted"))
        status, headers, _ = await wire.answer()
        assert (status, headers["x-request-id"]) == (101, "wanted")
    samples = app.state.metrics.samples(unread_database)
    assert samples["projectgate_http_requests_total"] == {("101",): [1]}
    assert samples["projectgate_refusals_total"] == {}


@pytest.mark.parametrize("count", [1, 2])
async def test_a_handshake_behind_requests_is_refused_after_their_answers(
    port: int, count: int
) -> None:
    async with connected(port) as wire:
        await wire.send(WHOLE * count + HANDSHAKE)
        for _ in range(count):
            await is_answered(wire)
        assert await wire.refusal() == (400, "BAD_REQUEST")
        await wire.send(HANDSHAKE)
        await is_open(wire)


async def test_a_web_socket_has_its_own_time(unread_database: Database) -> None:
    async with serving(build(unread_database), Quick) as port:

        async def one(before: bytes) -> None:
            async with connected(port) as wire:
                if before:
                    await wire.send(before)
                    await wire.answer()
                await wire.send(HANDSHAKE)
                await is_open(wire)
                await asyncio.sleep(1)  # longer than a head, a body or the next request may take
                await wire.send(frame(PING))
                assert await wire.receive(2) == bytes([0x80 | PONG, 0])

        await asyncio.gather(one(b""), one(WHOLE), one(handshake(sec_websocket_key="abc")))


async def test_what_comes_with_a_handshake_is_heard(port: int) -> None:
    init = {"type": "connection_init", "payload": bearer()}
    async with connected(port) as wire:
        await wire.send(HANDSHAKE + frame(TEXT, json.dumps(init).encode()) + frame(PING))
        assert (await wire.answer())[0] == 101
        said = await wire.receive(2 + len(b'{"type":"connection_ack"}') + 2)
        assert b'{"type":"connection_ack"}' in said
        assert bytes([0x80 | PONG, 0]) in said


async def test_a_request_behind_a_handshake_is_no_frame(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(HANDSHAKE + WHOLE)
        assert (await wire.answer())[0] == 101
        opcode, size, *code = await wire.receive(4)
        assert (opcode, bytes(code)) == (0x80 | CLOSE, (1002).to_bytes(2, "big"))
        await wire.receive(size - 2)
        assert await wire.is_closed()


async def test_http_1_0_knows_no_web_sockets(port: int) -> None:
    async with connected(port) as wire:
        await wire.send(handshake("GET /healthz HTTP/1.0"))
        assert (await wire.answer())[0] == 200


async def test_a_handshake_that_is_not_answered_yet_is_answered_when_the_server_stops() -> None:
    begun, stopping = asyncio.Event(), asyncio.Event()

    async def slow(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        begun.set()
        await stopping.wait()
        await asyncio.sleep(0.3)
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1012})

    faults: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))

    async def visit(port: int) -> None:
        async with connected(port) as wire:
            await wire.send(HANDSHAKE)
            assert (await wire.answer())[0] == 101
            assert await wire.receive(4) == bytes([0x80 | CLOSE, 2]) + (1012).to_bytes(2, "big")
            assert await wire.is_closed()

    async with serving(slow) as port:
        visiting = asyncio.create_task(visit(port))
        await begun.wait()
        stopping.set()
    await visiting
    assert faults == []

"""Requests in pieces, many at once, and what is none or could be read in two ways."""

from __future__ import annotations

import asyncio
import re

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from projectgate.data.database import Database
from tests.program.conftest import BODY, build
from tests.program.connection.conftest import WHOLE, Quick, is_answered
from tests.program.wire import connected, head, serving

pytestmark = pytest.mark.anyio


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

"""Thousands of damaged and made-up requests on real connections: each is answered, and nothing is left of them."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from projectgate.app import create_app
from projectgate.connection import Connection
from projectgate.data.database import Database
from tests.program.conftest import GRAPHQL, JSON, PREFLIGHT, bearer, make_settings
from tests.program.wire import connected, serving

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1_200)]

REQUESTS = int(os.environ.get("PROJECTGATE_TEST_REQUESTS", "1000"))
SEED = 20
AT_ONCE = 20
# No answer and no end of a connection takes longer.
SECONDS = 10

QUERY = (Path(__file__).parents[1] / "queries" / "one.graphql").read_text()
DIGEST = hashlib.sha256(QUERY.encode()).hexdigest()
NAMED = {"persistedQuery": {"version": 1, "sha256Hash": DIGEST}}
BODIES: list[Any] = [
    {"query": "{ viewer { name } }"},
    {"query": "query A($n: Int) { searchProjects(take: $n) { totalHits } } query B { viewer { name } }",
     "operationName": "A", "variables": {"n": 3}, "extensions": {}},
    {"query": QUERY, "variables": {"id": "project-1"}, "extensions": NAMED},
    {"extensions": NAMED, "variables": {"id": "project-1"}},
    {"documentId": f"sha256:{DIGEST}"},
    {"query": "mutation($i: AddProjectCommentInput!) { addProjectComment(input: $i) { changed } }",
     "variables": {"i": {"projectId": "none", "detail": "ø"}}},
    [{"query": "{ viewer { name } }"}, {"query": "{ nothing }"}],
    {"query": "{ __schema { types { name fields { name type { name } } } } }"},
    {"query": "subscription { projectChanged { cursor } }"},
]  # fmt: skip
HOSTILE: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**70, -(2**63), 1e308, "", "x", "ø\u2028", "\x00", "{", "{ }", "\ud800",
    [], {}, [None], [[]], {"": {}}, {"a": {"b": [1]}}, "9" * 5_000, "[" * 500, ["a"] * 300,
]  # fmt: skip
TEXTS = ["", "{", "}", "...", "@skip", '"""', "$", "#", "\x00", "ø", "{ viewer", "fragment F on "]
KEY, PROTOCOL = "dGhlIHNhbXBsZSBub25jZQ==", "graphql-transport-ws"
HANDSHAKE = {
    "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13", "sec-websocket-key": KEY,
    "sec-websocket-protocol": PROTOCOL,
}  # fmt: skip
CONTENTS = [
    b"",
    b"null",
    b"[" * 100_000,
    b"9" * 100_000,
    b"\xff\xfe",
    b'{"query":',
    b"{}" * 9,
    b" " * 1_000_001,
]
PIECES = [
    b"", b"\x00", b"\r\n", b"\n", b" ", b":", b"\xff", b"\xf0\x9f", b"{", b"}", b"[" * 200, b'"', b"\\u", b"%00",
    b"9" * 400, b"-1", b"chunked", b"gzip", b"a" * 2_000, b"HTTP/1.0", b"HTTP/2", b"\r\n\r\n",
]  # fmt: skip
VALUES = [
    "", " ", "*", "*/*", "text/html", "text/event-stream", "multipart/mixed", "gzip", "zstd;q=0", "q=;;;,", "null",
    "Bearer", "Bearer x.y.z", "Basic eDp5", "-5", "0", "7", "9" * 40, "chunked", "identity", "close", "keep-alive",
    "Upgrade", "h2c", "websocket", "13", "8", PROTOCOL, KEY, "permessage-deflate; x=",
    "https://evil.example.com", "\xff\xfe", "a" * 3_000, "100-continue", "utf-7", "1",
]  # fmt: skip
NAMES = [
    "accept", "accept-encoding", "content-encoding", "content-type", "content-length", "transfer-encoding",
    "expect", "origin", "host", "connection", "upgrade", "authorization", "x-projectgate-receipt", "x-request-id",
    "access-control-request-method", "traceparent", "trailer", "te", "cookie", "if-none-match", "range",
    "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions",
]  # fmt: skip
METHODS = [
    "GET",
    "POST",
    "OPTIONS",
    "HEAD",
    "PUT",
    "DELETE",
    "BREW",
    "get",
    "CONNECT",
    "TRACE",
    "PRI",
]
TARGETS = [
    "/graphql", "/", "/graphql/", "/schema.graphql", "/healthz", "/readyz", "/metrics", "//", "/%ff", "/%", "*",
    "http://x/graphql", "/graphql?query=%7B%7D", "/graphql?" + "a=b&" * 200, "/../graphql", "/ø", "x:80",
]  # fmt: skip


class Quick(Connection):
    """Gives up on halves of requests sooner, as many of these are."""

    head_seconds = body_seconds = read_seconds = 1.0


class Made:
    """A request in the making: a good one, until something is done to it."""

    def __init__(self, dice: random.Random, token: dict[str, str]) -> None:
        self.dice = dice
        self.method, self.target = "POST", "/graphql"
        self.headers = {"host": "gate.test", "accept": dice.choice([GRAPHQL, JSON, "*/*"]), **token}
        self.members = json.loads(json.dumps(dice.choice(BODIES)))
        self.body: bytes | None = None  # other than that of the members
        self.more: list[str] = []  # headers that stand there twice
        if dice.random() < 0.15:
            self.method, self.body = "GET", b""
            self.headers |= HANDSHAKE
        elif isinstance(self.members, dict) and dice.random() < 0.2:
            fields = {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in self.members.items()
            }
            self.method, self.target, self.body = "GET", f"/graphql?{urlencode(fields)}", b""
            self.headers |= PREFLIGHT
        else:
            self.headers["content-type"] = JSON

    def sent(self) -> bytes:
        """The request as it goes out, with the length of its body where nothing else tells it."""
        body = json.dumps(self.members).encode() if self.body is None else self.body
        if body and not self.headers.keys() & {"content-length", "transfer-encoding"}:
            self.headers["content-length"] = str(len(body))
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += self.more
        return "\r\n".join([*lines, "", ""]).encode() + body


def in_members(made: Made) -> None:
    """Puts something hostile in the place of a value, at whatever depth."""
    whole = [made.members]
    holder: Any = whole
    key: Any = 0
    while (value := holder[key]) and isinstance(value, dict | list) and made.dice.random() < 0.7:
        holder = value
        key = made.dice.choice(list(value) if isinstance(value, dict) else range(len(value)))
    holder[key] = made.dice.choice(HOSTILE)
    made.members = whole[0]


def in_document(made: Made) -> None:
    """Takes from a GraphQL text and puts into it."""
    if isinstance(made.members, dict) and isinstance(text := made.members.get("query"), str):
        start = made.dice.randrange(len(text) + 1)
        end = start + made.dice.choice([0, 0, 1, 5, 40])
        piece = made.dice.choice(TEXTS) * made.dice.choice([1, 1, 3, 200])
        made.members["query"] = text[:start] + piece + text[end:]


def in_headers(made: Made) -> None:
    """Changes, adds and takes away headers."""
    for _ in range(made.dice.randint(1, 3)):
        name = made.dice.choice(NAMES)
        match made.dice.randrange(6):
            case 0 | 1:
                made.headers.pop(name, None)
            case 2:
                made.more.append(f"{name}: {made.headers.get(name, made.dice.choice(VALUES))}")
            case 3:
                made.headers |= HANDSHAKE
            case _:
                made.headers[name] = made.dice.choice(VALUES)


def in_line(made: Made) -> None:
    """Asks for something else."""
    made.method = made.dice.choice([made.method, *METHODS])
    made.target = made.dice.choice([made.target, *TARGETS])


def in_framing(made: Made) -> None:
    """Sends the body in chunks, compressed, with another length than its own, or another body."""
    body = json.dumps(made.members).encode()
    match made.dice.randrange(4):
        case 0:
            size = made.dice.choice([1, 7, 100_000])
            parts = [body[place : place + size] for place in range(0, len(body), size)]
            made.headers["transfer-encoding"] = "chunked"
            chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b"")]
            made.body = b"".join(chunks)
        case 1:
            made.headers["content-encoding"] = "gzip"
            made.body = gzip.compress(body)
        case 2:
            made.headers["content-length"] = str(len(body) + made.dice.choice([-9, -1, 1, 9]))
        case _:
            made.body = made.dice.choice(CONTENTS)


def damaged(sent: bytes, dice: random.Random) -> bytes:
    """Bytes with others in them, anywhere."""
    content = bytearray(sent)
    for _ in range(dice.randint(1, 5)):
        place = dice.randrange(len(content) + 1)
        piece = dice.choice([*PIECES, dice.randbytes(3)])
        content[place : place + dice.choice([0, 1, 2, 30])] = piece
    return bytes(content)


def request(dice: random.Random, token: dict[str, str]) -> bytes:
    """A request that is damaged in one way or in several, now and then in none; or no request at all."""
    if dice.random() < 0.05:
        return dice.randbytes(dice.randint(1, 500))
    made = Made(dice, token)
    ways: list[Callable[[Made], None]] = [in_members, in_document, in_headers, in_line, in_framing]
    for way in dice.sample(ways, dice.choice([0, 1, 1, 1, 2, 3])):
        way(made)
    return damaged(made.sent(), dice) if dice.random() < 0.3 else made.sent()


async def answer_to(port: int, sent: bytes) -> int | None:
    """The status of an answer, which is checked; none to what has no byte of a request."""
    bodiless = sent.lstrip(b"\r\n").startswith(b"HEAD ")
    async with asyncio.timeout(SECONDS), connected(port) as wire:
        with suppress(ConnectionResetError, BrokenPipeError):
            await wire.send(sent)
        try:
            status = 100
            while status == 100:
                status, headers, body = await wire.answer(bodiless=bodiless)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            assert not sent.strip(b"\r\n"), sent[:3_000]
            return None
    assert status < 500, (status, sent[:3_000], body)
    assert "x-request-id" in headers, (status, sent[:3_000], body)
    if body and headers["content-type"].endswith("json; charset=utf-8"):
        if headers.get("content-encoding") is None:
            said = json.loads(body)
            errors = said.get("errors", []) if isinstance(said, dict) else []
            codes = [error["extensions"]["code"] for error in errors]
            assert "INTERNAL" not in codes, (sent[:3_000], body)
            assert codes or status < 400, (sent[:3_000], body)
    elif not bodiless:
        # Only the schema, metrics and streams are no JSON; preflights and WebSockets have no body.
        told = body or headers.get("transfer-encoding") == "chunked"
        assert status in ({200} if told else {101, 204}), (status, sent[:3_000], body)
    return status


async def test_whatever_is_sent_is_answered_and_nothing_is_left(
    template: Callable[[str, str], Any], tmp_path: Path
) -> None:
    """PROJECTGATE_TEST_REQUESTS says how many; the same number gives the same requests."""
    file = shutil.copy(await template("sqlite", ""), tmp_path / "hostile.sqlite")
    database = Database(f"sqlite+aiosqlite:///{file}")
    token = bearer(roles=["ProjectAdmin"])
    app = create_app(make_settings(batch_limit=10, rate_limit=0), database=database)
    dice = random.Random(SEED)
    requests = [request(dice, token) for _ in range(REQUESTS)]
    statuses: Counter[int | None] = Counter()
    faults: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    async with serving(app, Quick) as port:
        before = asyncio.all_tasks()

        async def work() -> None:
            while requests:
                statuses[await answer_to(port, requests.pop())] += 1

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        async with asyncio.timeout(SECONDS):
            while asyncio.all_tasks() - before:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await answer_to(port, Made(random.Random(1), token).sent()) == 200
    await database.close()
    assert faults == []
    assert statuses.total() == REQUESTS
    # They reach all there is: answers, and refusals of every kind.
    assert {101, 200, 400, 401, 403, 404, 405, 406, 408, 413, 415} <= statuses.keys(), statuses

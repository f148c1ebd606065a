"""GraphQL as server-sent events: who gets a stream, what is in it, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from projectgate.admission import LEAST, READING
from projectgate.data.database import Database
from projectgate.transports import event_stream

from .conftest import GRAPHQL, JSON, PREFLIGHT, bearer, code, message
from .gate import SECONDS, Gate, running, until
from .ticking import STREAMING, Ticks

pytestmark = pytest.mark.anyio

STREAM = "text/event-stream"
# What urql and Apollo send with every request.
ALL = f"{GRAPHQL}, {JSON}, {STREAM}, multipart/mixed"
COUNT = "subscription { count(to: 2) }"
TICKS = "subscription { ticks }"


@pytest.fixture
async def gate(unread_database: Database) -> AsyncIterator[Gate]:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    async with running(unread_database, STREAMING) as gate:
        yield gate


@pytest.fixture
async def client(gate: Gate) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=gate.http, headers=bearer(), timeout=SECONDS) as client:
        yield client


def ticks(gate: Gate) -> Ticks:
    found: Ticks = gate.app.state.database.ticks
    return found


async def ask(client: httpx2.AsyncClient, query: str, accept: str = STREAM) -> httpx2.Response:
    """The whole answer to an operation."""
    return await client.post("/graphql", json={"query": query}, headers={"accept": accept})


def told(response: httpx2.Response) -> list[tuple[str, Any]]:
    """The events of a stream that has ended: name and data."""
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    found = []
    for part in response.text.removesuffix("\n\n").split("\n\n"):
        if part == ":":
            continue
        name, data = part.split("\n")
        text = data.removeprefix("data:").strip()
        found.append((name.removeprefix("event: "), json.loads(text) if text else None))
    return found


@asynccontextmanager
async def following(client: httpx2.AsyncClient, **headers: str) -> AsyncIterator[Any]:
    """The lines of a stream of ticks that has begun."""
    async with client.stream(
        "POST", "/graphql", json={"query": TICKS}, headers={"accept": STREAM, **headers}
    ) as response:
        lines = response.aiter_lines()
        assert await anext(lines) == ":"
        yield lines


async def rest(lines: Any) -> list[str]:
    """What is left of a stream until it ends, without the lines between."""
    async with asyncio.timeout(SECONDS):
        return [line async for line in lines if line]


@pytest.mark.parametrize("accept", [STREAM, ALL])
async def test_a_subscription_is_a_stream_of_its_events(
    client: httpx2.AsyncClient, accept: str
) -> None:
    assert told(await ask(client, COUNT, accept)) == [
        ("next", {"data": {"count": 0}, "extensions": {"cost": 1}}),
        ("next", {"data": {"count": 1}, "extensions": {"cost": 1}}),
        ("complete", None),
    ]


async def test_a_subscription_can_be_asked_for_by_a_get_that_no_page_can_send(
    client: httpx2.AsyncClient,
) -> None:
    asked = {"query": COUNT}
    answer = await client.get("/graphql", params=asked, headers={"accept": STREAM, **PREFLIGHT})
    assert len(told(answer)) == 3
    answer = await client.get("/graphql", params=asked, headers={"accept": STREAM})
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "*/*"])
async def test_who_takes_no_stream_is_told_how_to_follow(
    client: httpx2.AsyncClient, accept: str
) -> None:
    answer = await ask(client, COUNT, accept)
    assert code(answer) == "BAD_REQUEST"
    assert "text/event-stream" in message(answer)
    assert "graphql-transport-ws" in message(answer)


async def test_a_query_is_json_for_whoever_takes_json(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, "{ caller }", ALL)
    assert answer.headers["content-type"].startswith(GRAPHQL)
    assert answer.json()["data"] == {"caller": "ann"}


async def test_a_query_is_a_stream_for_whoever_takes_nothing_else(
    client: httpx2.AsyncClient,
) -> None:
    assert told(await ask(client, "{ caller }")) == [
        ("next", {"data": {"caller": "ann"}, "extensions": {"cost": 1}}),
        ("complete", None),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($to: Int!) { count(to: $to) }", "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_executed_is_an_error_of_the_stream(
    client: httpx2.AsyncClient, query: str, expected: str
) -> None:
    (name, payload), end = told(await ask(client, query))
    assert (name, end) == ("next", ("complete", None))
    assert payload["errors"][0]["extensions"]["code"] == expected


async def test_a_subscription_that_breaks_says_nothing_of_why(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, "subscription { breaks }")
    first, (name, payload), end = told(answer)
    assert (first[1]["data"], name, end) == ({"breaks": 1}, "next", ("complete", None))
    assert payload["errors"][0]["extensions"] == {"code": "INTERNAL"}
    assert "secret" not in answer.text


async def test_without_a_token_there_is_no_stream(gate: Gate) -> None:
    async with httpx2.AsyncClient(base_url=gate.http) as stranger:
        answer = await ask(stranger, COUNT)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")


async def test_a_stream_ends_when_its_token_does_and_says_where_to_resume(
    client: httpx2.AsyncClient,
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    async with following(client, **bearer(exp=soon)) as lines:
        name, data, *end = await rest(lines)
    assert (name, end) == ("event: next", ["event: complete", "data:"])
    (error,) = json.loads(data.removeprefix("data: "))["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED", "cursor": "WyJmZWVkIiw3XQ"}


async def test_a_drain_ends_every_stream_with_the_cursor_to_resume_from(
    gate: Gate, client: httpx2.AsyncClient
) -> None:
    async with following(client) as lines:
        await ticks(gate).coming.put(1)
        await until(ticks(gate).coming.empty)
        await gate.app.state.streams.drain()
        got = await rest(lines)
    assert got[:2] == ["event: next", 'data: {"data":{"ticks":1},"extensions":{"cost":1}}']
    (error,) = json.loads(got[3].removeprefix("data: "))["errors"]
    assert error["extensions"] == {"code": "SERVER_RESTARTING", "cursor": "WyJmZWVkIiw3XQ"}
    answer = await ask(client, COUNT)
    assert (answer.status_code, code(answer)) == (503, "SERVER_RESTARTING")


async def test_events_beyond_the_limit_of_a_caller_end_the_stream_with_the_cursor(
    unread_database: Database,
) -> None:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    limit = READING * len(TICKS) + 3 * LEAST
    async with (
        running(unread_database, STREAMING, rate_limit=limit) as gate,
        httpx2.AsyncClient(base_url=gate.http, headers=bearer(), timeout=SECONDS) as client,
    ):
        async with following(client) as lines:
            for number in range(3):
                await ticks(gate).coming.put(number)
            got = [json.loads(line[6:]) for line in await rest(lines) if line.startswith("data: ")]
        assert ticks(gate).ended.is_set()
        answer = await ask(client, TICKS)
    assert [one.get("data") for one in got] == [{"ticks": 0}, {"ticks": 1}, None]
    (error,) = got[2]["errors"]
    assert error["extensions"] == {"code": "RATE_LIMITED", "cursor": "WyJmZWVkIiw3XQ"}
    assert "the limit: wait" in error["message"]
    assert (answer.status_code, code(answer)) == (429, "RATE_LIMITED")


async def test_signs_of_life_come_between_events(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT", 0.05)
    async with following(client) as lines:
        assert [await anext(lines) for _ in range(4)] == ["", ":", "", ":"]


async def test_a_stream_ends_when_the_client_leaves(gate: Gate, client: httpx2.AsyncClient) -> None:
    async with following(client):
        await until(lambda: len(gate.app.state.streams) == 1)
    await until(lambda: ticks(gate).ended.is_set() and not len(gate.app.state.streams))


async def test_streams_beyond_the_limit_of_a_caller_are_refused(unread_database: Database) -> None:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    async with (
        running(unread_database, STREAMING, connections_per_caller=1) as gate,
        httpx2.AsyncClient(base_url=gate.http, headers=bearer(), timeout=SECONDS) as client,
        following(client),
    ):
        answer = await ask(client, COUNT)
        assert (answer.status_code, code(answer)) == (429, "TOO_MANY_CONNECTIONS")
        assert answer.headers["retry-after"] == "10"

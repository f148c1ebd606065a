"""/metrics: for whom it is, what never stands in it, and the numbers of all workers."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from pathlib import Path

import httpx2
import pytest

from projectgate import workers
from projectgate.data.database import Database
from tests.program.conftest import bearer, build, is_refused, open_client, token
from tests.program.scrape import LOCAL, number, read
from tests.program.test_workers import children, served, until

pytestmark = pytest.mark.anyio

TOKEN = "a-token-for-metrics"


async def test_metrics_are_for_this_machine_alone(unread_database: Database) -> None:
    app = build(unread_database)
    for address, host, right in (
        ("127.0.0.1", "localhost:8000", True),
        ("::1", "[::1]:8000", True),
        ("10.0.0.7", "127.0.0.1:8000", False),
        ("127.0.0.1", "gate.example.com", False),
        ("10.0.0.7", "gate.example.com", False),
    ):
        transport = httpx2.ASGITransport(app=app, client=(address, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://gate.test") as client:
            headers = {"host": host, "x-forwarded-for": "127.0.0.1"}
            answer = await client.get("/metrics", headers=headers)
        if right:
            assert answer.status_code == 200
        else:
            is_refused(answer, 403, "FORBIDDEN")
            assert "PROJECTGATE_METRICS_TOKEN" in answer.text


async def test_with_a_token_metrics_are_for_whoever_has_it(unread_database: Database) -> None:
    app = build(unread_database, metrics_token=TOKEN)
    async with open_client(app) as client:
        for wrong in ({}, {"authorization": f"Bearer {TOKEN}x"}, bearer(), LOCAL):
            is_refused(await client.get("/metrics", headers=wrong), 401, "UNAUTHENTICATED")
        right = await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert right.status_code == 200
        assert "projectgate_workers 1.0" in right.text


async def test_no_token_and_no_caller_stands_in_the_metrics(unread_database: Database) -> None:
    given = token(sub="ann-the-caller")
    app = build(unread_database, metrics_token=TOKEN)
    async with open_client(app) as client:
        for sent in (given, f"{given}x", token(roles=["Owner"]), TOKEN):
            headers = {"authorization": f"Bearer {sent}"}
            for query in ("query Q { caller }", "{ missing }", f"query Q {{ {sent[:20]} }}"):
                await client.post("/graphql", json={"query": query}, headers=headers)
        answer = await client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert 'projectgate_refusals_total{code="UNAUTHENTICATED"}' in answer.text
    for word in (TOKEN, "Bearer", "ann-the-caller", *given.split(".")):
        assert word not in answer.text


def ask(address: str, path: str, content: bytes | None = None, **headers: str) -> str:
    """The answer of a server over a new connection."""
    request = urllib.request.Request(address + path, content, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())


def test_any_worker_tells_the_numbers_of_all_and_keeps_those_of_the_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("TMPDIR", str(shared))
    with served(tmp_path, "--workers", "2") as (server, address):
        assert server.stdout is not None
        token = next(line.split()[1] for line in server.stdout if line.startswith("Token"))
        until(lambda: len(children(server.pid)) == 2)

        def asked(count: int) -> None:
            body = json.dumps({"query": "query Asked { viewer { name } }"}).encode()
            headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
            for _ in range(count):
                assert "data" in ask(address, "graphql", body, **headers)

        def counted() -> float:
            found = read(ask(address, "metrics"))
            labels = {"operation": "Asked", "type": "query", "outcome": "ok"}
            return number(found, "projectgate_operations_total", **labels)

        def live() -> float:
            return number(read(ask(address, "metrics")), "projectgate_workers")

        asked(40)
        until(lambda: counted() == 40)
        # Whichever worker answers, and it never falls.
        assert {counted() for _ in range(20)} == {40}
        until(lambda: live() == 2)
        time.sleep(workers.SHORTEST_LIFE)
        victim = min(children(server.pid))
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(children(server.pid) - {victim}) == 2)
        until(lambda: live() == 2)
        asked(10)
        until(lambda: counted() == 50)
        assert list(shared.iterdir())
        server.terminate()
        assert server.wait(timeout=20) == 0
        assert not list(shared.iterdir())

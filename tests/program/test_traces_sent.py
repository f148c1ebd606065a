"""Traces of real servers: sent to a collector before they end, and nothing of people in them."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.conftest import migrated
from tests.make.documents import make_full_document, store_documents
from tests.program.conftest import SECRET, bearer
from tests.program.test_privacy import MARK, marked
from tests.program.test_stopping import STOP, Running, address_of, served
from tests.program.test_workers import until

pytestmark = pytest.mark.anyio

QUERY = "query Nested { projects(first: 2) { nodes { id products { id } } } }"
NAMES = [
    "GET /readyz",
    "POST /graphql",
    "SELECT project",
    "SELECT project_product",
    "load products",
    "query Nested",
]


class Told(NamedTuple):
    """A span as a collector is told of it: its name, and what its process says of itself."""

    name: str
    process: dict[str, str]


class Collector:
    """A collector that keeps what it is sent."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[bytes] = []

    @property
    def spans(self) -> list[Told]:
        """All spans that it was sent."""
        found = []
        for body in self.bodies:
            for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
                process = {one.key: one.value.string_value for one in sent.resource.attributes}
                for scope in sent.scope_spans:
                    found += [Told(span.name, process) for span in scope.spans]
        return found

    @property
    def processes(self) -> set[str]:
        """The processes that sent it."""
        return {span.process["service.instance.id"] for span in self.spans}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A real HTTP server that takes OTLP, which the environment names."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            found.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Collector(f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


@pytest.fixture
async def address(
    template: Callable[[str, str], Any], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """A SQLite database with a few projects."""
    async with migrated("sqlite", template, tmp_path, request) as database:
        await store_documents(database, [make_full_document(f"project-{n}") for n in range(3)])
        yield address_of(database)


def ask(running: Running) -> None:
    """Sends the query, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    try:
        headers = {"content-type": "application/json", **bearer()}
        connection.request("POST", "/graphql", json.dumps({"query": QUERY}), headers)
        assert len(json.loads(connection.getresponse().read())["data"]["projects"]["nodes"]) == 2
    finally:
        connection.close()


async def test_a_server_that_stops_has_sent_what_it_did(address: str, collector: Collector) -> None:
    with served(address, tracing="on", drain_seconds="0") as running:
        until(lambda: running.ask()[0] == 200)
        ask(running)
        assert collector.spans == []
        running.process.terminate()
        assert running.process.wait(timeout=STOP) == 0
    assert sorted({span.name for span in collector.spans}) == NAMES
    assert [span.name for span in collector.spans].count("query Nested") == 1
    (process,) = {tuple(sorted(span.process.items())) for span in collector.spans}
    assert dict(process)["service.name"] == "projectgate"


async def test_each_worker_sends_its_own(
    address: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "gate")
    asked = 0
    with served(address, "--workers", "2", tracing="on", drain_seconds="0") as running:
        until(lambda: running.ask()[0] == 200)

        def both() -> bool:
            nonlocal asked
            ask(running)
            asked += 1
            return len(collector.processes) == 2

        until(both)
        running.process.terminate()
        assert running.process.wait(timeout=STOP) == 0
    assert [span.name for span in collector.spans].count("query Nested") == asked
    assert {span.process["service.name"] for span in collector.spans} == {"gate"}


async def test_a_collector_that_does_not_answer_holds_nothing_up(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        with served(address, tracing="on") as running:
            until(lambda: running.ask()[0] == 200)
            ask(running)
            running.process.terminate()
            assert running.process.wait(timeout=STOP) == 0


@contextmanager
def started(*options: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A server's process, with options of Python and of the command."""
    names = {name: value for name, value in os.environ.items() if "PROJECTGATE" not in name}
    names |= {f"PROJECTGATE_{name}".upper(): value for name, value in settings.items()}
    command = [sys.executable, *options, "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=names, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_nothing_of_a_request_is_sent_but_what_was_done(
    tmp_path: Path, collector: Collector
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'demo.sqlite'}"
    options = ("-m", "projectgate", "serve", "--demo")
    settings = {"tracing": "on", "log_level": "DEBUG", "slow_operation": "0"}
    with started(*options, database_url=url, **settings) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[1]
        token = [server.stdout.readline() for _ in range(2)][1].split()[1]
        answered = list(marked(address, token))
        server.terminate()
        _, said = server.communicate(timeout=30)
        assert server.returncode == 0
    # The marks did go where they were to go: some come back.
    assert any(MARK in answer for answer in answered)
    assert {"query Slow", "mutation M", "SELECT project", "GET"} <= {
        span.name for span in collector.spans
    }
    for content in (*collector.bodies, said.encode()):
        for private in (MARK, "Bearer", "eyJ"):
            assert private.encode() not in content
    # What a client calls its request is for the log alone, where the trace stands beside it.
    named = [json.loads(line) for line in said.splitlines() if "the-name" in line]
    assert named
    assert all(len(line["trace_id"]) == 32 for line in named)
    assert not any(b"the-name" in body for body in collector.bodies)


@pytest.mark.parametrize("tracing", ["off", "on"])
async def test_a_server_without_traces_never_imports_opentelemetry(
    address: str, collector: Collector, tracing: str
) -> None:
    settings = {"database_url": address, "jwt_secret": SECRET, "drain_seconds": "0"}
    options = ("-X", "importtime", "-m", "projectgate", "serve")
    with started(*options, tracing=tracing, **settings) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        # The list is longer than what a pipe holds.
        with ThreadPoolExecutor() as threads:
            reading = threads.submit(process.stderr.read)
            port = int(process.stdout.readline().rsplit(":", 1)[1].split("/")[0])
            ask(Running(process, port))
            process.terminate()
            assert process.wait(timeout=STOP) == 0
            imported = reading.result()
    assert "projectgate.operations" in imported
    assert ("opentelemetry" in imported) is (tracing == "on")
    assert bool(collector.spans) is (tracing == "on")


def test_without_the_extra_a_server_says_how_to_get_it() -> None:
    without = (
        "import sys; sys.modules['opentelemetry'] = None; from projectgate.cli import main; main()"
    )
    with started("-c", without, "serve", jwt_secret=SECRET, tracing="on") as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 2
    assert "PROJECTGATE_TRACING" in said
    assert "pip install 'projectgate[tracing]'" in said
    assert "Traceback" not in said

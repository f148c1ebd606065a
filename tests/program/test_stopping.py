"""A server that is told to stop: it says so, answers what runs, takes back what hangs, and is gone in ten seconds."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import websockets
from sqlalchemy import text

from projectgate.data.database import Database
from projectgate.resolvers.feed import cursor_of
from tests.conftest import migrated
from tests.make.documents import make_document, store_documents
from tests.program.conftest import SECRET, bearer
from tests.program.raw import HANDSHAKE, PING, frame
from tests.program.test_handshake import BAD
from tests.program.test_workers import children, until
from tests.program.wire import connected, head

pytestmark = pytest.mark.anyio

# Seconds that a stop may take, with a little for the process itself.
STOP = 11
RENAME = """mutation Rename { patchProject(input: { id: "project-1", expectedVersion: 1, name: "new" }) {
  project { version } userErrors { message } } }"""
RESTARTS = r"1012 .*the server restarts"
LOCK = text("select 1 from project where id = 'project-1' for update")
NAME = text("select name, version from project where id = 'project-1'")


class Running(NamedTuple):
    """A server's process, and where it listens."""

    process: subprocess.Popen[str]
    port: int

    def ask(self, path: str = "/readyz") -> tuple[int, Any, str | None]:
        """Status, body and `Connection` of an answer over a new connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.getheader("connection")
        finally:
            connection.close()

    def rename(self) -> Any:
        """The answer to the mutation."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"content-type": "application/json", **bearer(roles=["ProjectAdmin"])}
        try:
            connection.request("POST", "/graphql", json.dumps({"query": RENAME}), headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def is_refused(self) -> bool:
        """Whether it takes no connection."""
        try:
            self.ask("/healthz")
        except ConnectionError:
            return True
        return False


@contextmanager
def served(url: str, *arguments: str, **settings: str) -> Iterator[Running]:
    """A server of a database."""
    names = {name: value for name, value in os.environ.items() if "PROJECTGATE" not in name}
    settings = {"database_url": url, "jwt_secret": SECRET, **settings}
    names |= {f"PROJECTGATE_{name}".upper(): value for name, value in settings.items()}
    command = [sys.executable, "-m", "projectgate", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, env=names, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline().rsplit(":", 1)[1].split("/")[0])
            yield Running(process, port)
        finally:
            process.kill()


@pytest.fixture
async def one(
    template: Callable[[str, str], Any], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """A PostgreSQL with one project."""
    async with migrated("postgresql", template, tmp_path, request) as database:
        await store_documents(database, [make_document(name="old")])
        yield database


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """Threads for requests that wait."""
    with ThreadPoolExecutor() as threads:
        yield threads


def is_there(pid: int) -> bool:
    """Whether a process lives."""
    return Path(f"/proc/{pid}").exists()


def address_of(database: Database) -> str:
    """The URL of a database, with its password."""
    return database.url.render_as_string(hide_password=False)


@asynccontextmanager
async def waiting(
    database: Database, running: Running, background: ThreadPoolExecutor
) -> AsyncIterator[Future[Any]]:
    """A mutation that waits for a lock which is held for the length of the block."""
    async with database.transaction() as transaction:
        await transaction.run(LOCK)
        asked = background.submit(running.rename)
        await waits(database)
        yield asked


async def waits(database: Database) -> None:
    """Returns once a statement waits for a lock."""
    waiting = text(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        while not await database.run(waiting):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
async def test_what_runs_is_answered_and_committed(
    one: Database, background: ThreadPoolExecutor, arguments: tuple[str, ...]
) -> None:
    with served(address_of(one), *arguments) as running:
        until(lambda: running.ask()[0] == 200)
        begun = time.monotonic()
        async with waiting(one, running, background) as asked:
            running.process.terminate()
            await asyncio.to_thread(until, running.is_refused)
            assert not asked.done()
        answer = await asyncio.wrap_future(asked)
        assert answer["data"]["patchProject"]["project"]["version"] == 2
        assert await asyncio.to_thread(running.process.wait, STOP) == 0
        assert time.monotonic() - begun < STOP
    assert [tuple(row) for row in await one.run(NAME)] == [("new", 2)]


async def test_what_runs_on_a_web_socket_is_answered_and_committed(one: Database) -> None:
    with served(address_of(one)) as running:
        until(lambda: running.ask()[0] == 200)
        async with web_socket(running) as unknown, web_socket(running) as client:
            async with one.transaction() as transaction:
                await transaction.run(LOCK)
                headers = bearer(roles=["ProjectAdmin"])
                await client.send(json.dumps({"type": "connection_init", "payload": headers}))
                await client.recv()
                payload = {"query": RENAME}
                await client.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
                await waits(one)
                running.process.terminate()
                # Who asks for nothing is not kept.
                with pytest.raises(websockets.ConnectionClosed, match=RESTARTS):
                    await unknown.recv()
                await asyncio.to_thread(until, running.is_refused)
            answer = json.loads(await client.recv())
            assert answer["payload"]["data"]["patchProject"]["project"]["version"] == 2
            assert json.loads(await client.recv()) == {"id": "1", "type": "complete"}
            with pytest.raises(websockets.ConnectionClosed, match=RESTARTS):
                await client.recv()
        assert await asyncio.to_thread(running.process.wait, STOP) == 0
    assert [tuple(row) for row in await one.run(NAME)] == [("new", 2)]


async def test_what_hangs_on_a_web_socket_is_taken_back(one: Database) -> None:
    settings = {"operation_deadline": "60", "statement_timeout": "60"}
    with served(address_of(one), **settings) as running:
        until(lambda: running.ask()[0] == 200)
        async with web_socket(running) as client, one.transaction() as transaction:
            await transaction.run(LOCK)
            headers = bearer(roles=["ProjectAdmin"])
            await client.send(json.dumps({"type": "connection_init", "payload": headers}))
            await client.recv()
            payload = {"query": RENAME}
            await client.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            await waits(one)
            running.process.terminate()
            with pytest.raises(websockets.ConnectionClosed, match=RESTARTS):
                await client.recv()
            assert await asyncio.to_thread(running.process.wait, STOP) == 0
    assert [tuple(row) for row in await one.run(NAME)] == [("old", 1)]


def web_socket(running: Running) -> Any:
    """A WebSocket of a client that has said nothing yet."""
    return websockets.connect(
        f"ws://127.0.0.1:{running.port}/graphql",
        subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        proxy=None,
    )


async def test_load_balancers_have_time_to_see_it(one: Database) -> None:
    with served(address_of(one), drain_seconds="3") as running:
        assert running.ask() == (200, {"status": "ok"}, None)
        kept = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        kept.request("GET", "/healthz")
        kept.getresponse().read()
        running.process.terminate()
        status: dict[str, Any] = {"status": "stopping", "reason": "the server is about to stop"}
        await asyncio.to_thread(until, lambda: running.ask() == (503, status, "close"))
        # Requests are still answered, on connections old and new, which end with them.
        assert running.ask("/healthz") == (200, {"status": "ok"}, "close")
        kept.request("GET", "/healthz")
        answer = kept.getresponse()
        assert (answer.status, answer.getheader("connection")) == (200, "close")
        await asyncio.to_thread(until, running.is_refused)
        assert running.process.wait(timeout=STOP) == 0


async def test_what_hangs_is_taken_back_and_does_not_hold_up_the_end(
    one: Database, background: ThreadPoolExecutor
) -> None:
    settings = {"operation_deadline": "60", "statement_timeout": "60"}
    with served(address_of(one), **settings) as running:
        async with waiting(one, running, background) as asked:
            begun = time.monotonic()
            running.process.terminate()
            assert await asyncio.to_thread(running.process.wait, STOP) == 0
            assert time.monotonic() - begun < STOP
            (error,) = (await asyncio.wrap_future(asked))["errors"]
            assert error["extensions"]["code"] == "SERVER_RESTARTING"
            others = text(
                "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' "
                "and pid <> pg_backend_pid() and wait_event_type = 'Lock'"
            )
            assert [tuple(row) for row in await one.run(others)] == [(0,)]
    assert [tuple(row) for row in await one.run(NAME)] == [("old", 1)]


@pytest.mark.parametrize(
    ("second", "arguments"), [(signal.SIGTERM, ()), (signal.SIGINT, ("--workers", "2"))]
)
async def test_a_second_signal_ends_it_at_once(
    one: Database,
    background: ThreadPoolExecutor,
    second: signal.Signals,
    arguments: tuple[str, ...],
) -> None:
    settings = {"operation_deadline": "60", "statement_timeout": "60"}
    with served(address_of(one), *arguments, **settings) as running:
        until(lambda: running.ask()[0] == 200)
        workers = children(running.process.pid)
        async with waiting(one, running, background) as asked:
            running.process.terminate()
            await asyncio.to_thread(until, lambda: running.is_refused() or running.ask()[0] == 503)
            begun = time.monotonic()
            running.process.send_signal(second)
            await asyncio.to_thread(running.process.wait, STOP)
            assert time.monotonic() - begun < 3
            with pytest.raises((ConnectionError, http.client.HTTPException)):
                await asyncio.wrap_future(asked)
        assert not any(is_there(pid) for pid in workers)
    assert [tuple(row) for row in await one.run(NAME)] == [("old", 1)]


async def test_a_group_whose_processes_are_all_told_stops_in_order(
    one: Database, background: ThreadPoolExecutor
) -> None:
    with served(address_of(one), "--workers", "2") as running:
        until(lambda: running.ask()[0] == 200)
        until(lambda: len(children(running.process.pid)) == 2)
        async with waiting(one, running, background) as asked:
            # As a service manager does, which tells all processes of a service.
            for pid in [*children(running.process.pid), running.process.pid]:
                os.kill(pid, signal.SIGTERM)
            await asyncio.to_thread(until, running.is_refused)
        answer = await asyncio.wrap_future(asked)
        assert answer["data"]["patchProject"]["project"]["version"] == 2
        assert await asyncio.to_thread(running.process.wait, STOP) == 0


async def test_sockets_that_strangers_hold_open_do_not_spoil_the_end(
    one: Database, background: ThreadPoolExecutor
) -> None:
    """Handshakes of all kinds, halves of them and of requests, and WebSockets that say nothing or nonsense."""
    handshakes = [HANDSHAKE, *(sent for _, sent in BAD.values())]
    held = [
        b"",
        *handshakes,
        *(sent[:-2] for sent in handshakes),
        HANDSHAKE + frame(PING),
        HANDSHAKE + b"\xff\xff\xff",
    ]
    held += [head(), head()[:-2], b"GET /healthz HTTP/1.1\r\nhost: gate.test\r\n\r\n" + HANDSHAKE]
    with served(address_of(one)) as running:
        until(lambda: running.ask()[0] == 200)
        async with AsyncExitStack() as sockets:
            async with waiting(one, running, background) as asked:
                for sent in held:
                    wire = await sockets.enter_async_context(connected(running.port))
                    await wire.send(sent)
                running.process.terminate()
                await asyncio.to_thread(until, running.is_refused)
                assert not asked.done()
            answer = await asyncio.wrap_future(asked)
            assert answer["data"]["patchProject"]["project"]["version"] == 2
            assert await asyncio.to_thread(running.process.wait, STOP) == 0
    assert [tuple(row) for row in await one.run(NAME)] == [("new", 2)]


async def test_streams_end_with_the_cursor_to_go_on_from(one: Database) -> None:
    with served(address_of(one)) as running:
        until(lambda: running.ask()[0] == 200)
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        headers = {"content-type": "application/json", "accept": "text/event-stream", **bearer()}
        await asyncio.to_thread(running.rename)
        query = "subscription($after: String) { projectChanged(after: $after) { cursor version } }"
        body = {"query": query, "variables": {"after": cursor_of(0)}}
        connection.request("POST", "/graphql", json.dumps(body), headers)
        stream = connection.getresponse()
        for version in (1, 2):
            change = (await asyncio.to_thread(event, stream))["data"]["projectChanged"]
            assert change["version"] == version
        running.process.terminate()
        (error,) = (await asyncio.to_thread(event, stream))["errors"]
        assert error["extensions"] == {"code": "SERVER_RESTARTING", "cursor": change["cursor"]}
        assert await asyncio.to_thread(running.process.wait, STOP) == 0
        stream.close()
        connection.close()


def event(stream: http.client.HTTPResponse) -> Any:
    """The next event of a stream that holds anything."""
    for line in stream:
        name, _, value = line.decode().partition(":")
        if name == "data" and value.strip():
            return json.loads(value)
    raise EOFError

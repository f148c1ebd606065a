"""By way of a real PgBouncer that pools transactions, with fewer connections than clients: all as without it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.data.failures import StatementTimeout
from projectgate.data.projects import PROJECTS
from projectgate.health import FRESH
from projectgate.resolvers import feed
from projectgate.resolvers.context import Context
from tests.conftest import migrated
from tests.data.test_restarts import (
    PID,
    test_a_read_whose_connection_the_server_ends_is_sent_again,
    test_a_transaction_whose_connection_the_server_ends_fails_and_leaves_nothing,
)
from tests.data.test_timeouts import (
    test_a_statement_that_takes_too_long_is_stopped,
    test_a_transaction_of_a_statement_that_takes_too_long_leaves_nothing,
)
from tests.make.bouncer import SERVERS, Bouncer, bounced
from tests.make.connections import ONE, another, require_whole
from tests.make.documents import FOLDER, project_documents
from tests.make.projects import NOON
from tests.make.rich import make_rich
from tests.make.writes import imported, imported_types
from tests.program.conftest import make_settings, open_client
from tests.program.consistency import pairs, require_consistent
from tests.program.load import KIND, Ledger, Server
from tests.program.served import free_port
from tests.program.storm import Readers, StormWriters, Subscriber
from tests.program.test_deadline import (
    filled,
    test_a_mutation_that_takes_too_long_writes_nothing_and_once_when_sent_again,
)
from tests.schema.compared import PAIR, fill
from tests.schema.conftest import READER
from tests.schema.documents import documents

# What holds without it, and is run with it too.
__all__ = [
    "filled",
    "test_a_mutation_that_takes_too_long_writes_nothing_and_once_when_sent_again",
    "test_a_read_whose_connection_the_server_ends_is_sent_again",
    "test_a_statement_that_takes_too_long_is_stopped",
    "test_a_transaction_of_a_statement_that_takes_too_long_leaves_nothing",
    "test_a_transaction_whose_connection_the_server_ends_fails_and_leaves_nothing",
]

NAMES = [f"project-{number}" for number in range(1, 9)]
CLIENTS = 4

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(120),
    # With --dist loadgroup one worker runs them all, with one PgBouncer.
    pytest.mark.xdist_group("pgbouncer"),
]


@pytest.fixture(params=["postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """There is no such thing before SQLite."""
    return str(request.param)


@pytest.fixture(scope="module")
def bouncer(postgres_url: str) -> Iterator[Bouncer]:
    """A PgBouncer before the server of the tests."""
    with bounced(postgres_url) as started:
        yield started


@pytest.fixture
async def direct(
    kind: str, template: Callable[[str, str], Any], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """A migrated database without rows, past it."""
    async with migrated(kind, template, tmp_path, request) as database:
        yield database


@pytest.fixture
async def database(direct: Database, bouncer: Bouncer) -> AsyncIterator[Database]:
    """The same by way of it."""
    database = Database(bouncer.url(direct.url), pgbouncer=True)
    yield database
    await database.close()


async def test_one_client_s_statements_run_on_many_connections_of_the_server(
    database: Database,
) -> None:
    async with another(database, pool_size=1) as one, another(database) as others:
        await require_whole(others)
        found = set()
        for number in range(3 * SERVERS):
            ((pid,),) = await one.run(PID)
            found.add(pid)
            statement = text("select cast(:number as int) + 1").bindparams(number=number)
            assert await one.run(statement) == [(number + 1,)]
        assert len(found) > 1


async def test_clients_that_wait_too_long_for_a_connection_of_the_server_give_up(
    database: Database,
) -> None:
    async with another(database, timeout=0.3) as pool:
        async with AsyncExitStack() as stack:
            for _ in range(SERVERS):
                snapshot = await stack.enter_async_context(database.snapshot())
                await snapshot.run(ONE)
            with pytest.raises(StatementTimeout):
                await pool.run(ONE)
            with pytest.raises(StatementTimeout):
                async with pool.transaction():
                    pass
        await require_whole(pool)


async def test_queries_are_answered_as_without_it(database: Database, direct: Database) -> None:
    await fill(database, made_up=30, full=1)
    for name, made in documents("query").items():
        through = await PAIR.compiled(made, Context(database, READER, lambda: NOON))
        assert through == await PAIR.compiled(made, Context(direct, READER, lambda: NOON)), name


async def commanded(url: str, *arguments: str) -> int | None:
    """The exit code of a command."""
    names = {"PROJECTGATE_DATABASE_URL": url, "PROJECTGATE_PGBOUNCER": "on"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "projectgate", *arguments, env=os.environ | names
    )
    return await process.wait()


async def test_commands_do_what_they_do_without_it(
    empty_database: Database, bouncer: Bouncer
) -> None:
    url = bouncer.url(empty_database.url)
    migrations = await asyncio.gather(*(commanded(url, "migrate") for _ in range(2)))
    assert migrations == [0, 0]
    files = [str(FOLDER / name) for name in ("project-types.json", "projects.json")]
    assert await commanded(url, "import", "--strict", *files) == 0
    ((count,),) = await empty_database.run(select(func.count()).select_from(PROJECTS))
    assert count == len(project_documents())


async def test_who_looks_whether_the_server_is_ready_is_told_of_a_pgbouncer_that_is_not_there(
    database: Database, bouncer: Bouncer
) -> None:
    async with open_client(create_app(make_settings(), database=database)) as client:
        bouncer.stop()
        try:
            assert (await client.get("/readyz")).json()["status"] == "unavailable"
        finally:
            bouncer.start()
        # An answer holds for a second.
        await asyncio.sleep(FRESH)
        assert (await client.get("/readyz")).json() == {"status": "ok"}


@pytest.fixture
async def servers(database: Database, direct: Database) -> AsyncIterator[list[Server]]:
    """A server that hears other processes from the database itself, and one that looks."""
    await imported_types(database, KIND)
    await imported(database, *(make_rich(name) for name in NAMES))
    through, past = (one.url.render_as_string(hide_password=False) for one in (database, direct))
    names = {"PGBOUNCER": "on", "LOG_LEVEL": "ERROR"}
    servers = [
        Server(through, free_port(), LISTEN_URL=past, **names),
        Server(through, free_port(), **names),
    ]
    try:
        await asyncio.gather(*(server.start() for server in servers))
        yield servers
    finally:
        for server in servers:
            await server.stop(signal.SIGKILL)


async def test_a_restart_while_clients_read_write_and_follow_loses_nothing(
    direct: Database, bouncer: Bouncer, servers: list[Server]
) -> None:
    ledger, outcomes = Ledger(), Counter[str]()
    readers = Readers(servers[0].address, NAMES, outcomes)
    writers = [
        StormWriters(server.address, NAMES, ledger, seed) for seed, server in enumerate(servers)
    ]
    start = await feed.newest(direct)
    subscribers = [Subscriber(server.address, start) for server in servers]
    async with asyncio.TaskGroup() as group:
        following = [group.create_task(one.follow()) for one in subscribers]
        async with asyncio.TaskGroup() as asking:
            for seed in range(CLIENTS):
                asking.create_task(readers.read(seed))
                for one in writers:
                    asking.create_task(one.write())
            for _ in range(2):
                await asyncio.sleep(1)
                await asyncio.to_thread(bouncer.restart)
            answers = len(ledger.seconds), readers.reads
            await asyncio.sleep(1)
            readers.stopped = True
            for one in writers:
                one.stopped = True
        await heard_all(direct, subscribers)
        for task in following:
            task.cancel()
    assert len(ledger.seconds) > answers[0]
    assert readers.reads > answers[1]
    await require_consistent(direct, ledger, NAMES)


async def heard_all(database: Database, subscribers: list[Subscriber]) -> None:
    """Returns when each has heard of every write since the import, and of each once."""
    versions = await pairs(database, "select project_id, version from project_version")
    written = versions - Counter((name, 1) for name in NAMES)
    async with asyncio.timeout(20):
        while any(written - Counter(one.events) for one in subscribers):  # noqa: ASYNC110 - they only count
            await asyncio.sleep(0.05)
    for one in subscribers:
        assert Counter(one.events) == written

"""Reads, writes and subscriptions at once, as many as the machine takes, while PostgreSQL is restarted twice.

`PROJECTGATE_TEST_STORM` is the length in seconds; `pytest -s` shows the figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from projectgate.data import migrate
from projectgate.data.database import Database
from projectgate.resolvers import feed
from tests.conftest import restarted, started_postgres
from tests.make.rich import make_rich
from tests.make.writes import imported, imported_types
from tests.program.consistency import require_consistent
from tests.program.load import KIND, Ledger
from tests.program.served import free_port
from tests.program.storm import Readers, StormWriters, Subscriber, TellingServer, memory

SECONDS = float(os.environ.get("PROJECTGATE_TEST_STORM", "20"))
WRITERS, READERS, SUBSCRIBERS = 8, 8, 8
NAMES = [f"project-{number}" for number in range(1, 21)]
POOL = 10
# What operations and followers have: hundreds of kB each, with all that was read for them.
THEIRS = [
    "projectgate.resolvers.context.Context",
    "projectgate.resolvers.live.Following",
    "projectgate.resolvers.live_changes.LiveChange",
]

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("load"),
    pytest.mark.timeout(360 + 2 * SECONDS),
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[Any, str]]:
    """A PostgreSQL that the test may restart, and that has written what it says it has committed."""
    with started_postgres() as (server, url):
        server.psql("alter system set synchronous_commit = on;")
        server.psql("select pg_reload_conf();")
        yield server, url


@pytest.fixture
async def storm_database(postgres: tuple[Any, str]) -> AsyncIterator[Database]:
    """Its database, with twenty projects."""
    database = Database(postgres[1], pool_size=2)
    await migrate.upgrade(database)
    await imported_types(database, KIND)
    await imported(database, *(make_rich(name) for name in NAMES))
    yield database
    await database.close()


@pytest.fixture
async def server(
    storm_database: Database, postgres: tuple[Any, str]
) -> AsyncIterator[TellingServer]:
    """A server of that database, ready."""
    served = TellingServer(postgres[1], free_port(), POOL_SIZE=str(POOL), LOG_LEVEL="ERROR")
    await served.start()
    yield served
    await served.stop()


async def test_a_storm_with_two_restarts_of_the_database_loses_nothing_and_tells_nothing_wrong(
    storm_database: Database, postgres: tuple[Any, str], server: TellingServer
) -> None:
    ledger, outcomes = Ledger(), Counter[str]()
    readers = Readers(server.address, NAMES, outcomes)
    writers = StormWriters(server.address, NAMES, ledger, seed=3)
    # From before the first write: who only follows from when it is heard may come behind it.
    start = await feed.newest(storm_database)
    subscribers = [Subscriber(server.address, start) for _ in range(SUBSCRIBERS)]
    before = await gauges(server)
    begun, memories = time.perf_counter(), []
    async with asyncio.TaskGroup() as group:
        following = [group.create_task(one.follow()) for one in subscribers]
        async with asyncio.TaskGroup() as asking:
            for _ in range(WRITERS):
                asking.create_task(writers.write())
            for seed in range(READERS):
                asking.create_task(readers.read(seed))
            for mode in ("immediate", "fast", None):
                await asyncio.sleep(SECONDS / 3)
                memories.append(memory(server.process.pid))
                if mode is not None:
                    await asyncio.to_thread(restarted, postgres[0], mode)
            writers.stopped = readers.stopped = True
        elapsed = time.perf_counter() - begun
        await caught_up(subscribers, ledger)
        for task in following:
            task.cancel()

    await require_consistent(storm_database, ledger, NAMES)
    # What readers saw of a version is what its writer was told.
    both = readers.versions.keys() & ledger.answered.keys()
    assert [readers.versions[key] for key in both] == [ledger.answered[key] for key in both]
    # Each subscriber heard of every version once, in the order of the feed.
    written = await storm_database.run(
        text("select project_id, version from project_version order by position")
    )
    events = [tuple(row) for row in written]
    for subscriber in subscribers:
        assert subscriber.events == events[len(NAMES) :]
    # Everything is warm by then. What was once kept for each restart was 6 % of it.
    assert memories[2] < 1.03 * memories[1]
    connections = await left(storm_database)
    # Nothing of it goes on in the server, and nothing is left of it.
    kept = await at_rest(server)
    assert kept["asyncpg.connection.Connection"] <= POOL + 1
    now = await gauges(server)
    assert now["projectgate_pool_waiting"] == 0
    assert now['projectgate_pool_connections{state="in_use"}'] == 0
    assert now["projectgate_tasks"] <= before["projectgate_tasks"] + 2
    figures = {
        **ledger.figures(elapsed),
        "reads": readers.reads,
        "reads per second": round(readers.reads / elapsed, 1),
        "versions read and compared": len(both),
        "events": sum(len(one.events) for one in subscribers),
        "streams": sum(one.streams for one in subscribers),
        "memory MB": [round(one / 1e6, 1) for one in memories],
        "connections at the end": connections,
        "objects": kept.total(),
        "tasks": [before["projectgate_tasks"], now["projectgate_tasks"]],
        "lost": dict(outcomes),
    }
    print(f"\n{json.dumps(figures, ensure_ascii=False)}")  # noqa: T201


async def caught_up(subscribers: list[Subscriber], ledger: Ledger) -> None:
    """Waits until every subscriber has heard of all that was written, which is slower while others write."""
    written = {pair for made in ledger.made.values() for pair in made}
    async with asyncio.timeout(150 + SECONDS):
        while any(written - set(one.events) for one in subscribers):  # noqa: ASYNC110 - they only count
            await asyncio.sleep(0.5)


async def at_rest(server: TellingServer) -> Counter[str]:
    """What the server has in its memory, once nothing is left there of what clients asked for."""
    async with asyncio.timeout(30):
        while True:
            kept = await server.alive()
            if not any(kept[name] for name in THEIRS):
                return kept
            await asyncio.sleep(0.1)


async def gauges(server: TellingServer) -> dict[str, float]:
    """The metrics of the server that have one number."""
    async with httpx2.AsyncClient(base_url=server.address) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")
    }


async def left(database: Database) -> int:
    """How many connections the server has to the database, none of which is in a transaction any more."""
    query = text(
        "select state, count(*) as number from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid() group by state"
    )
    states = {row.state: row.number for row in await database.run(query)}
    assert set(states) <= {"idle"}, states
    # Those of the pool, and one that listens.
    assert sum(states.values()) <= POOL + 1 + 2, states
    return sum(states.values())

"""Writes of other processes: heard of at once, later, and after the database was away."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import text

from projectgate.data import migrate, wakeups
from projectgate.data.database import Database
from projectgate.data.failures import UNREACHABLE
from projectgate.resolvers.live import Live
from tests.conftest import restarted, started_postgres
from tests.make.callers import READER
from tests.make.following import SECONDS, patch, take, until
from tests.make.versions import in_order
from tests.make.writes import imported, make_claim

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_another_process_is_told_by_the_database(
    database: Database, hub: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would look by itself after a minute."""
    for name in ("ALONE", "TOLD"):
        monkeypatch.setattr(wakeups, name, 60.0)
    await imported(database, make_claim())
    follower = await hub.follow(READER)
    waiting = asyncio.create_task(take(follower, 2))
    other = Database(database.url.render_as_string(hide_password=False))
    await until(lambda: database.wakeups.hears)
    await patch(other, name="New")
    await patch(other, name="Newer")
    async with asyncio.timeout(30):
        await waiting
    await other.close()
    await follower.aclose()


async def test_another_process_is_heard_of_without_being_told(
    database: Database, hub: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the writer was killed before it could tell, and between processes on SQLite."""
    monkeypatch.setattr(wakeups, "TOLD", 0.2)
    await imported(database, make_claim())
    follower = await hub.follow(READER)
    waiting = asyncio.create_task(take(follower, 1))
    other = Database(database.url.render_as_string(hide_password=False))
    monkeypatch.setattr(other.wakeups, "tell", lambda: None)
    await patch(other, name="New")
    assert in_order(await waiting) == [("project-1", 2)]
    await other.close()
    await follower.aclose()


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_whoever_listens_connects_anew_when_the_server_ends_it(
    database: Database, hub: Live
) -> None:
    await imported(database, make_claim())
    follower = await hub.follow(READER)
    waiting = asyncio.create_task(take(follower, 1))
    listens = "query like '%LISTEN%' and pid <> pg_backend_pid() and datname = current_database()"
    ended = text(f"select pg_terminate_backend(pid) from pg_stat_activity where {listens}")
    for _ in range(2):
        await until(lambda: database.wakeups.hears)
        assert await database.run(ended)
        await until(lambda: not database.wakeups.hears)
    await patch(database, name="New")
    assert len(await waiting) == 1
    await follower.aclose()


async def test_who_follows_while_the_database_restarts_misses_nothing() -> None:
    """Its stream stays open, and goes on by itself."""
    with started_postgres() as (server, url):
        database = Database(url)
        await migrate.upgrade(database)
        await imported(database, make_claim())
        hub = Live(database)
        follower = await hub.follow(READER)
        waiting = asyncio.create_task(take(follower, 3))
        await patch(database, name="Before")
        for turn in range(2):
            await asyncio.to_thread(restarted, server, "fast")
            await written_in_the_end(database, f"After {turn}")
        assert in_order(await waiting) == [("project-1", number) for number in (2, 3, 4)]
        await follower.aclose()
        await hub.close()
        await database.close()


async def test_who_begins_to_follow_while_the_database_restarts_waits_for_it() -> None:
    with started_postgres() as (server, url):
        database = Database(url)
        await migrate.upgrade(database)
        await imported(database, make_claim())
        hub = Live(database)
        cursor = (await hub.follow(READER)).cursor
        restart = asyncio.create_task(asyncio.to_thread(restarted, server, "fast"))
        begun = []
        while not restart.done():
            begun.append(asyncio.create_task(hub.follow(READER, after=cursor)))
            await asyncio.sleep(0.01)
        await restart
        followers = await asyncio.gather(*begun)
        assert {follower.cursor for follower in followers} == {cursor}
        await hub.close()
        await database.close()


async def written_in_the_end(database: Database, name: str) -> None:
    """Writes once the database takes it: a connection that is lost is noticed by the write that fails."""
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(*UNREACHABLE):
                await patch(database, name=name)
                return
            await asyncio.sleep(0.1)

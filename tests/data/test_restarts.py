"""A PostgreSQL server that ends connections, or itself: the statements that run may fail, and nothing else."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from projectgate.data.database import Database
from projectgate.data.feed import FEED
from tests.conftest import restarted, started_postgres
from tests.make.connections import SIZE, another, require_whole, slow

pytestmark = pytest.mark.anyio


async def kill(database: Database, pids: list[int]) -> None:
    """Ends the server's processes of some connections."""
    for pid in pids:
        await database.run(text(f"select pg_terminate_backend({pid})"))
    while (await database.run(_ALIVE, {"pids": pids}))[0][0]:  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.01)


_ALIVE = text("select count(*) from pg_stat_activity where pid = any(:pids)")
PID = text("select pg_backend_pid() as pid")


async def pids(database: Database, size: int = SIZE) -> list[int]:
    """The server's processes of all connections, which are idle then."""
    async with AsyncExitStack() as stack:
        all_of_them = [await stack.enter_async_context(database.snapshot()) for _ in range(size)]
        return [(await one.run(PID))[0].pid for one in all_of_them]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_idle_connections_that_the_server_ended_are_made_anew(database: Database) -> None:
    async with another(database) as pool:
        before = await pids(pool)
        await kill(database, before)
        await require_whole(pool)
        assert not {*before} & {*await pids(pool)}


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_read_whose_connection_the_server_ends_is_sent_again(database: Database) -> None:
    async with another(database) as pool:
        before = await pids(pool)
        reads = [asyncio.create_task(pool.run(slow(pool, 0.5))) for _ in range(SIZE)]
        await asyncio.sleep(0.2)
        await kill(database, before)
        assert await asyncio.gather(*reads) == [[(1,)]] * SIZE
        await require_whole(pool)


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_transaction_whose_connection_the_server_ends_fails_and_leaves_nothing(
    database: Database,
) -> None:
    """And no later statement of it runs on another connection."""

    async def write(pool: Database, *, further: bool) -> None:
        async with pool.transaction() as transaction:
            await transaction.run(update(FEED).values(last=7))
            await kill(database, [(await transaction.run(PID))[0].pid])
            if further:
                with pytest.raises(DBAPIError):
                    await transaction.run(update(FEED).values(last=8))
                await transaction.run(update(FEED).values(last=9))

    async with another(database) as pool:
        for number in range(2 * SIZE):
            with pytest.raises(DBAPIError):
                await write(pool, further=number % 2 == 0)
        await require_whole(pool)
        assert await pool.run(select(FEED.c.last)) == [(0,)]


@pytest.fixture(scope="module")
def own_server() -> Iterator[tuple[Any, str]]:
    """A server that a test may restart."""
    with started_postgres() as started:
        yield started


async def test_a_server_that_is_restarted_costs_the_statements_that_run_and_no_connection(
    own_server: tuple[Any, str],
) -> None:
    server, url = own_server
    database = Database(url, pool_size=SIZE)
    answers, failures = 0, []
    stopped = False

    async def read() -> None:
        nonlocal answers
        while not stopped:
            try:
                await database.run(slow(database, 0.01))
                answers += 1
            # While it is down a connection is refused, in the words of the driver or the system.
            except Exception as error:  # noqa: BLE001
                failures.append(error)
                await asyncio.sleep(0.01)

    readers = [asyncio.create_task(read()) for _ in range(3 * SIZE)]
    await asyncio.sleep(0.3)
    for mode in ("immediate", "fast"):
        await asyncio.to_thread(restarted, server, mode)
        there = answers
        async with asyncio.timeout(10):
            while answers < there + 10 * SIZE:  # noqa: ASYNC110 - the readers only count
                await asyncio.sleep(0.01)
    after = len(failures)
    await asyncio.sleep(0.3)
    stopped = True
    await asyncio.gather(*readers)
    assert len(failures) == after
    await require_whole(database)
    await database.close()


class Held:
    """What a task has when it asks."""


async def test_a_connection_that_cannot_be_made_leaves_nothing_to_the_collector(
    tmp_path: Path,
) -> None:
    database = Database(f"postgresql+asyncpg://nobody@/nothing?host={tmp_path}")

    async def ask() -> weakref.ref[Held]:
        held = Held()
        with suppress(OSError):
            await database.run(PID)
        return weakref.ref(held)

    gc.disable()
    try:
        assert (await ask())() is None
    finally:
        gc.enable()
    await database.close()

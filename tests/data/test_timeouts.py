"""A statement that takes longer than it may ends: in the database too, with what its transaction wrote."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select, text, update

from projectgate.data.database import Database
from projectgate.data.failures import StatementTimeout
from projectgate.data.feed import FEED
from tests.make.connections import SIZE, another, require_whole, slow

pytestmark = pytest.mark.anyio

RUNNING = text(
    "select query from pg_stat_activity where datname = current_database() and state <> 'idle' "
    "and pid <> pg_backend_pid()"
)


async def write(database: Database, last: int, *after: Any) -> None:
    """A transaction that writes, and runs what comes after it."""
    async with database.transaction() as transaction:
        await transaction.run(update(FEED).values(last=last))
        for statement in after:
            await transaction.run(statement)


async def test_a_statement_that_takes_too_long_is_stopped(database: Database) -> None:
    async with another(database, timeout=0.3) as pool:
        begun = time.monotonic()
        for _ in range(SIZE):
            with pytest.raises(StatementTimeout, match=r"^a statement took longer than 0\.3 s"):
                await pool.run(slow(pool))
        # One that ran on in its thread would hold its connection for half a minute.
        await require_whole(pool)
        assert time.monotonic() - begun < 20
        if pool.dialect == "postgresql":
            assert await database.run(RUNNING) == []


async def test_a_transaction_of_a_statement_that_takes_too_long_leaves_nothing(
    database: Database,
) -> None:
    async with another(database, timeout=0.3) as pool:
        with pytest.raises(StatementTimeout):
            await write(pool, 7, slow(pool))
        await require_whole(pool)
    assert await database.run(select(FEED.c.last)) == [(0,)]


async def test_who_waits_too_long_for_another_writer_gives_up(database: Database) -> None:
    async with another(database, timeout=0.3) as pool, database.transaction() as other:
        await other.run(update(FEED).values(last=7))
        with pytest.raises(StatementTimeout):
            await write(pool, 8)
    assert await database.run(select(FEED.c.last)) == [(7,)]


async def test_statements_that_do_not_take_long_know_of_no_limit(database: Database) -> None:
    async with another(database, timeout=5) as pool:
        for _ in range(100):
            await require_whole(pool, 1)

"""Whatever happens to statements and servers, every connection comes back and is usable."""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from asyncpg import Connection
from sqlalchemy import bindparam, cast, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from projectgate.data.base import UtcTime
from projectgate.data.database import Database
from projectgate.data.failures import DatabaseBusy
from projectgate.data.feed import FEED
from projectgate.data.idempotency import KEYS
from projectgate.data.projects import PROJECTS
from projectgate.data.sqlite import READERS
from projectgate.data.versions import VERSIONS
from projectgate.faults import told
from tests.make.connections import ONE, SIZE, another, require_whole, slow

pytestmark = pytest.mark.anyio


async def test_a_statement_that_gets_no_connection_in_time_says_so(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with another(database, wait=0.1) as busy:
        async with AsyncExitStack() as stack:
            for _ in range(SIZE):
                await (await stack.enter_async_context(busy.snapshot())).run(ONE)
            with pytest.raises(DatabaseBusy, match=r"all 3 connections were in use for 0\.1 s"):
                await busy.run(ONE)
        await require_whole(busy)
    with pytest.raises(typer.Exit), told():
        raise DatabaseBusy("the database is busy: why")
    assert "projectgate: the database is busy: why" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_moments_are_in_utc_whatever_the_clock_of_the_server(database: Database) -> None:
    moments = [
        "2026-06-01T12:00:00.123456+02:00",
        "2026-06-01T12:00:00+18:00",
        "2026-06-01T12:00:00-00:00:00.000001",
        "0001-01-01T00:00:00+00:00",
        "1883-11-18T12:00:00-04:56",
        "9999-12-31T23:59:59.999998+00:00",
    ]
    name = database.url.database
    async with database.transaction() as transaction:
        await transaction.run(text(f"alter database \"{name}\" set timezone = 'Asia/Kolkata'"))
        await transaction.run(text(f"alter database \"{name}\" set datestyle = 'German'"))
    read = select(
        *(cast(bindparam(f"m{n}", type_=UtcTime()), UtcTime()) for n in range(len(moments)))
    )
    async with another(database) as anew:
        given = {f"m{n}": datetime.fromisoformat(one) for n, one in enumerate(moments)}
        ((*found,),) = await anew.run(read, given)
    assert found == list(given.values())
    assert {one.tzinfo for one in found} == {UTC}


@pytest.mark.parametrize("kind", ["postgresql"])
@pytest.mark.parametrize(
    "settings",
    [{}, {"TimeZone": "CET", "DateStyle": "ISO"}, {"TimeZone": "UTC", "DateStyle": "SQL"}],
)
async def test_a_session_that_writes_moments_otherwise_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    """As behind a pool that keeps to itself what is asked of a session."""
    monkeypatch.setattr(Connection, "get_settings", lambda _: SimpleNamespace(**settings))
    async with another(database) as anew:
        with pytest.raises(ConnectionError, match="where UTC and ISO were asked for"):
            await anew.run(ONE)


async def test_a_writer_that_gets_no_connection_in_time_says_so(database: Database) -> None:
    async with another(database, wait=0.1, pool_size=1) as busy:
        async with busy.transaction():
            with pytest.raises(DatabaseBusy):
                async with busy.transaction():
                    pass
        async with busy.transaction() as transaction:
            await transaction.run(update(FEED).values(last=7))
    assert await database.run(select(FEED.c.last)) == [(7,)]


async def test_200_waiters_that_are_cancelled_lose_no_connection(database: Database) -> None:
    """While all connections are in use, while they come back, and while others wait on."""
    random = Random(1)
    async with another(database) as pool:
        for _ in range(3):
            async with AsyncExitStack() as stack:
                for _ in range(SIZE):
                    await stack.enter_async_context(pool.snapshot())
                waiters = [asyncio.create_task(pool.run(ONE)) for _ in range(200)]
                await asyncio.sleep(0)
                random.shuffle(waiters)
                for waiter in waiters[:80]:
                    waiter.cancel()
            for waiter in waiters[80:190]:
                waiter.cancel()
                if random.random() < 0.2:
                    await asyncio.sleep(random.choice([0, 0.001]))
            ended = await asyncio.gather(*waiters, return_exceptions=True)
            assert {type(one) for one in ended} <= {list, asyncio.CancelledError}
            assert all(isinstance(one, list) for one in ended[190:])
            await require_whole(pool)


async def test_statements_that_are_cancelled_end_and_give_their_connection_back(
    database: Database,
) -> None:
    async with another(database) as pool:
        for delay in (0, 0.001, 0.05, 0.2):
            readers = [asyncio.create_task(pool.run(slow(pool))) for _ in range(2 * SIZE)]
            await asyncio.sleep(delay)
            for reader in readers:
                reader.cancel()
            ended = await asyncio.gather(*readers, return_exceptions=True)
            assert {type(one) for one in ended} == {asyncio.CancelledError}
            # A statement that ran on would hold its connection for half a minute.
            await require_whole(pool)


async def test_a_transaction_that_goes_on_after_a_cancelled_statement_is_still_one(
    database: Database,
) -> None:
    async with another(database) as pool:
        async with pool.snapshot() as snapshot:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await snapshot.run(slow(pool))
            if pool.dialect == "sqlite":
                assert await snapshot.run(ONE) == [(1,)]
            else:
                with pytest.raises(DBAPIError, match="aborted"):
                    await snapshot.run(ONE)
                snapshot.discard()
        await require_whole(pool)


async def fail(database: Database) -> None:
    """A transaction that ends with an error of the program."""
    async with database.transaction() as transaction:
        await transaction.run(update(FEED).values(last=7))
        raise ZeroDivisionError


async def test_a_transaction_that_fails_leaves_nothing_open(database: Database) -> None:
    async with another(database) as pool:
        for _ in range(2 * SIZE):
            with pytest.raises(ZeroDivisionError):
                await fail(pool)
        await require_whole(pool)
    assert await database.run(select(FEED.c.last)) == [(0,)]


async def test_a_statement_that_writes_needs_a_transaction(database: Database) -> None:
    with pytest.raises(TypeError, match="transaction"):
        await database.run(update(FEED).values(last=7))


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_reader_of_a_file_can_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match="readonly"):
        await database.run(text("update change_feed set last = 7"))


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_reader_waits_for_no_writer(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.run(update(FEED).values(last=7))
        async with asyncio.timeout(1):
            assert await database.run(select(FEED.c.last)) == [(0,)]
    assert await database.run(select(FEED.c.last)) == [(7,)]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_file_made_by_a_write_has_a_log_that_readers_need_not_wait_for(
    empty_database: Database,
) -> None:
    async with empty_database.transaction() as transaction:
        await transaction.run(text("create table t (a)"))
    with sqlite3.connect(empty_database.url.database or "") as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    connection.close()


# What people wrote, which no log may have.
SECRET = "ann@example.com"


async def refused(database: Database, *statements: Any) -> DBAPIError:
    """The error of the last of some statements."""
    try:
        async with database.transaction() as transaction:
            for statement in statements:
                await transaction.run(statement)
    except DBAPIError as error:
        return error
    raise AssertionError("nothing was refused")


async def test_an_error_tells_what_is_wrong_and_no_value(database: Database) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    key = {"actor": SECRET, "key": SECRET, "at": moment, "fingerprint": SECRET, "outcome": {}}
    errors = [
        await refused(database, insert(KEYS).values(**key), insert(KEYS).values(**key)),
        await refused(database, insert(KEYS).values(**(key | {"at": None}))),
        await refused(
            database,
            insert(VERSIONS).values(
                project_id=SECRET,
                version=1,
                at=moment,
                actor=SECRET,
                operation=SECRET,
                changes=[],
                modified=moment,
            ),
        ),
        await refused(
            database, text("select * from nowhere where name = :name").bindparams(name=SECRET)
        ),
    ]
    if database.dialect == "postgresql":
        errors += [
            await refused(database, update(PROJECTS).values(version=2**40 + 7, name=SECRET)),
            await refused(
                database, text(f"select cast('{SECRET}' || :x as integer)").bindparams(x="y")
            ),
        ]
        assert [error.orig.sqlstate for error in errors] == [  # type: ignore[union-attr]
            "23505", "23502", "23503", "42P01", "22000", "22P02",
        ]  # fmt: skip
    assert [type(error).__name__ for error in errors[:3]] == ["IntegrityError"] * 3
    for error in errors:
        shown = "".join(traceback.format_exception(error)) + repr(error) + str(error.orig)
        shown = shown.replace(error.statement or "", "")
        assert SECRET not in shown
        assert str(2**40 + 7) not in shown
        assert str(error.orig)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_statement_that_takes_long_keeps_none_of_the_others_from_ending(
    empty_database: Database,
) -> None:
    long = text(
        "with recursive n(x) as (select 1 union all select x + 1 from n where x < 20000000) "
        "select count(*) from n"
    )
    slow = [asyncio.create_task(empty_database.run(long)) for _ in range(READERS - 1)]
    for _ in range(20):
        assert [tuple(row) for row in await empty_database.run(text("select 1"))] == [(1,)]
    assert not any(task.done() for task in slow)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)

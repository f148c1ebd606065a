"""A database: statements on their own, and transactions. The only place that opens, commits and rolls back.

Statements are compiled text on the driver: see data/compiled.py, and data/sqlite.py and data/postgres.py for what the
two do differently. SQLAlchemy's own engine is for migrations.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Executable, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from .base import dumps, loads
from .compiled import Read, Sent, Statement, sent
from .counting import Statements
from .engine import engine_of
from .failures import ACQUIRE, RAISED, translated
from .hearing import STATEMENTS, Heard
from .joined import sent_joined
from .lending import Lendable, Occupancy, Timed
from .postgres import Postgres
from .sqlite import Sqlite
from .wakeups import Wakeups

# PostgreSQL's words for "another transaction was in the way, run yours again".
_RETRY_STATES = {"40001", "40P01"}


Fetch = Callable[[str, Sequence[Any], Any], Awaitable[Sequence[Any]]]
FetchEach = Callable[[Sequence[tuple[str, Sequence[Any]]]], Awaitable[list[Timed]]]


class Transaction:
    """Statements that are written together or not at all."""

    def __init__(self, connection: Lendable, dialect: Dialect, counted: Statements) -> None:
        self._connection = connection
        self._dialect = dialect
        self._counted = counted
        self._savepoints = 0
        self.dialect = dialect.name
        self.written = True
        self.tells = False

    def tell(self) -> None:
        """Wakes whoever waits for changes, once what was written is committed."""
        self.tells = True

    async def run(self, statement: Executable | Statement, parameters: Any = None) -> Sequence[Any]:
        """The rows of one statement; a list of parameters runs it for each."""
        going = sent(self._dialect, statement, parameters)
        if going.many:
            return await _answered(self._each, going, self._counted)
        return await _answered(self._connection.fetch, going, self._counted)

    async def run_each(self, reads: Sequence[Read]) -> list[Sequence[Any]]:
        """The rows of each of several reading statements."""
        return await _all_answered(self._connection.fetch_each, self._dialect, reads, self._counted)

    async def _each(
        self, text: str, values: Sequence[Sequence[Any]], _record: Any
    ) -> Sequence[Any]:
        await self._connection.each(text, values)
        return []

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the transaction that an exception takes back by itself, without the rest."""
        self._savepoints += 1
        name = f"part_{self._savepoints}"
        await self._mark(f"savepoint {name}")
        try:
            yield
        except Exception:
            # A task that is cancelled takes back the whole.
            await self._mark(f"rollback to savepoint {name}")
            raise
        await self._mark(f"release savepoint {name}")

    async def _mark(self, text: str) -> None:
        heard = _told(text, ()) if STATEMENTS.listeners() else None
        begun = time.perf_counter()
        await _commanded(self._connection, text)
        seconds = time.perf_counter() - begun
        self._counted.ended(0, seconds)
        if heard is not None:
            heard.rows, heard.milliseconds = 0, seconds * 1000

    def discard(self) -> None:
        """Lets the transaction end without leaving anything, as a dry run does."""
        self.written = False


class Database:
    """The database of a URL, `sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        wait: float = ACQUIRE,
        timeout: float | None = None,
        pgbouncer: bool = False,
        listen_url: str | None = None,
    ) -> None:
        """`wait`: seconds that a statement waits for a connection; `timeout`: that it may take then, None for any.

        `pgbouncer`: the URL is that of a PgBouncer that pools transactions: each may run on another connection of the
        server, and no notification comes through. `listen_url`: the server itself, to hear them.
        """
        self.url = make_url(url)
        self.pgbouncer = pgbouncer
        self.dialect = self.url.get_backend_name()
        kind_of: Any = self.url.get_dialect()
        self._dialect: Dialect = kind_of(
            json_serializer=lambda value: dumps(value).decode(), json_deserializer=loads
        )
        self.statements = Statements()
        self._driver: Postgres | Sqlite
        if self.dialect == "postgresql":
            self._driver = Postgres(
                self.url, self._dialect, pool_size, wait, timeout, pgbouncer=pgbouncer
            )
            server = None if pgbouncer else self.url
            self.wakeups = Wakeups(self._notify, make_url(listen_url) if listen_url else server)
        else:
            self._driver = Sqlite(self.url, self._dialect, pool_size, wait, timeout)
            self.wakeups = Wakeups()

    @cached_property
    def engine(self) -> AsyncEngine:
        """SQLAlchemy's own engine, which migrations run on."""
        return engine_of(self.url, pgbouncer=self.pgbouncer)

    async def run(self, statement: Executable | Statement, parameters: Any = None) -> Sequence[Any]:
        """The rows of one reading statement, on a connection of its own. Raises: DatabaseBusy."""
        going = sent(self._dialect, statement, parameters)
        if going.writes or going.many:
            raise TypeError("a statement that writes belongs in a transaction")
        return await _answered(self._driver.fetch, going, self.statements)

    async def run_each(self, reads: Sequence[Read]) -> list[Sequence[Any]]:
        """The rows of each of several reading statements, on one connection. Raises: DatabaseBusy."""
        return await _all_answered(self._driver.fetch_each, self._dialect, reads, self.statements)

    @property
    def joins(self) -> bool:
        """Whether it can give the rows of several statements by one."""
        return self.dialect == "postgresql"

    async def run_joined(self, reads: Sequence[Read]) -> list[Sequence[Any]]:
        """The rows of each of several reading statements, by one statement. Raises: DatabaseBusy."""
        if len(reads) < 2:
            return [await self.run(*read) for read in reads]
        going = sent_joined(self._dialect, reads)
        return list(await _answered(self._driver.fetch, going, self.statements))

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that commits at the end of the block, and rolls back on an exception or `discard()`."""
        return self._begun(self._driver.writer, self._driver.begin_write)

    def snapshot(self) -> AbstractAsyncContextManager[Transaction]:
        """Reads that all see the database as it is at the first of them, whoever writes meanwhile."""
        return self._begun(self._driver.reader, self._driver.begin_read)

    @asynccontextmanager
    async def _begun(
        self, lent: Callable[[], AbstractAsyncContextManager[Lendable]], begin: str
    ) -> AsyncIterator[Transaction]:
        # A connection goes back with nothing open on it, so an exception needs no word here.
        async with lent() as connection:
            await _commanded(connection, begin)
            transaction = Transaction(connection, self._dialect, self.statements)
            yield transaction
            await _commanded(connection, "commit" if transaction.written else "rollback")
        if transaction.written and transaction.tells:
            self.wakeups.tell()

    async def _notify(self, channel: str, word: str) -> None:
        """Tells other processes, by a statement that is nobody's: neither heard nor counted."""
        await self._driver.fetch("select pg_notify($1, $2)", (channel, word))

    @property
    def pool(self) -> Occupancy:
        """How many of its connections are in use, and how many wait for one."""
        return self._driver.pool

    @staticmethod
    def may_retry(error: DBAPIError) -> bool:
        """Whether the transaction failed only because another one was in the way."""
        return getattr(error.orig, "sqlstate", None) in _RETRY_STATES

    async def close(self) -> None:
        """Gives all connections back."""
        await self.wakeups.close()
        await self._driver.close()


async def _answered(fetch: Fetch, going: Sent, counted: Statements) -> Sequence[Any]:
    """The rows that a driver gives, told to who listens. Raises: DBAPIError, without values."""
    heard = _told(going.text, going.values) if STATEMENTS.listeners() else None
    begun = time.perf_counter()
    try:
        found = await fetch(going.text, going.values, going.answer.record)
    except BaseException as error:
        if heard is not None:
            heard.failed(error)
        if not isinstance(error, RAISED):
            raise
        counted.failed += 1
        raise translated(error, going.text) from None
    seconds = time.perf_counter() - begun
    rows = going.answer.rows(found)
    count = going.answer.count(rows)
    counted.ended(count, seconds)
    if heard is not None:
        heard.rows, heard.milliseconds = count, seconds * 1000
    return rows


async def _all_answered(
    fetch: FetchEach, dialect: Dialect, reads: Sequence[Read], counted: Statements
) -> list[Sequence[Any]]:
    """The same for several statements, which are all told before the first is sent."""
    going = [sent(dialect, *read) for read in reads]
    if any(one.answer.record for one in going):
        raise TypeError("a statement whose rows are the driver's own is run by itself")
    heard = [_told(one.text, one.values) for one in going] if STATEMENTS.listeners() else []
    try:
        found = await fetch([one[:2] for one in going])
    except BaseException as error:
        for told in heard:
            told.failed(error)
        if not isinstance(error, RAISED):
            raise
        counted.failed += 1
        raise translated(error, "; ".join(one.text for one in going)) from None
    for rows, milliseconds in found:
        counted.ended(len(rows), milliseconds / 1000)
    before = 0.0  # milliseconds; they are sent one after the other
    for told, (rows, milliseconds) in zip(heard, found, strict=False):
        told.begun += before / 1000
        told.rows, told.milliseconds = len(rows), milliseconds
        before += milliseconds
    return [one.answer.rows(rows) for one, (rows, _) in zip(going, found, strict=True)]


def _told(text: str, values: Any) -> Heard:
    heard = Heard(text, values)
    for listener in STATEMENTS.listeners():
        listener(heard)
    return heard


async def _commanded(connection: Lendable, text: str) -> None:
    try:
        await connection.command(text)
    except RAISED as error:
        raise translated(error, text) from None


def folder_of(url: URL) -> Path | None:
    """The folder that a SQLite file is in, None for other databases."""
    database = url.database
    return Path(database).parent if url.get_backend_name() == "sqlite" and database else None

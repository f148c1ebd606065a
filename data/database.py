"""A database: statements on their own, and transactions. The only place that opens, commits and rolls back.

SQLite has WAL, foreign keys and a busy timeout, and one writer at a time; PostgreSQL has a pool of connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Executable, Row, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from .base import dumps, loads

# SQLite waits this long for a lock that another process holds, in milliseconds.
BUSY_TIMEOUT = 10_000
# PostgreSQL's words for "another transaction was in the way, run yours again".
_RETRY_STATES = {"40001", "40P01"}


class Transaction:
    """Statements that are written together or not at all."""

    def __init__(self, connection: AsyncConnection, dialect: str) -> None:
        self._connection = connection
        self.dialect = dialect
        self.written = True

    async def run(self, statement: Executable, parameters: Any = None) -> Sequence[Row[Any]]:
        """The rows of one statement; a list of parameters runs it for each."""
        result = await self._connection.execute(statement, parameters)
        return result.all() if result.returns_rows else []

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the transaction that an exception takes back by itself, without the rest."""
        async with self._connection.begin_nested():
            yield

    def discard(self) -> None:
        """Lets the transaction end without leaving anything, as a dry run does."""
        self.written = False


class Database:
    """The database of a URL, `sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.dialect = self.url.get_backend_name()
        options: dict[str, Any] = {
            "json_serializer": lambda value: dumps(value).decode(),
            "json_deserializer": loads,
            # Values are people's data; they stay out of exception texts, and so out of the log.
            "hide_parameters": True,
        }
        if self.dialect == "postgresql":
            options |= {
                "pool_size": pool_size,
                "max_overflow": 0,
                "isolation_level": "READ COMMITTED",
            }
        else:
            options |= (
                {"poolclass": NullPool}
                if self.url.database == ":memory:"
                else {"pool_size": pool_size}
            )
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        self._writer = asyncio.Lock()
        if self.dialect == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _prepare)
            event.listen(self.engine.sync_engine, "begin", _begin)
            event.listen(self.engine.sync_engine, "invalidate", _let_go)

    async def run(self, statement: Executable, parameters: Any = None) -> Sequence[Row[Any]]:
        """The rows of one reading statement, on a connection of its own."""
        async with self.engine.connect() as connection:
            result = await connection.execute(statement, parameters)
            return result.all()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that commits at the end of the block, and rolls back on an exception or `discard()`."""
        if self.dialect == "sqlite":
            async with self._writer, self._open(immediate=True) as transaction:
                yield transaction
        else:
            async with self._open() as transaction:
                yield transaction

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Transaction]:
        """Reads that all see the database as it is at the first of them, whoever writes meanwhile."""
        options: dict[str, Any] = {}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        async with self._open(**options) as transaction:
            yield transaction

    @asynccontextmanager
    async def _open(self, **options: Any) -> AsyncIterator[Transaction]:
        async with self.engine.connect() as connection:
            await connection.execution_options(**options)
            async with connection.begin() as outer:
                transaction = Transaction(connection, self.dialect)
                yield transaction
                if not transaction.written:
                    await outer.rollback()

    @staticmethod
    def may_retry(error: DBAPIError) -> bool:
        """Whether the transaction failed only because another one was in the way."""
        return getattr(error.orig, "sqlstate", None) in _RETRY_STATES

    async def close(self) -> None:
        """Gives all connections back."""
        await self.engine.dispose()


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = wal",
        "synchronous = normal",
        "foreign_keys = on",
        f"busy_timeout = {BUSY_TIMEOUT}",
    ):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: a lock taken later can fail although nobody is in the way.
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("begin immediate" if immediate else "begin")


def _let_go(connection: Any, _: object, error: BaseException | None) -> None:
    # Closing does not end a transaction while someone holds a cursor with rows left, and the traceback of a
    # cancelled task does: the lock would stay until that is collected.
    if isinstance(error, asyncio.CancelledError):
        connection.rollback()


def folder_of(url: URL) -> Path | None:
    """The folder that a SQLite file is in, None for other databases."""
    database = url.database
    return Path(database).parent if url.get_backend_name() == "sqlite" and database else None

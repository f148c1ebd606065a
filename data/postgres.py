"""PostgreSQL on asyncpg: a pool of connections whose codecs give exact values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

import asyncpg
from sqlalchemy import URL

from .base import amount_of, loads
from .failures import ACQUIRE, DatabaseBusy

# Seconds that statements have to end when the pool is closed.
CLOSE = 5.0
# asyncpg keeps so many statements prepared on each connection.
PREPARED = 300
# What a connection raises that was idle while the server ended it.
_LOST = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    ConnectionError,
)
_BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class PostgresConnection:
    """A connection that is lent for a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Any]:
        """The rows of a statement."""
        found: Sequence[Any] = await self._connection.fetch(text, *values)
        return found

    async def each(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        """Runs a statement for each of many values, in one round trip."""
        await self._connection.executemany(text, values)

    async def command(self, text: str) -> None:
        """Begins, ends or marks a transaction."""
        await self._connection.execute(text)


class Postgres:
    """A server's database. The pool is made when the first statement comes, inside the running loop."""

    begin_write = "begin isolation level read committed"
    begin_read = "begin isolation level repeatable read, read only"

    def __init__(self, url: URL, dialect: Any, size: int, *, wait: float = ACQUIRE) -> None:
        _, self._arguments = dialect.create_connect_args(url)
        # What the adapter of SQLAlchemy would take out of the URL.
        self._arguments.pop("prepared_statement_name_func", None)
        kept = self._arguments.pop("prepared_statement_cache_size", PREPARED)
        self._arguments.setdefault("statement_cache_size", kept)
        self._size = size
        self._wait = wait
        self._pool: Any = None

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Any]:
        """The rows of a statement that only reads, which is run again where its connection had been ended."""
        try:
            return await self._once(text, values)
        except _LOST:
            return await self._once(text, values)

    async def _once(self, text: str, values: Sequence[Any]) -> Sequence[Any]:
        lent = await self._acquired()
        try:
            found: Sequence[Any] = await lent.fetch(text, *values)
            return found
        finally:
            await self._release(lent)

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[PostgresConnection]:
        """A connection for a transaction; whatever is open at the end is rolled back."""
        lent = await self._acquired()
        try:
            yield PostgresConnection(lent)
        finally:
            await self._release(lent)

    reader = writer

    async def _acquired(self) -> Any:
        if self._pool is None:
            self._pool = asyncpg.create_pool(
                **self._arguments,
                min_size=0,
                max_size=self._size,
                init=_prepare,
                reset=_reset,
            )
            await self._pool
        try:
            return await self._pool.acquire(timeout=self._wait)
        except TimeoutError:
            raise DatabaseBusy(
                f"the database is busy: no connection became free in {self._wait:g} s, "
                f"and PROJECTGATE_POOL_SIZE is {self._size}"
            ) from None

    async def _release(self, lent: Any) -> None:
        try:
            if lent.is_in_transaction():
                await lent.execute("rollback")
        except _BROKEN:
            # Already closed, or not to be used again; the pool makes another one when it needs it.
            with suppress(asyncpg.InterfaceError):
                lent.terminate()
        finally:
            # It waits for a statement that was cancelled, and goes on when this task is cancelled.
            with suppress(*_BROKEN):
                await self._pool.release(lent)

    async def close(self) -> None:
        """Closes all connections; those in use after some seconds are cut off."""
        pool, self._pool = self._pool, None
        if pool is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE):
                    await pool.close()


async def _reset(_connection: Any) -> None:
    """Nothing: no statement of ours leaves anything in a session."""


async def _prepare(connection: Any) -> None:
    """Codecs that give what readers see: exact numbers, amounts without trailing zeros."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=str, decoder=loads, format="text"
        )
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=_numeric, decoder=amount_of, format="text"
    )


def _numeric(value: Decimal) -> str:
    return format(value, "f")

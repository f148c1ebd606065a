"""PostgreSQL on asyncpg: connections whose codecs give exact values."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import URL
from sqlalchemy.util import LRUCache

from .base import amount_of, loads
from .failures import StatementTimeout
from .lending import Lending, Occupancy, Timed

# Seconds to connect, and seconds for a cancelled statement to end.
CONNECT, CLEAN = 10.0, 5.0
# Seconds after which a connection that nobody used is made anew: something between may have forgotten it.
IDLE = 300.0
# asyncpg keeps so many statements prepared on each connection.
PREPARED = 300

# How moments are written, so that they can be read: by the clock of UTC, and as ISO 8601 has them.
SESSION = {"timezone": "UTC", "datestyle": "ISO"}

T = TypeVar("T")

_BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class PostgresConnection:
    """A connection to a server, made when it is needed and made anew when it was lost."""

    def __init__(self, arguments: dict[str, Any], *, pgbouncer: bool) -> None:
        self._arguments = arguments
        self._pgbouncer = pgbouncer
        self._described = LRUCache[Any, Any](PREPARED)
        self._timeout: float | None = arguments["command_timeout"]
        self._raw: Any = None
        self._used = 0.0
        self._cancelled = False

    async def open(self) -> None:
        """Connects, unless the connection is there. Raises: ConnectionError; what the server refuses it with."""
        now = time.monotonic()
        idle, self._used = now - self._used, now
        if self._raw is not None:
            if idle < IDLE and not self._raw.is_closed():
                return
            self._drop()
        try:
            raw = await asyncpg.connect(**self._arguments, timeout=CONNECT)
        except TimeoutError:
            raise ConnectionError(f"it does not answer within {CONNECT:g} s") from None
        except OSError as error:
            # The driver's frame has the error, and the error would have the frame.
            raise error.with_traceback(None)  # noqa: B904
        try:
            await _prepare(raw)
        except BaseException:
            raw.terminate()
            raise
        self._raw = raw
        self._described.clear()

    def is_lost(self) -> bool:
        """Whether the server has ended it."""
        return bool(self._raw is None or self._raw.is_closed())

    async def fetch(self, text: str, values: Sequence[Any], record: Any = None) -> Sequence[Any]:
        """The rows of a statement."""
        try:
            if self._pgbouncer:
                statement = await self._statement(text, record)
                found: Sequence[Any] = await statement.fetch(*values)
            else:
                found = await self._raw.fetch(text, *values, record_class=record)
        except (asyncio.CancelledError, TimeoutError) as error:
            raise self._left(error) from None
        return found

    async def _statement(self, text: str, record: Any) -> Any:
        """A statement without a name, whose text goes along each time that it runs.

        What it takes and gives the driver asks for once. It would do so each time, which is a second way to the server.
        So a process that runs while a migration gives a column another type has to be started anew.
        """
        found = self._described.get((text, record))
        if found is None:
            found = await self._raw.prepare(text, name="", record_class=record)
            self._described[text, record] = found
        return found

    async def fetch_each(self, reads: Sequence[tuple[str, Sequence[Any]]]) -> list[Timed]:
        """The rows of each of several statements."""
        found = []
        for text, values in reads:
            begun = time.perf_counter()
            rows = await self.fetch(text, values)
            found.append((rows, (time.perf_counter() - begun) * 1000))
        return found

    async def each(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        """Runs a statement for each of many values, in one round trip."""
        try:
            await self._raw.executemany(text, values)
        except (asyncio.CancelledError, TimeoutError) as error:
            raise self._left(error) from None

    async def command(self, text: str) -> None:
        """Begins, ends or marks a transaction."""
        try:
            await self._raw.execute(text)
        except (asyncio.CancelledError, TimeoutError) as error:
            raise self._left(error) from None

    def _left(self, error: BaseException) -> BaseException:
        """What to raise where a statement was left, which the driver has told the server to stop."""
        self._cancelled = True
        return StatementTimeout(self._timeout) if isinstance(error, TimeoutError) else error

    def is_clean(self) -> bool:
        """Whether nothing runs on it and no transaction is open."""
        return self._raw is None or not (self._cancelled or self._raw.is_in_transaction())

    async def clean(self) -> None:
        """Waits for a statement that was cancelled, and rolls back what is open; else drops the connection."""
        try:
            async with asyncio.timeout(CLEAN):
                if self._cancelled and not self._raw.is_in_transaction():
                    # It waits until the server has answered what was cancelled, which may be a `begin`.
                    await self._raw.execute("select 1")
                if self._raw.is_in_transaction():
                    await self._raw.execute("rollback")
        except BaseException as error:
            self._drop()
            if not isinstance(error, _BROKEN):
                raise
        self._cancelled = False

    def _drop(self) -> None:
        raw, self._raw = self._raw, None
        self._cancelled = False
        if raw is not None:
            raw.terminate()

    async def close(self) -> None:
        """Closes it, with a word to the server if it has an ear for it."""
        raw, self._raw = self._raw, None
        if raw is not None and not raw.is_closed():
            with suppress(*_BROKEN):
                await raw.close(timeout=CLEAN)


class Postgres:
    """A server's database."""

    begin_write = "begin isolation level read committed"
    begin_read = "begin isolation level repeatable read, read only"

    def __init__(
        self,
        url: URL,
        dialect: Any,
        size: int,
        wait: float,
        timeout: float | None,
        *,
        pgbouncer: bool = False,
    ) -> None:
        """`timeout`: seconds that a statement may take, None for any. `pgbouncer`: see data/database.py."""
        _, arguments = dialect.create_connect_args(url)
        arguments["command_timeout"] = timeout
        arguments["server_settings"] = {**arguments.get("server_settings", {}), **SESSION}
        # What the adapter of SQLAlchemy would take out of the URL.
        arguments.pop("prepared_statement_name_func", None)
        kept = arguments.pop("prepared_statement_cache_size", PREPARED)
        arguments.setdefault("statement_cache_size", kept)
        if pgbouncer:
            # What is prepared under a name is there on one connection of the server alone.
            arguments["statement_cache_size"] = 0
        # The longest text is the one that every write sends: to plan it anew costs ten times what it costs to run it.
        arguments.setdefault("max_cacheable_statement_size", 0)
        connections = [PostgresConnection(arguments, pgbouncer=pgbouncer) for _ in range(size)]
        self._lending = Lending(connections, wait)
        self.writer = self.reader = self._lending.lent

    async def fetch(self, text: str, values: Sequence[Any], record: Any = None) -> Sequence[Any]:
        """The rows of a statement that only reads; it is sent again where the server had ended the connection."""
        return await self._read(PostgresConnection.fetch, text, values, record)

    async def fetch_each(self, reads: Sequence[tuple[str, Sequence[Any]]]) -> list[Timed]:
        """The rows of each of several such statements, one after the other on one connection."""
        return await self._read(PostgresConnection.fetch_each, reads)

    async def _read(self, fetch: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        connection = await self._lending.take()
        try:
            return await fetch(connection, *arguments)
        except _BROKEN:
            if not connection.is_lost():
                raise
            await connection.open()
            return await fetch(connection, *arguments)
        finally:
            await self._lending.give(connection)

    @property
    def pool(self) -> Occupancy:
        """How many of the connections are in use."""
        return self._lending.occupancy

    async def close(self) -> None:
        """Closes all connections."""
        await self._lending.close()


async def _prepare(connection: Any) -> None:
    """Codecs that give what readers see: exact numbers, amounts without trailing zeros, moments in UTC.

    Raises: ConnectionError, where something between changes what was asked of the session.
    """
    settings = connection.get_settings()
    # A server that is none of PostgreSQL's may not tell.
    zone, style = getattr(settings, "TimeZone", None), getattr(settings, "DateStyle", "")
    if zone != "UTC" or not style.startswith("ISO"):
        raise ConnectionError(
            f"the session has the time zone {zone} and the date style {style or None}, where UTC and ISO were asked "
            "for: let the pool pass on `timezone` and `datestyle`"
        )
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=str, decoder=loads, format="text"
        )
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=_numeric, decoder=amount_of, format="text"
    )
    # It takes a third of the driver's own, which adds two objects up for each moment. The session writes them in UTC.
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        encoder=str,
        decoder=datetime.fromisoformat,
        format="text",
    )


def _numeric(value: Decimal) -> str:
    return format(value, "f")

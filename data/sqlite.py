"""SQLite on sqlite3: a few connections that read, one that writes, each statement in a thread.

A connection has one statement at a time. Who is cancelled leaves it to its thread, interrupted, and it goes back when
the thread is done.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import URL

from .failures import ACQUIRE, DatabaseBusy

# Milliseconds that a statement waits for a lock that another process holds.
BUSY_TIMEOUT = 10_000
# More at once only take time from each other.
READERS = 4
# sqlite3 keeps so many statements prepared on each connection.
PREPARED = 300

T = TypeVar("T")


class SqliteConnection:
    """A connection that is used by one task at a time."""

    def __init__(
        self, open_it: Callable[[], sqlite3.Connection], threads: ThreadPoolExecutor
    ) -> None:
        self._open = open_it
        self._threads = threads
        self._raw: sqlite3.Connection | None = None
        self._job: asyncio.Future[Any] | None = None

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Any]:
        """The rows of a statement."""
        return await self._call(lambda: self._opened().execute(text, values).fetchall())

    async def each(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        """Runs a statement for each of many values."""
        await self._call(lambda: self._opened().executemany(text, values))

    async def command(self, text: str) -> None:
        """Begins, ends or marks a transaction."""
        await self._call(lambda: self._opened().execute(text))

    def _opened(self) -> sqlite3.Connection:
        if self._raw is None:
            self._raw = self._open()
        return self._raw

    async def _call(self, work: Callable[[], T]) -> T:
        if self._job is not None and not self._job.done():
            # It belongs to somebody who was cancelled.
            await asyncio.wait([self._job])
        job: asyncio.Future[T] = asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._job = job
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            if not job.done() and self._raw is not None:
                self._raw.interrupt()
            raise

    def is_clean(self) -> bool:
        """Whether nothing runs on it and no transaction is open."""
        job_ended = self._job is None or self._job.done()
        return job_ended and (self._raw is None or not self._raw.in_transaction)

    async def cleaned(self) -> None:
        """Waits until nothing runs on it, and rolls back what is open."""
        if self._job is not None:
            await asyncio.wait([self._job])
            if not self._job.cancelled():
                # Nobody else asks for it.
                self._job.exception()
        if self._raw is not None and self._raw.in_transaction:
            await self._call(self._raw.rollback)

    def close(self) -> None:
        """Closes it."""
        if self._raw is not None:
            self._raw.close()


class Lending:
    """Connections that are lent for a statement or a transaction, one task each, the last used first."""

    def __init__(self, connections: list[SqliteConnection], wait: float) -> None:
        self.connections = connections
        self._idle = [*connections]
        self._free = asyncio.Semaphore(len(connections))
        self._wait = wait
        self._cleaning: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[SqliteConnection]:
        """A connection for the length of the block. Raises: DatabaseBusy."""
        connection = await self.take()
        try:
            yield connection
        finally:
            await self.give(connection)

    async def take(self) -> SqliteConnection:
        """A connection that nobody else has. Raises: DatabaseBusy."""
        if self._free.locked():
            try:
                async with asyncio.timeout(self._wait):
                    await self._free.acquire()
            except TimeoutError:
                raise DatabaseBusy(
                    f"the database is busy: no connection became free in {self._wait:g} s"
                ) from None
        else:
            await self._free.acquire()
        return self._idle.pop()

    async def give(self, connection: SqliteConnection) -> None:
        """Takes a connection back, when its statement has ended and what was open is rolled back."""
        if connection.is_clean():
            self._back(connection)
            return
        # A task of its own: whoever is cancelled may be so again while it waits.
        task = asyncio.create_task(self._clean(connection))
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)
        await asyncio.shield(task)

    async def _clean(self, connection: SqliteConnection) -> None:
        try:
            await connection.cleaned()
        finally:
            self._back(connection)

    def _back(self, connection: SqliteConnection) -> None:
        self._idle.append(connection)
        self._free.release()

    async def ended(self) -> None:
        """Waits for the connections that are about to come back."""
        if self._cleaning:
            await asyncio.wait(self._cleaning)


class Sqlite:
    """A file, opened when the first statement comes."""

    begin_write = "begin immediate"
    begin_read = "begin"

    def __init__(self, url: URL, dialect: Any, size: int, *, wait: float = ACQUIRE) -> None:
        (self._name,), options = dialect.create_connect_args(url)
        options.pop("factory", None)
        self._options = options | {
            "isolation_level": None,
            "check_same_thread": False,
            "cached_statements": PREPARED,
        }
        readers = min(size, READERS)
        self._threads = ThreadPoolExecutor(readers + 1, thread_name_prefix="sqlite")
        self._readers = Lending(
            [SqliteConnection(self._reading, self._threads) for _ in range(readers)], wait
        )
        self._writer = Lending([SqliteConnection(self._writing, self._threads)], wait)
        self.reader = self._readers.lent
        self.writer = self._writer.lent

    def _opened(self, *pragmas: str) -> sqlite3.Connection:
        made: sqlite3.Connection = sqlite3.connect(self._name, **self._options)
        made.row_factory = sqlite3.Row
        for pragma in (f"busy_timeout = {BUSY_TIMEOUT}", *pragmas):
            made.execute(f"pragma {pragma}")
        return made

    def _reading(self) -> sqlite3.Connection:
        return self._opened("query_only = on")

    def _writing(self) -> sqlite3.Connection:
        # The first one that makes the file decides on WAL; it costs nothing where it is so already.
        return self._opened("journal_mode = wal", "synchronous = normal", "foreign_keys = on")

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Any]:
        """The rows of a statement that only reads."""
        connection = await self._readers.take()
        try:
            return await connection.fetch(text, values)
        finally:
            await self._readers.give(connection)

    async def close(self) -> None:
        """Closes all connections."""
        for lending in (self._readers, self._writer):
            await lending.ended()
            for connection in lending.connections:
                connection.close()
        self._threads.shutdown(wait=False)

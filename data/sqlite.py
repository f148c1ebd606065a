"""SQLite on sqlite3: a few connections that read, one that writes, each statement in a thread.

A connection has one statement at a time. Who is cancelled leaves it to its thread, interrupted, and it goes back when
the thread is done.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import URL

from .lending import Lending, Timed

# Milliseconds that a statement waits for a lock that another process holds.
BUSY_TIMEOUT = 10_000
# Seconds between attempts to stop a statement that nobody waits for.
INTERRUPT = 0.02
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

    async def open(self) -> None:
        """Nothing: the thread of the first statement opens the file."""

    async def fetch(self, text: str, values: Sequence[Any]) -> Sequence[Any]:
        """The rows of a statement."""
        return await self._call(lambda raw: raw.execute(text, values).fetchall())

    async def fetch_each(self, reads: Sequence[tuple[str, Sequence[Any]]]) -> list[Timed]:
        """The rows of each of several statements; the thread is called once for all."""

        def fetch(raw: sqlite3.Connection) -> list[Timed]:
            found: list[Timed] = []
            for text, values in reads:
                begun = time.perf_counter()
                rows = raw.execute(text, values).fetchall()
                found.append((rows, (time.perf_counter() - begun) * 1000))
            return found

        return await self._call(fetch)

    async def each(self, text: str, values: Sequence[Sequence[Any]]) -> None:
        """Runs a statement for each of many values."""
        await self._call(lambda raw: raw.executemany(text, values))

    async def command(self, text: str) -> None:
        """Begins, ends or marks a transaction."""
        await self._call(lambda raw: raw.execute(text))

    async def _call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        await self._end()
        loop = asyncio.get_running_loop()
        job: asyncio.Future[T] = loop.run_in_executor(self._threads, self._worked, work)
        self._job = job
        try:
            # Who is cancelled does not wait for the thread; `_end` stops it.
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            job.add_done_callback(_unasked)
            raise

    def _worked(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._raw is None:
            self._raw = self._open()
        return work(self._raw)

    async def _end(self) -> None:
        """Waits for a statement that was left, and stops it if it takes long."""
        while self._job is not None and not self._job.done():
            # Again and again: it has no effect on a statement that is about to begin.
            if self._raw is not None:
                self._raw.interrupt()
            await asyncio.wait([self._job], timeout=INTERRUPT)

    def is_clean(self) -> bool:
        """Whether nothing runs on it and no transaction is open."""
        ended = self._job is None or self._job.done()
        return ended and (self._raw is None or not self._raw.in_transaction)

    async def clean(self) -> None:
        """Waits until nothing runs on it, and rolls back what is open."""
        await self._end()
        if self._raw is not None and self._raw.in_transaction:
            await self._call(sqlite3.Connection.rollback)

    async def close(self) -> None:
        """Closes it."""
        await self._end()
        if self._raw is not None:
            await self._call(sqlite3.Connection.close)
            self._raw = None


def _unasked(job: asyncio.Future[Any]) -> None:
    """Looks at how a statement ended that nobody waits for."""
    if not job.cancelled():
        job.exception()


class Sqlite:
    """A file, opened when the first statement comes."""

    begin_write = "begin immediate"
    begin_read = "begin"

    def __init__(self, url: URL, dialect: Any, size: int, wait: float) -> None:
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

    async def fetch_each(self, reads: Sequence[tuple[str, Sequence[Any]]]) -> list[Timed]:
        """The rows of each of several such statements, one after the other on one connection."""
        async with self.reader() as connection:
            return await connection.fetch_each(reads)

    async def close(self) -> None:
        """Closes all connections."""
        for lending in (self._readers, self._writer):
            await lending.close()
        self._threads.shutdown(wait=False)

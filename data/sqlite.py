"""SQLite on sqlite3: a few connections that read, one that writes, each statement in a thread.

A connection has one statement at a time. Who is cancelled leaves it to its thread, interrupted, and it goes back when
the thread is done.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from sqlalchemy import URL

from .failures import StatementTimeout
from .lending import Lending, Occupancy, Timed

# Milliseconds that a statement waits for a lock that another process holds.
BUSY_TIMEOUT = 10_000
# Seconds between attempts to stop a statement that nobody waits for.
INTERRUPT = 0.02
# More at once only take time from each other.
READERS = 4
# Seconds that a reader waits for its turn: as long as statements take that are not slow.
TURN = 0.005
# sqlite3 keeps so many statements prepared on each connection.
PREPARED = 300

T = TypeVar("T")
_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[sqlite3.Connection], Any]]


class SqliteConnection:
    """A connection with a thread of its own, used by one task at a time.

    Measured: half the cost of a pool of threads, which makes three futures of each call.
    """

    def __init__(
        self,
        open_it: Callable[[], sqlite3.Connection],
        timeout: float | None = None,
        turn: Lock | None = None,
    ) -> None:
        """`timeout`: seconds that a call may take, None for any.

        `turn` is shared with connections that had better not run at once, though they may.
        """
        self._open = open_it
        self._timeout = timeout
        self._turn = turn
        self._raw: sqlite3.Connection | None = None
        self._asked: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._busy = False
        self._idle: asyncio.Future[None] | None = None

    async def open(self) -> None:
        """Nothing: the thread of the first statement opens the file."""

    async def fetch(self, text: str, values: Sequence[Any], record: Any = None) -> Sequence[Any]:  # noqa: ARG002
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
        if self._busy:
            await self._end()
        if self._thread is None:
            self._thread = Thread(target=self._work, name="sqlite", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._busy = True
        self._asked.put((loop, answer, work))
        # Who is cancelled or has waited too long does not wait for the thread; `_end` stops it.
        try:
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError:
            raise StatementTimeout(self._timeout) from None

    def _work(self) -> None:
        """What the thread does: one call after the other."""
        while (job := self._asked.get()) is not None:
            loop, answer, work = job
            result, failure = None, None
            try:
                if self._raw is None:
                    self._raw = self._open()
                result = self._in_turn(work, self._raw)
            # It belongs to the task that waits, whatever it is.
            except BaseException as error:  # noqa: BLE001
                failure = error
            try:
                loop.call_soon_threadsafe(self._ended, answer, result, failure)
            except RuntimeError:
                # The loop is closed, and nobody waits.
                self._busy = False
            del job, answer, work, result, failure

    def _in_turn(self, work: Callable[[sqlite3.Connection], T], raw: sqlite3.Connection) -> T:
        """What comes of a call, when no other connection is at one, or after a short wait.

        For every row sqlite3 lets go of the interpreter and takes it again. Threads that do so at once wake each other
        all the time: four took three times the CPU that they take one after the other.
        """
        if self._turn is None or not self._turn.acquire(timeout=TURN):
            return work(raw)
        try:
            return work(raw)
        finally:
            self._turn.release()

    def _ended(
        self, answer: asyncio.Future[Any], result: Any, failure: BaseException | None
    ) -> None:
        self._busy = False
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)
        if answer.done():
            return
        if failure is None:
            answer.set_result(result)
        else:
            answer.set_exception(failure)

    async def _end(self) -> None:
        """Waits for a statement that was left, and stops it if it takes long."""
        while self._busy:
            self._idle = asyncio.get_running_loop().create_future()
            # Again and again: it has no effect on a statement that is about to begin.
            if self._raw is not None:
                self._raw.interrupt()
            await asyncio.wait([self._idle], timeout=INTERRUPT)

    def is_clean(self) -> bool:
        """Whether nothing runs on it and no transaction is open."""
        return not self._busy and (self._raw is None or not self._raw.in_transaction)

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
        if self._thread is not None:
            self._asked.put(None)
            self._thread = None


class Sqlite:
    """A file, opened when the first statement comes."""

    begin_write = "begin immediate"
    begin_read = "begin"

    def __init__(
        self, url: URL, dialect: Any, size: int, wait: float, timeout: float | None
    ) -> None:
        """`timeout`: seconds that a statement may take, None for any."""
        (self._name,), options = dialect.create_connect_args(url)
        options.pop("factory", None)
        self._options = options | {
            "isolation_level": None,
            "check_same_thread": False,
            "cached_statements": PREPARED,
        }
        turn = Lock()
        self._readers = Lending(
            [SqliteConnection(self._reading, timeout, turn) for _ in range(min(size, READERS))],
            wait,
        )
        self._writer = Lending([SqliteConnection(self._writing, timeout)], wait)
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

    async def fetch(self, text: str, values: Sequence[Any], record: Any = None) -> Sequence[Any]:  # noqa: ARG002
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

    @property
    def pool(self) -> Occupancy:
        """How many of the connections are in use, the writer's among them."""
        both = zip(self._readers.occupancy, self._writer.occupancy, strict=True)
        return Occupancy(*map(sum, both))

    async def close(self) -> None:
        """Closes all connections."""
        for lending in (self._readers, self._writer):
            await lending.close()

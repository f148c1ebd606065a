"""Who waits for changes is woken: in this process at once, in others by PostgreSQL's NOTIFY.

A wake-up says "look", and no more: the tables are the truth, and whoever waits looks from time to time anyway. So it
does no harm when one is lost, or comes twice.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from sqlalchemy import URL

from .failures import UNREACHABLE

CHANNEL = "projectgate_changes"
# Seconds between two looks: where nobody tells us, and where somebody does but may have been killed before.
ALONE, TOLD = 1.0, 5.0
# Seconds between two notifications of a process: PostgreSQL sends them one after the other.
PAUSE = 0.05
# Seconds to connect, and to wait before the next attempt: at first, at most.
CONNECT, AGAIN, SELDOM = 10.0, 0.5, 15.0

Notify = Callable[[str, str], Awaitable[Any]]


class Wakeups:
    """The wake-ups of a database: told by those who write to it, waited for by those who follow it."""

    def __init__(self, notify: Notify | None = None, listen: URL | None = None) -> None:
        """`notify` sends to a channel; `listen` names the server itself, not a pool between."""
        self._notify = notify
        self._listen = listen
        self._woken = asyncio.Event()
        # What this process sends it has heard already.
        self._name = secrets.token_hex(8)
        self._owed = False
        self._sending: asyncio.Task[None] | None = None
        self.hears = False

    def tell(self) -> None:
        """Wakes whoever waits, here and in other processes, since something was committed."""
        self.wake()
        if self._notify is not None:
            self._owed = True
            if self._sending is None:
                self._sending = asyncio.create_task(self._send())

    def wake(self) -> None:
        """Wakes whoever waits here."""
        self._woken.set()

    async def wait(self) -> None:
        """Returns when there may be something new, in a few seconds at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD if self.hears else ALONE):
                await self._woken.wait()
        self._woken.clear()

    async def _send(self) -> None:
        try:
            while self._owed:
                await self._sent()
                await asyncio.sleep(PAUSE)
        finally:
            self._sending = None

    async def _sent(self, word: str = "") -> None:
        """Sends what is owed. Where that cannot be done, others find it when they look."""
        if self._notify is not None:
            self._owed = False
            with suppress(*UNREACHABLE):
                await self._notify(CHANNEL, word or self._name)

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        """Listens to other processes while the block runs, where there is something to listen to."""
        if self._listen is None:
            yield
            return
        listening = asyncio.create_task(self._hear(self._listen))
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
            self.hears = False

    async def _hear(self, server: URL) -> None:
        pause = AGAIN
        while True:
            with suppress(*UNREACHABLE):
                connection = await asyncpg.connect(**_arguments(server), timeout=CONNECT)
                try:
                    pause = AGAIN
                    await self._until_lost(connection)
                finally:
                    self.hears = False
                    connection.terminate()
            await asyncio.sleep(pause)
            pause = min(2 * pause, SELDOM)

    async def _until_lost(self, connection: Any) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, self._told)
        # What came while nobody listened; and a word to ourselves. Only if it arrives can we hear: a pool between may
        # take the listener and pass nothing on.
        self._woken.set()
        await self._sent(f"{self._name} hears")
        await lost.wait()

    def _told(self, _connection: Any, _pid: int, _channel: str, word: str) -> None:
        self.hears = True
        if not word.startswith(self._name):
            self._woken.set()

    async def close(self) -> None:
        """Sends what is still owed, and no more."""
        sending, self._sending = self._sending, None
        if sending is not None:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
            if self._owed:
                await self._sent()


def _arguments(server: URL) -> dict[str, Any]:
    """What asyncpg is to connect with."""
    _, arguments = server.get_dialect()().create_connect_args(server)
    # These are for SQLAlchemy's adapter.
    for name in ("prepared_statement_name_func", "prepared_statement_cache_size"):
        arguments.pop(name, None)
    return dict(arguments)

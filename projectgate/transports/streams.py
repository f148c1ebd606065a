"""The connections that stay open: counted, limited, and ended together when the server stops."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from projectgate.request import Rejected
from projectgate.resolvers.access import Caller
from projectgate.settings import Settings

WEBSOCKET, EVENT_STREAM = "websocket", "event-stream"
# Streams that are told to end before others have their turn of the loop.
_TOGETHER = 100


class Stream(Protocol):
    """A connection that stays open."""

    transport: str

    def end(self) -> None:
        """Ends it soon, since the server stops, and says where to resume."""
        ...


class Streams:
    """The streams of this process. `app.state.streams` is the one of an application."""

    def __init__(self, settings: Settings) -> None:
        self._most = settings.connections
        self._most_of_one = settings.connections_per_caller
        self._open: set[Stream] = set()
        self._callers: Counter[str] = Counter()
        self._ended = asyncio.Event()
        self._draining = False

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def by_transport(self) -> dict[str, float]:
        """How many of each transport are open."""
        open_now = Counter(stream.transport for stream in self._open)
        return {transport: open_now[transport] for transport in (WEBSOCKET, EVENT_STREAM)}

    @contextmanager
    def opened(self, stream: Stream) -> Iterator[None]:
        """Counts a stream for the length of the block. Raises: Rejected (503)."""
        if self._draining:
            raise Rejected(
                503,
                "SERVER_RESTARTING",
                "the server is about to stop: connect again",
                retry_after="1",
            )
        if len(self._open) >= self._most:
            raise Rejected(
                503,
                "TOO_MANY_CONNECTIONS",
                f"the server has {len(self._open):,} open streams and {self._most:,} are its limit: try again later",
                retry_after="10",
            )
        self._open.add(stream)
        try:
            yield
        finally:
            self._open.discard(stream)
            self._ended.set()

    @contextmanager
    def of(self, caller: Caller) -> Iterator[None]:
        """Counts a stream of a caller for the length of the block. Raises: Rejected (429)."""
        if self._callers[caller.name] >= self._most_of_one:
            raise Rejected(
                429,
                "TOO_MANY_CONNECTIONS",
                f"{caller.name!r} has {self._most_of_one} open streams, the limit: close one, or share one",
                retry_after="10",
            )
        self._callers[caller.name] += 1
        try:
            yield
        finally:
            self._callers[caller.name] -= 1
            if not self._callers[caller.name]:
                del self._callers[caller.name]

    async def drain(self, seconds: float = 5) -> None:
        """Takes no more streams, ends all that are open, and returns when they have ended, or after some seconds.

        For a server that is told to stop: before it closes its connections, since uvicorn would close a WebSocket
        without a word on where to resume. A WebSocket is closed with 1012 and the reason `… resume after <cursor>`,
        an event stream gets an error SERVER_RESTARTING with `extensions.cursor`.
        """
        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for count, stream in enumerate(list(self._open), 1):
                    stream.end()
                    if count % _TOGETHER == 0:
                        await asyncio.sleep(0)
                while self._open:
                    self._ended.clear()
                    await self._ended.wait()

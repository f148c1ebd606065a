"""The connections that stay open: counted, limited, and ended with a reason, all of them when the server stops."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar

from projectgate.request import Rejected
from projectgate.resolvers.access import Caller
from projectgate.settings import Settings

WEBSOCKET, EVENT_STREAM = "websocket", "event-stream"
# Connections whose clients have not said who they are yet: all of them, and those from one address. An honest client
# says it at once, so beyond that the one gives way that has waited longest.
ARRIVING, ARRIVING_FROM_ONE = 2_000, 200
# Seconds that streams have to say why they end.
GOODBYE = 1.0
# Streams that are told to end before others have their turn of the loop.
_TOGETHER = 100

# Counts a stream for its caller. Raises: Rejected.
Admit = Callable[[Caller], None]
# Ends a stream because so many others have come that are not known either.
GiveWay = Callable[[int], None]
Why = TypeVar("Why")


class Gone(Exception):
    """The client has left, or takes nothing any more."""


class Ending(Generic[Why]):
    """When a stream ends, and why: a block that raises TimeoutError when it has come to that.

    The end is put off or brought forward as more is known; once it was brought forward, it is not put off any more.
    """

    def __init__(self, seconds: float, why: Why) -> None:
        self.why = why
        self._timeout = asyncio.timeout(seconds)
        self._fixed = False
        self._inside = False

    @property
    def has_come(self) -> bool:
        """Whether it is what ended the block."""
        return self._timeout.expired()

    def put(self, seconds: float, why: Why) -> None:
        """Ends the block in so many seconds, not when it would have ended."""
        if not self._fixed:
            self._reschedule(seconds, why)

    def hasten(self, why: Why, seconds: float = 0) -> None:
        """Ends the block in so many seconds, unless it ends sooner."""
        self._fixed = True
        end = self._timeout.when()
        if end is None or end > asyncio.get_running_loop().time() + seconds:
            self._reschedule(seconds, why)

    def _reschedule(self, seconds: float, why: Why) -> None:
        if self._inside and not self.has_come:
            self.why = why
            self._timeout.reschedule(asyncio.get_running_loop().time() + seconds)

    async def __aenter__(self) -> Ending[Why]:
        await self._timeout.__aenter__()
        self._inside = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._inside = False
        await self._timeout.__aexit__(kind, error, traceback)


class Stream(Generic[Why]):
    """A connection that stays open."""

    transport: str

    def __init__(self, ending: Ending[Why], restarting: Why) -> None:
        """`restarting`: why it ends when the server stops."""
        self._ending = ending
        self._restarting = restarting

    @property
    def answering(self) -> bool:
        """Whether something runs on it that was asked for once."""
        return False

    def end(self, seconds: float) -> bool:
        """Ends it, since the server stops, and says where to resume.

        What is asked for once is answered before, within so many seconds; whether there is any.
        """
        self._ending.hasten(self._restarting, seconds if self.answering else 0)
        return self.answering


class _Arrival(NamedTuple):
    """A stream whose caller is not known yet."""

    address: str
    give_way: GiveWay
    place: ExitStack


class Streams:
    """The streams of this process. `app.state.streams` is the one of an application."""

    def __init__(self, settings: Settings) -> None:
        self._most = settings.connections
        self._most_of_one = settings.connections_per_caller
        self._arriving: dict[Stream[Any], _Arrival] = {}  # who came first stands first
        self._open: set[Stream[Any]] = set()
        self._addresses: Counter[str] = Counter()
        self._callers: Counter[str] = Counter()
        self._ended = asyncio.Event()
        self._draining = False

    def __len__(self) -> int:
        """How many are open, those of unknown callers too."""
        return len(self._open) + len(self._arriving)

    def by_transport(self) -> dict[str, float]:
        """How many of each transport are open."""
        open_now = Counter(stream.transport for stream in (*self._open, *self._arriving))
        return {transport: open_now[transport] for transport in (WEBSOCKET, EVENT_STREAM)}

    @contextmanager
    def arrived(self, stream: Stream[Any], address: str, give_way: GiveWay) -> Iterator[Admit]:
        """Counts a stream for the length of the block, of whose caller only the address is known.

        Gives what counts it once the caller is known. Where too many arrive, one of them is told to give way, and
        counts no more. Raises: Rejected (503).
        """
        self._require_room()
        if self._addresses.get(address, 0) >= ARRIVING_FROM_ONE:
            self._make_room(ARRIVING_FROM_ONE, address)
        elif len(self._arriving) >= ARRIVING:
            self._make_room(ARRIVING, None)
        with ExitStack() as opened, ExitStack() as place:
            self._arriving[stream] = _Arrival(address, give_way, place)
            place.callback(self._left, stream)
            place.enter_context(_counted(self._addresses, address))

            def admit(caller: Caller) -> None:
                opened.enter_context(self.opened(stream, caller))
                place.close()

            yield admit

    def _make_room(self, most: int, address: str | None) -> None:
        """Ends the stream that has waited longest for its caller to be known: of an address, or of all."""
        longest = next(
            one for one in self._arriving.values() if address is None or one.address == address
        )
        longest.place.close()
        longest.give_way(most)

    def _left(self, stream: Stream[Any]) -> None:
        del self._arriving[stream]
        self._ended.set()

    @contextmanager
    def opened(self, stream: Stream[Any], caller: Caller) -> Iterator[None]:
        """Counts a stream of a caller for the length of the block. Raises: Rejected (503, 429)."""
        self._require_room()
        if self._callers.get(caller.name, 0) >= self._most_of_one:
            message = f"{caller.name!r} has {self._most_of_one} open streams, the limit: close one, or share one"
            raise _too_many(message, 429)
        self._open.add(stream)
        try:
            with _counted(self._callers, caller.name):
                yield
        finally:
            self._open.discard(stream)
            self._ended.set()

    def _require_room(self) -> None:
        """Lets a stream pass for which there is room. Raises: Rejected (503)."""
        if self._draining:
            raise Rejected(
                503,
                "SERVER_RESTARTING",
                "the server is about to stop: connect again",
                retry_after="1",
            )
        if len(self._open) >= self._most:
            message = (
                f"the server has {len(self._open):,} open streams and {self._most:,} are its limit"
            )
            raise _too_many(f"{message}: try again later", 503)

    async def drain(self, seconds: float = 5) -> None:
        """Takes no more streams, ends all that are open, and returns when they have ended, or after some seconds.

        For a server that is told to stop: before it closes its connections, since uvicorn would close a WebSocket
        without a word on where to resume. A WebSocket is closed with 1012 and the reason `… resume after <cursor>`,
        once it has answered the queries and mutations that run; an event stream gets an error SERVER_RESTARTING with
        `extensions.cursor`.
        """
        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                streams, answering = {*self._open, *self._arriving}, set()
                for count, stream in enumerate(streams, 1):
                    if stream.end(seconds - GOODBYE):
                        answering.add(stream)
                    if count % _TOGETHER == 0:
                        await asyncio.sleep(0)
                with suppress(TimeoutError):
                    async with asyncio.timeout(GOODBYE):
                        await self._gone(streams)
                # Who does not read is not waited for.
                await self._gone(answering)

    async def _gone(self, streams: set[Stream[Any]]) -> None:
        while not streams.isdisjoint({*self._open, *self._arriving}):
            self._ended.clear()
            await self._ended.wait()


@contextmanager
def _counted(counts: Counter[str], name: str) -> Iterator[None]:
    counts[name] += 1
    try:
        yield
    finally:
        counts[name] -= 1
        if not counts[name]:
            del counts[name]


def _too_many(message: str, status: int) -> Rejected:
    return Rejected(status, "TOO_MANY_CONNECTIONS", message, retry_after="10")

"""Changes as they happen: the change feed, read once for all who follow it, and handed to each of them.

Whoever follows has a position in the feed, and nothing else decides what comes next: what is above it, in order, each
once. Most positions lie in what `Live` has read just now, and cost no statement. One that does not (a cursor of
yesterday, a slow reader) is served from the table until it has caught up. So nobody waits for a slow reader, and
nothing is kept for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import NamedTuple, TypeVar

import structlog

from ..data.database import Database
from ..data.failures import UNREACHABLE
from ..data.feed import stores_of
from . import feed
from .access import Caller, require_read
from .feed import Scope
from .live_changes import LiveChange, Wanted

# Entries that are read at once, and those that are kept for who comes a moment later.
PAGE, KEPT = 100, 300
# Seconds after which what was read is read anew: its project may have left the stores of the caller.
FRESH = 2.0
# Followers that are woken at once, before others have their turn of the loop.
TOGETHER = 50
# Followers that read from the table at the same time: the connections are for others too.
CATCHING_UP = 2
# Seconds before the next attempt to reach the database, at first and at most.
AGAIN, SELDOM = 0.25, 5.0

T = TypeVar("T")
_LOG = structlog.get_logger(__name__)


class Page(NamedTuple):
    """Changes that were read together, after a position and up to another one, and when that was.

    `placed`: the stores of their projects are known.
    """

    changes: Sequence[LiveChange]
    start: int
    end: int
    read: float
    placed: bool

    def is_fresh(self) -> bool:
        """Whether it may still be handed out."""
        return monotonic() - self.read < FRESH


class _Window:
    """What was read just now of the projects that some callers see, and who follows them."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.followers: dict[Following, None] = {}
        self.failure: BaseException | None = None
        self._pages: deque[Page] = deque()

    def page(self, position: int, *, placed: bool) -> Page | None:
        """A page with what comes after a position; None where that is to be read from the table."""
        for page in self._pages:
            if page.start <= position < page.end and page.is_fresh():
                return page if page.placed or not placed else None
        return None

    def add(self, page: Page) -> None:
        """Takes what follows on what there is."""
        self._pages.append(page)
        self.end = page.end
        while sum(len(one.changes) for one in self._pages) > KEPT:
            self._pages.popleft()

    def tidy(self) -> None:
        """Forgets what may not be handed out any more."""
        while self._pages and not self._pages[0].is_fresh():
            self._pages.popleft()

    async def wake(self) -> None:
        """Lets followers look, some at a time: thousands at once would keep everybody else waiting."""
        for count, follower in enumerate(list(self.followers), 1):
            follower.wake()
            if count % TOGETHER == 0:
                await asyncio.sleep(0)

    def fail(self, failure: BaseException) -> None:
        """Lets followers know that nothing more comes."""
        self.failure = failure
        for follower in self.followers:
            follower.wake()


class Live:
    """Hands the changes of a database to all who follow it in this process.

    While anybody does, one task reads the feed, with a statement for each set of stores that callers have, however
    many callers that are.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._windows: dict[Scope, _Window] = {}
        self._reading: asyncio.Task[None] | None = None
        self._turns = asyncio.Semaphore(CATCHING_UP)

    async def follow(
        self,
        caller: Caller,
        projects: Sequence[str] | None = None,
        stores: Sequence[str] | None = None,
        after: str | None = None,
    ) -> Following:
        """The changes after a cursor, None: from now on, of projects that the caller sees when they are read.

        Waits for a database that cannot be reached.

        Raises: Forbidden; BadUserInput, with INVALID_CURSOR for what is no cursor of the feed.
        """
        require_read(caller)
        wanted = Wanted.of(projects, stores)

        async def places() -> tuple[int, int]:
            position = None if after is None else await feed.known(self.database, after)
            now = await feed.now(self.database)
            return now if position is None else position, now

        # All whose connections ended with a server's restart come again at once, some of them too early.
        return Following(self, caller.stores, wanted, *await _patiently(places))

    def join(self, follower: Following, scope: Scope, now: int) -> _Window:
        """The window of a scope, which is read from `now` on where it is new."""
        window = self._windows.get(scope)
        if window is None:
            window = self._windows[scope] = _Window(now)
        window.followers[follower] = None
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._ended)
        return window

    def leave(self, follower: Following, scope: Scope, window: _Window) -> None:
        """Lets a follower go; the last one ends the reading."""
        window.followers.pop(follower, None)
        if not window.followers and self._windows.get(scope) is window:
            del self._windows[scope]
            if not self._windows:
                self.database.wakeups.wake()

    @property
    def followers(self) -> int:
        """How many follow."""
        return sum(len(window.followers) for window in self._windows.values())

    async def page(self, scope: Scope, position: int, *, placed: bool) -> Page:
        """What comes after a position, from the table."""

        async def read() -> Page:
            found = await feed.stretches(self.database, {scope: position}, PAGE)
            return await self._paged(found[scope], position, placed=placed)

        async with self._turns:
            return await _patiently(read)

    async def _read(self) -> None:
        # Somebody may come while the last look ends.
        while self._windows:
            async with self.database.wakeups.heard():
                while self._windows:
                    if not await _patiently(self._look):
                        await self.database.wakeups.wait()
        # Here, not when the task is found done: somebody may come before that.
        self._reading = None

    async def _look(self) -> bool:
        """Reads what is new, wakes followers, and says whether there is more."""
        starts = {scope: window.end for scope, window in self._windows.items()}
        if not starts:
            return False
        found = await feed.stretches(self.database, starts, PAGE)
        for scope, stretch in found.items():
            window = self._windows.get(scope)
            if window is None or window.end != starts[scope]:
                continue  # its followers have left meanwhile
            window.tidy()
            if stretch.end > window.end:
                placed = any(one.wanted.stores is not None for one in window.followers)
                window.add(await self._paged(stretch, window.end, placed=placed))
                await window.wake()
        return any(stretch.more for stretch in found.values())

    async def _paged(self, stretch: feed.Stretch, start: int, *, placed: bool) -> Page:
        read, stores = monotonic(), {}
        if placed and stretch.entries:
            ids = {entry.version.project_id for entry in stretch.entries}
            stores = await stores_of(self.database, sorted(ids))
        changes = [
            LiveChange(self.database, entry, stores.get(entry.version.project_id))
            for entry in stretch.entries
        ]
        return Page(changes, start, stretch.end, read, placed)

    def _ended(self, reading: asyncio.Task[None]) -> None:
        """Tells whoever follows where the reading ended before they left."""
        failure = None if reading.cancelled() else reading.exception()
        if reading is not self._reading:
            return
        self._reading = None
        windows, self._windows = self._windows, {}
        for window in windows.values():
            window.fail(failure or ConnectionError("nobody reads the feed any more"))

    async def close(self) -> None:
        """Stops reading; who still follows is told that it has ended."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])


class Following:
    """The changes that one follower is given, in order, each once: to be iterated by one task, and closed.

    `position` is where to go on: all up to it was given, and whoever asks for the next change has the one before.
    """

    def __init__(self, live: Live, scope: Scope, wanted: Wanted, position: int, now: int) -> None:
        self._live = live
        self._scope = scope
        self.wanted = wanted
        self.position = self._given = position
        self._now = now
        self._window: _Window | None = None
        self._page = Page((), position, position, float("-inf"), placed=True)
        self._rest = deque[LiveChange]()
        self._woken = asyncio.Event()

    @property
    def cursor(self) -> str:
        """The cursor to go on from."""
        return feed.cursor_of(self.position)

    def __aiter__(self) -> Following:
        return self

    async def __anext__(self) -> LiveChange:
        """The next change. Raises: what ended the reading of the feed."""
        if self._window is None:
            self._window = self._live.join(self, self._scope, self._now)
        self.position = self._given
        while True:
            while self._rest:
                change = self._rest.popleft()
                if change.position <= self.position:
                    continue
                if not self._page.is_fresh():
                    break
                if self.wanted.has(change):
                    self._given = change.position
                    return change
            else:
                self.position = self._given = max(self.position, self._page.end)
            page = await self._next_page(self._window)
            # What was given is not kept: a change has the project as it left it, and there may be many slow readers.
            self._page, self._rest = page._replace(changes=()), deque(page.changes)

    async def _next_page(self, window: _Window) -> Page:
        placed = self.wanted.stores is not None
        while True:
            self._woken.clear()
            if window.failure is not None:
                raise window.failure
            if self.position < window.end:
                break
            await self._woken.wait()
        end = window.end
        page = window.page(self.position, placed=placed)
        if page is None:
            page = await self._live.page(self._scope, self.position, placed=placed)
        # Nothing may be left of what was there: projects can be deleted.
        return page if page.end > self.position else page._replace(end=end)

    def wake(self) -> None:
        """Lets it look for what is new."""
        self._woken.set()

    async def aclose(self) -> None:
        """Ends it."""
        window, self._window = self._window, None
        if window is not None:
            self._live.leave(self, self._scope, window)


async def _patiently(do: Callable[[], Awaitable[T]]) -> T:
    """What comes of something once the database can be reached."""
    pause = AGAIN
    while True:
        try:
            return await do()
        except UNREACHABLE as error:
            _LOG.warning("the change feed cannot be read now", error=type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(2 * pause, SELDOM)

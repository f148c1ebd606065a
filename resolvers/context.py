"""What one operation works with: the database, who asks, the loaders and the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ..data.database import Database
from .access import Caller
from .live import Live
from .loaders import Loaders, Needs


def utc_now() -> datetime:
    """The moment of the call, in UTC."""
    return datetime.now(UTC)


class Context:
    """One operation: made inside the running loop, used by its resolvers, then forgotten."""

    def __init__(
        self,
        database: Database,
        caller: Caller,
        clock: Callable[[], datetime] = utc_now,
        live: Live | None = None,
    ) -> None:
        """`live`: what a subscription follows; None where there is none."""
        self.database = database
        self.caller = caller
        self.clock = clock
        self.live = live
        self._narrowed = False
        self.loaders = Loaders(database, caller.stores)

    def again(self) -> Context:
        """The same for one event of a subscription: new loaders."""
        return Context(self.database, self.caller, self.clock, self.live)

    def narrow(self, needs: Needs | None) -> None:
        """Says what will be read; None: anything. What was loaded with less is forgotten when it is taken back."""
        if self._narrowed or needs is not None:
            self._narrowed = needs is not None
            self.loaders = Loaders(self.database, self.caller.stores, needs)

    def cancel(self) -> None:
        """Stops what is read for the operation, which nobody waits for any more."""
        self.loaders.cancel()

    def forget(self) -> None:
        """Starts with new loaders: what was read before a write may be stale after it."""
        self.loaders = Loaders(self.database, self.caller.stores)

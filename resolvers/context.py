"""What one operation works with: the database, who asks, the loaders and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..data.database import Database
from ..execution.fields import Ahead
from .access import Caller
from .live import Live
from .loaders import Loaders


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
        self.reads: Mapping[str, Any] | None = None
        self.loaders = Loaders(database, caller.stores)

    def again(self) -> Context:
        """The same for one event of a subscription: new loaders."""
        return Context(self.database, self.caller, self.clock, self.live)

    def narrow(self, reads: Mapping[str, Any] | None, ahead: Ahead | None = None) -> None:
        """Says what will be read of rows, by the GraphQL type they are served as; None: anything.

        Of each type a pair: the attributes that are answered as they are, and those that resolvers use. `ahead`: what
        will be asked of the one object that the operation is about.

        What was loaded with fewer is forgotten when it is taken back.
        """
        if self.reads is not None or reads is not None:
            self.reads = reads
            self.loaders = Loaders(self.database, self.caller.stores, reads, ahead)

    def cancel(self) -> None:
        """Stops what is read for the operation, which nobody waits for any more."""
        self.loaders.cancel()

    def forget(self) -> None:
        """Starts with new loaders: what was read before a write may be stale after it."""
        self.loaders = Loaders(self.database, self.caller.stores)

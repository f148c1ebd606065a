"""What one operation works with: the database, who asks, the loaders and the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ..data.database import Database
from .access import Caller
from .loaders import Loaders


def utc_now() -> datetime:
    """The moment of the call, in UTC."""
    return datetime.now(UTC)


class Context:
    """One operation: made inside the running loop, used by its resolvers, then forgotten."""

    def __init__(
        self, database: Database, caller: Caller, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.database = database
        self.caller = caller
        self.clock = clock
        self.loaders = Loaders(database, caller.stores)

    def forget(self) -> None:
        """Starts with new loaders: what was read before a write may be stale after it."""
        self.loaders = Loaders(self.database, self.caller.stores)

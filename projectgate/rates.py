"""How much a caller may have done in a minute, counted by cost."""

from __future__ import annotations

import time
from collections import OrderedDict
from functools import cached_property, lru_cache

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage

from projectgate.request import Rejected

# So many callers are counted at once; of more, those whose minute began first begin anew.
CALLERS = 100_000
KEYS = 10_000  # names of callers whose keys are kept


class Windows(MemoryStorage):
    """What callers used in their minutes.

    The library begins a thread now and then that looks at all of them; here a hit looks at the oldest. It also puts
    something around every method that it knows, so this one has a name of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.expirations = OrderedDict[str, float]()

    def used(self, key: str, expiry: float, amount: int) -> int:
        """Adds to what a caller used, and gives it."""
        now = time.time()
        while self.expirations:
            oldest, end = next(iter(self.expirations.items()))
            if end > now and (len(self.expirations) < CALLERS or key in self.expirations):
                break
            self.clear(oldest)
        self.expirations.setdefault(key, now + expiry)
        self.storage[key] += amount
        return self.storage[key]


class Rates:
    """What each caller used of its minute, in this process."""

    def __init__(self, limit: int) -> None:
        """`limit`: the cost that a caller may have in a minute, 0 for any."""
        self._limit = limit
        item = RateLimitItemPerMinute(max(limit, 1))
        self._minute = item.get_expiry()
        # The library puts a key together anew for every hit, which takes longer than to count it.
        self._key = lru_cache(KEYS)(item.key_for)

    @cached_property
    def _windows(self) -> Windows:
        # When it is first needed: the library begins a thread here, which a process that forks must not have.
        return Windows()

    def add(self, caller: str, cost: int) -> None:
        """Counts a cost for a caller that cannot be refused any more; nothing where it is none."""
        if self._limit and cost > 0:
            self._windows.used(self._key(caller), self._minute, cost)

    def take(self, caller: str, cost: int) -> None:
        """Counts a cost for a caller. Raises: Rejected (429)."""
        if not self._limit:
            return
        key = self._key(caller)
        if self._windows.used(key, self._minute, cost) <= self._limit:
            return
        seconds = max(1, round(self._windows.get_expiry(key) - time.time()))
        raise Rejected(
            429,
            "RATE_LIMITED",
            f"this costs {cost:,}, with which the caller has asked for more than {self._limit:,} within a minute, the "
            f"limit: wait {seconds} s, and ask for smaller pages or less often",
            retry_after=str(seconds),
        )

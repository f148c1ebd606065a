"""What is counted all the time, in so few steps that nobody feels it: of the process, and of one operation."""

from __future__ import annotations

from bisect import bisect_left
from contextvars import ContextVar


class Distribution:
    """How often a value was how large, and the sum of all.

    `counts[i]` of the values were at most `bounds[i]` and more than the bound before; the last were more than all.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Counts a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Tally:
    """What one operation does: statements that it sends, rows that they give, batches that its loaders read."""

    __slots__ = ("batches", "rows", "statements")

    def __init__(self) -> None:
        self.statements = self.rows = self.batches = 0


# Upper bounds of how long statements take, in seconds.
STATEMENT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
# Of the operation that a task works for, if any.
TALLY: ContextVar[Tally | None] = ContextVar("tally", default=None)


class Statements:
    """The statements of a database that were sent from here, savepoints too, but not begin and commit."""

    def __init__(self) -> None:
        self.seconds = Distribution(*STATEMENT_SECONDS)
        self.failed = 0

    def ended(self, rows: int, seconds: float) -> None:
        """Counts one that was answered."""
        self.seconds.add(seconds)
        tally = TALLY.get()
        if tally is not None:
            tally.statements += 1
            tally.rows += rows

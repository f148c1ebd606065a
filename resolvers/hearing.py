"""Who hears the batches that loaders read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from ..data.counting import Distribution
from ..data.hearing import Channel


@dataclass(slots=True)
class Batch:
    """A batch that a loader reads: the name of the loader, and how many keys it reads at once.

    `ended` is when it was read, by perf_counter; None before.
    """

    loader: str
    keys: int
    ended: float | None = None


# Each batch when it is read.
BATCHES: Channel[Batch] = Channel("batches")

# Upper bounds of how many keys a batch has, and how many the batches of each loader had.
KEYS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
SIZES: defaultdict[str, Distribution] = defaultdict(lambda: Distribution(*KEYS))

"""Who hears the batches that loaders read."""

from __future__ import annotations

from typing import NamedTuple

from ..data.hearing import Channel


class Batch(NamedTuple):
    """A batch that a loader reads: the name of the loader, and how many keys it reads at once."""

    loader: str
    keys: int


# Each batch when it is read.
BATCHES: Channel[Batch] = Channel("batches")

"""Who hears the batches that loaders read: whoever listens, for what it does itself and in the tasks it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Batch(NamedTuple):
    """A batch that a loader reads: the name of the loader, and how many keys it reads at once."""

    loader: str
    keys: int


Listener = Callable[[Batch], None]
LISTENERS: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


@contextmanager
def hearing(listener: Listener) -> Iterator[None]:
    """Tells a listener of each batch of the block when it is read."""
    token = LISTENERS.set((*LISTENERS.get(), listener))
    try:
        yield
    finally:
        LISTENERS.reset(token)

"""Who hears the statements that are sent: whoever listens, for what it does itself and in the tasks it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Heard:
    """A statement that was sent: its text, its values (a list of them where it ran for each).

    How many rows it gave and how long it took stand here once it has ended; None before, and where it failed.
    """

    text: str
    values: Any
    rows: int | None = None
    milliseconds: float | None = None


Listener = Callable[[Heard], None]
LISTENERS: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


@contextmanager
def hearing(listener: Listener) -> Iterator[None]:
    """Tells a listener of each statement of the block when it is sent, savepoints too, but not of begin and commit."""
    token = LISTENERS.set((*LISTENERS.get(), listener))
    try:
        yield
    finally:
        LISTENERS.reset(token)

"""Who hears what goes on inside: whoever listens, for what it does itself and in the tasks it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")
Listeners: TypeAlias = tuple[Callable[[T], None], ...]


class Channel(Generic[T]):
    """Events of one kind, and those who listen to them."""

    def __init__(self, name: str) -> None:
        self._listeners: ContextVar[Listeners[T]] = ContextVar(name, default=())

    def listeners(self) -> Listeners[T]:
        """Whom to tell of an event of this task."""
        return self._listeners.get()

    @contextmanager
    def heard_by(self, listener: Callable[[T], None]) -> Iterator[None]:
        """Tells a listener of each event of the block."""
        token = self._listeners.set((*self._listeners.get(), listener))
        try:
            yield
        finally:
            self._listeners.reset(token)


@dataclass(slots=True)
class Heard:
    """A statement that was sent: its text, its values (a list of them where it ran for each), when by perf_counter.

    How many rows it gave and how long it took stand here once it has ended; where it failed, there are no rows and
    `failure` says of what, by PostgreSQL's code or the class of the exception.
    """

    text: str
    values: Any
    begun: float = field(default_factory=perf_counter)
    rows: int | None = None
    milliseconds: float | None = None
    failure: str | None = None

    def failed(self, error: BaseException) -> None:
        """Ends it with what it raised."""
        self.milliseconds = (perf_counter() - self.begun) * 1000
        self.failure = getattr(error, "sqlstate", None) or type(error).__name__


# Each statement when it is sent, savepoints too, but not begin and commit.
STATEMENTS: Channel[Heard] = Channel("statements")

"""How far a long command is: a bar on a terminal, a plain line now and then elsewhere. All on standard error."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import Self

# Seconds between two plain lines.
INTERVAL = 5.0


class Progress:
    """What a command has done so far; a block, and a function of how many of how many are done."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._bar: _Bar | None = _Bar(what) if sys.stderr.isatty() else None
        self._told = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        """Shows that so many of so many are done."""
        if self._bar is not None:
            self._bar.move(done, total)
        elif monotonic() - self._told >= INTERVAL:
            self._told = monotonic()
            self.line(f"{self._what}: {done:,} of {total:,}")

    def line(self, text: object) -> None:
        """Writes a line, above the bar if there is one."""
        if self._bar is not None:
            self._bar.write(str(text))
        else:
            print(text, file=sys.stderr, flush=True)  # noqa: T201


class _Bar:
    """A bar of rich, which is imported only where one is shown."""

    def __init__(self, what: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(what, total=None)
        self._progress.start()

    def move(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def write(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        self._progress.stop()

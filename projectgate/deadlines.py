"""When something has to be done: one timer for all that a process does, where `asyncio.timeout` sets one for each.

Setting a timer and taking it back for every operation costs as much as reading its body; nothing here has to end to
the millisecond.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

TICK = 0.05  # seconds between two looks at what is being done; so late may something be ended


class Deadlines:
    """Ends what is not done in time."""

    def __init__(self) -> None:
        self._running: set[Deadline] = set()
        self._looking: asyncio.AbstractEventLoop | None = None

    def begin(self, deadline: Deadline, loop: asyncio.AbstractEventLoop) -> None:
        """Looks after a deadline of something in the running loop until it is met."""
        self._running.add(deadline)
        if self._looking is not loop:
            self._look_again(loop)

    def met(self, deadline: Deadline) -> None:
        """Looks after a deadline no longer."""
        self._running.discard(deadline)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = loop
        loop.call_later(TICK, self._look)

    def _look(self) -> None:
        loop, self._looking = asyncio.get_running_loop(), None
        now = loop.time()
        for deadline in [one for one in self._running if one.until <= now]:
            self._running.discard(deadline)
            deadline.expire()
        if self._running:
            self._look_again(loop)


class Deadline:
    """A block of the running task that has to be done until a time of the event loop's clock.

    What is still waited for then is cancelled, and the block raises TimeoutError, as that of `asyncio.timeout_at` does.
    """

    __slots__ = ("_cancelling", "_deadlines", "_task", "expired", "until")

    def __init__(self, deadlines: Deadlines, until: float) -> None:
        self._deadlines = deadlines
        self.until = until
        self.expired = False

    def expire(self) -> None:
        """Cancels what the block waits for."""
        self.expired = True
        self._task.cancel()

    def __enter__(self) -> Deadline:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a deadline is for what a task does")
        self._task = task
        self._cancelling = task.cancelling()
        self._deadlines.begin(self, loop)
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._deadlines.met(self)
        task = self._task
        # A task that is cancelled keeps what it raised, and with it the frames of the block. If they kept the task in
        # turn, all that it had read would stay until the collector looks everywhere, which it seldom does.
        del self._task
        if (
            self.expired
            # Who else cancels the task means the task, not the block.
            and task.uncancel() <= self._cancelling
            and error_type is asyncio.CancelledError
        ):
            raise TimeoutError from error

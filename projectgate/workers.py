"""Several processes that serve one listening socket: started together, replaced when one dies, stopped together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count as count_from
from threading import Thread
from types import FrameType

import structlog

from projectgate.faults import Fault

# A worker that lives no longer than so many seconds is not replaced: the next one would die of the same.
SHORTEST_LIFE = 5.0

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LOG = structlog.get_logger("projectgate")


class Workers:
    """The processes of a server. `work` is what each of them does; it gets its number and gives its exit code.

    The first has number 0; one that replaces another has a number that none had before.
    """

    def __init__(
        self, work: Callable[[int], int], count: int, stopping: Callable[[], None] = lambda: None
    ) -> None:
        """`stopping` is called when they are told to stop."""
        self._work = work
        self._told = stopping
        self._count = count
        self._numbers = count_from()
        self._born: dict[int, tuple[int, float]] = {}
        self._stopping = False
        self._signals = 0

    def run(self) -> int:
        """Works until told to stop by SIGTERM or SIGINT, or until a worker cannot live. Returns the exit code.

        Raises: Fault, where processes cannot be made this way.
        """
        if not hasattr(os, "fork"):
            raise Fault("--workers needs a system that forks processes: leave it out here")
        for told in _SIGNALS:
            signal.signal(told, self._stop)
        for _ in range(self._count):
            self._start()
        result = 0
        while self._born:
            pid, status = os.wait()
            number, born = self._born.pop(pid)
            if self._stopping:
                continue
            died = os.waitstatus_to_exitcode(status)
            _LOG.error("a worker has died", worker=number, exit_code=died)
            if time.monotonic() - born < SHORTEST_LIFE:
                result = died if died > 0 else 1
                self._stop()
            else:
                self._start()
        return result

    def _start(self) -> None:
        # What a signal says while a worker is made is heard by both, when each has its own way to take it.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        if self._stopping:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            return
        number, first = next(self._numbers), os.getpid()
        pid = os.fork()
        if pid:
            self._born[pid] = number, time.monotonic()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            if self._stopping:
                # Another thread has taken the signal, before there was this worker to be told.
                self._stop()
            return
        for told in _SIGNALS:
            signal.signal(told, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        Thread(target=_end_with, args=(first,), daemon=True).start()
        result = 1
        try:
            result = self._work(number)
        # The traceback would end with the process.
        except Exception:  # noqa: BLE001 - whatever it is, the process ends with it
            _LOG.exception("a worker has failed", worker=number)
        finally:
            # Nothing of the parent's is to be tidied up here.
            os._exit(result)

    def _stop(self, told: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        """Passes a signal on to the workers, or ends them at once if it is the second."""
        if frame is not None:
            self._signals += 1
        self._stopping = True
        self._told()
        for pid in self._born:
            with suppress(ProcessLookupError):  # it has ended, and is about to be missed
                os.kill(pid, signal.SIGKILL if self._signals > 1 else told)


def _end_with(first: int) -> None:
    """Tells this process to stop once the first one is gone, which was killed: its port is not to stay taken."""
    while os.getppid() == first:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)

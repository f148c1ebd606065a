"""A server that says where it is once it answers, and stops in order within ten seconds."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from threading import Timer
from time import monotonic
from types import FrameType

import structlog
import uvicorn
from starlette.applications import Starlette

from projectgate.transports.streams import GOODBYE

# Seconds from the signal until the process is gone, whatever hangs; and until requests that still run are cancelled.
STOP, GRACE = 10.0, 8.0

_LOG = structlog.get_logger("projectgate")


class Server(uvicorn.Server):
    """uvicorn's server with a way of its own to stop.

    At SIGTERM or SIGINT the process is not ready any more. After SIGTERM it goes on accepting connections for `linger`
    seconds, in which a load balancer learns of it. Then it accepts none, ends streams and idle connections, and waits
    for the requests that run. A second signal ends it at once, unless it comes to one of several `workers`: who stops
    all processes of a group tells each of them, and the first process tells them again.
    """

    lines: tuple[str, ...] = ()

    def __init__(
        self, config: uvicorn.Config, app: Starlette, *, linger: float, worker: bool
    ) -> None:
        super().__init__(config)
        self._state = app.state
        self._linger = linger
        self._worker = worker
        self._told = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, then prints the lines on standard output."""
        await super().startup(sockets)
        if self.lines and not self.should_exit:
            print(*self.lines, sep="\n", flush=True)  # noqa: T201

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Hears a signal. Not kept to be raised again, as uvicorn does: who stops in order ends with 0."""
        if self._told:
            if not self._worker:
                os._exit(1)
            return
        self._told = monotonic()
        if sig == signal.SIGINT:
            self._linger = 0
        guard = Timer(STOP, _give_up)
        guard.daemon = True
        guard.start()
        self._state.draining.begin()
        self.should_exit = True

    async def main_loop(self) -> None:
        """Serves until told to stop and as long after it as others need to learn of it."""
        await super().main_loop()
        if self._told:
            _LOG.info("stopping", accepting_seconds=self._linger)
            await asyncio.sleep(self._told + self._linger - monotonic())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends everything, with what is left of the time."""
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        await self._state.streams.drain(max(self._told + GRACE - monotonic(), GOODBYE))
        if self._told:
            left = max(self._told + GRACE - monotonic(), 0.1)
            self.config.timeout_graceful_shutdown = left  # type: ignore[assignment]
        await super().shutdown(sockets)


def _give_up() -> None:
    _LOG.error("it did not stop in time", seconds=STOP)
    os._exit(1)

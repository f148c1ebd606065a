"""/healthz and /readyz: whether the process lives, and whether requests are to come to it."""

from __future__ import annotations

import asyncio
from time import monotonic

import structlog
from starlette.requests import Request
from starlette.responses import Response

from projectgate.answers import answered
from projectgate.data import migrate
from projectgate.data.database import Database
from projectgate.draining import Draining
from projectgate.request import JSON

# Seconds that the database has to answer, and seconds for which an answer holds.
LIMIT, FRESH = 5.0, 1.0

log = structlog.get_logger("projectgate")


async def healthy(_request: Request) -> Response:
    """Whether the process answers at all."""
    return answered({"status": "ok"}, JSON)


class Readiness:
    """Whether the process can do its work: it is not about to stop, the database answers and is at the head.

    However many ask, the database is asked by one at a time, and no more than once a second.
    """

    def __init__(self, draining: Draining) -> None:
        self._draining = draining
        self._known: str | None = None
        self._until = 0.0
        self._asking: asyncio.Task[str | None] | None = None

    async def answer(self, request: Request) -> Response:
        """The answer to a probe."""
        if self._draining.begun:
            return _not_now("stopping", "the server is about to stop")
        reason = await self._reason(request.app.state.database)
        # It may have been told to stop meanwhile.
        if self._draining.begun:
            return _not_now("stopping", "the server is about to stop")
        return (
            answered({"status": "ok"}, JSON) if reason is None else _not_now("unavailable", reason)
        )

    async def _reason(self, database: Database) -> str | None:
        if monotonic() < self._until:
            return self._known
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._asked(database))
        # Whoever goes away does not take the answer from the others.
        return await asyncio.shield(self._asking)

    async def _asked(self, database: Database) -> str | None:
        self._known = await _fault(database)
        self._until = monotonic() + FRESH
        return self._known


async def _fault(database: Database) -> str | None:
    """Why the database cannot be worked with now, None where it can."""
    try:
        async with asyncio.timeout(LIMIT):
            await migrate.check(database)
    except migrate.NotAtHead:
        return "the database is not at the head: run `projectgate migrate`"
    # Whatever a driver raises, the answer is the same: not now. The log has the rest.
    except Exception as error:  # noqa: BLE001
        log.warning("the database does not answer", error=type(error).__name__)
        return "the database does not answer"
    return None


def _not_now(status: str, reason: str) -> Response:
    return answered({"status": status, "reason": reason}, JSON, 503)

"""What runs on a WebSocket: operations, each by the id that its client gave it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from graphql import GraphQLError, OperationType

from projectgate.admission import Admission
from projectgate.operations import Operations
from projectgate.parameters import Operation
from projectgate.refusals import RequestError, shown, told
from projectgate.request import Rejected
from projectgate.resolvers.context import Context
from projectgate.resolvers.feed import earliest
from projectgate.transports.events import Events

from .messages import Closing
from .streams import Gone

# Tells the client something. Raises: Gone.
Say = Callable[[dict[str, Any]], Awaitable[None]]
_RESTARTING = shown("the server restarts: connect again", "SERVER_RESTARTING")


class _Job:
    """An operation that runs. `follows`: it ends when the server stops, and is not waited for."""

    task: asyncio.Task[None]
    follows = False
    events: Events | None = None


class Running:
    """The operations of one connection."""

    def __init__(self, admission: Admission, operations: Operations, most: int, say: Say) -> None:
        """`most`: how many may run at once."""
        self._admission = admission
        self._operations = operations
        self._most = most
        self._say = say
        # All of them; and those whose end the client has not told or been told, by their ids.
        self._jobs: set[_Job] = set()
        self._named: dict[str, _Job] = {}
        self._answered: Callable[[], None] | None = None

    @property
    def cursor(self) -> str | None:
        """The cursor after which nothing was taken of any subscription."""
        begun = [job.events for job in self._named.values() if job.events is not None]
        return earliest(events.cursor for events in begun if events.cursor)

    @property
    def answering(self) -> bool:
        """Whether something runs that was asked for once."""
        return any(not job.follows for job in self._jobs)

    def require_free(self, name: str) -> None:
        """Lets an id pass that is not in use. Raises: Closing."""
        if name in self._named:
            raise Closing(4409, f"Subscriber for {name} already exists")

    def begin(self, name: str, asked: Operation, context: Context) -> None:
        """Runs an operation, whose id is free, and tells what comes of it. Raises: RequestError, Rejected (429)."""
        full = len(self._jobs) >= self._most
        if full or self._answered is not None:
            self._admission.heard(context.caller)
        if self._answered is not None:
            raise RequestError([_RESTARTING])
        if full:
            message = (
                f"the connection runs {self._most} operations, the limit: complete one, or open another "
                "connection"
            )
            raise RequestError([shown(message, "TOO_MANY_SUBSCRIPTIONS")])
        job = self._named[name] = _Job()
        self._jobs.add(job)
        job.task = asyncio.create_task(self._run(name, job, asked, context))
        job.task.add_done_callback(lambda _: self._done(job))

    def complete(self, name: str) -> None:
        """Ends an operation of which the client wants no more."""
        job = self._named.pop(name, None)
        if job in self._jobs:
            job.task.cancel()

    def drain(self, answered: Callable[[], None]) -> None:
        """Begins no more, ends subscriptions, and calls back once what was asked for once is answered."""
        self._answered = answered
        for job in self._jobs:
            if job.follows:
                job.task.cancel()

    async def stop(self) -> None:
        """Ends all of them, returns when they have ended, and forgets them: nothing more is told or asked."""
        tasks = [job.task for job in self._jobs]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._named.clear()
        # It is the connection's, which has these operations.
        del self._say

    async def refuse(self, name: str, error: RequestError | Rejected) -> None:
        """Tells that an operation is not executed, and why. Raises: Gone."""
        await self._say(self._refusal(name, error))

    def _refusal(self, name: str, error: RequestError | Rejected) -> dict[str, Any]:
        self._operations.metrics.refused(error.code)
        if isinstance(error, RequestError):
            return _failed(name, error.errors)
        return _failed(name, [shown(error.message, error.code)])

    def _done(self, job: _Job) -> None:
        self._jobs.discard(job)
        # One that was cancelled keeps what it raised, and with it the job.
        del job.task
        if self._answered is not None and not self.answering:
            self._answered()

    async def _run(self, name: str, job: _Job, asked: Operation, context: Context) -> None:
        """Executes an operation and tells what comes of it.

        Where that cannot be told it keeps its id: of a subscription it is told where to resume when all ends.
        """
        try:
            await self._answer(name, job, asked, context)
            last = {"id": name, "type": "complete"}
        except (RequestError, Rejected) as error:
            last = self._refusal(name, error)
        except Gone:
            return
        # A fault of ours ends the operation, not the connection; the log has it.
        except Exception as error:  # noqa: BLE001
            fault = GraphQLError("a fault of the server", original_error=error)
            last = _failed(name, told([fault]))
        # After a `complete` of the client the id may be another operation's.
        if self._named.get(name) is job:
            del self._named[name]
        with suppress(Gone):
            await self._say(last)

    async def _answer(self, name: str, job: _Job, asked: Operation, context: Context) -> None:
        prepared = self._admission.prepared(asked, context.caller)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            payload = await self._operations.answer(prepared, context)
            await self._say({"id": name, "type": "next", "payload": payload})
            return
        job.follows = True
        if self._answered is not None:
            raise RequestError([_RESTARTING])
        events = Events(self._admission, self._operations, prepared, context)
        try:
            await events.begin()
            job.events = events
            async for payload in events:
                await self._say({"id": name, "type": "next", "payload": payload})
        finally:
            await events.aclose()


def _failed(name: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": name, "type": "error", "payload": errors}

"""An operation of a caller, whatever transport it came by: executed, in its time, and its answer told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable
from typing import Any, TypeVar

import structlog
from graphql import OperationType
from strawberry.types.execution import ExecutionResult, PreExecutionError

from projectgate.admission import Admission, Prepared
from projectgate.data.failures import StatementTimeout
from projectgate.deadlines import Deadline, Deadlines
from projectgate.observing import Observer
from projectgate.receipt import Receipt
from projectgate.refusals import RequestError, shown, told
from projectgate.resolvers.context import Context
from projectgate.settings import Settings

DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
NOT_AT_ONCE = (
    "a subscription is not answered by a single response: use a WebSocket (graphql-transport-ws), or send "
    "`Accept: text/event-stream`"
)

T = TypeVar("T")
log = structlog.get_logger("projectgate")


class Operations:
    """Executes what was admitted, each operation in its time and seen by the observer."""

    def __init__(self, settings: Settings, observer: Observer, admission: Admission) -> None:
        self._observer = observer
        self._admission = admission
        self.metrics = observer.metrics
        self._seconds = settings.operation_deadline
        self._deadlines = Deadlines()

    async def answer(
        self,
        prepared: Prepared,
        context: Context,
        receipt: Receipt | None = None,
        until: float | None = None,
    ) -> dict[str, Any]:
        """The answer to a query or a mutation; `until`: when a batch has to be done. Raises: RequestError."""
        observation = self._observer.observe(prepared)
        try:
            _require_one_answer(prepared)
            asked = prepared.name, prepared.variables
            if receipt is None:
                execution = prepared.document.execute(*asked, context, observation.executed)
            else:
                execution = receipt.executed(prepared.document, *asked, observation.executed)
            result = await self._in_time(prepared, context, execution, until or self.deadline())
            payload = _with_cost(payload_of(result), prepared)
            if receipt is not None:
                payload["extensions"]["receipt"] = receipt.account(prepared.cost)
        except RequestError as error:
            if error.code == DEADLINE_EXCEEDED:
                observation.ended(error.code)
            else:
                observation.refused(error.code)
            raise
        except BaseException as error:
            observation.failed(error)
            raise
        observation.answered(payload)
        if observation.fields:
            self._admission.completed(prepared, context.caller, observation.fields)
        return payload

    async def source(self, prepared: Prepared, context: Context) -> AsyncIterable[Any]:
        """The events of a subscription, to be closed by whoever takes them. Raises: RequestError."""
        beginning = prepared.document.subscribe(prepared.name, prepared.variables, context)
        source = await self._in_time(prepared, context, beginning, self.deadline())
        if isinstance(source, PreExecutionError):
            raise RequestError(told(source.errors or (), "GRAPHQL_VALIDATION_FAILED"))
        if isinstance(source, ExecutionResult):
            raise RequestError(told(source.errors or ()))
        return source

    async def event(self, prepared: Prepared, context: Context, event: Any) -> dict[str, Any]:
        """The answer of a subscription to one of its events; what goes wrong with that stands in it."""
        observation = self._observer.observe(prepared)
        execution = prepared.document.event(prepared.name, prepared.variables, context, event)
        try:
            result = await self._in_time(prepared, context, execution, self.deadline())
            payload = _with_cost(payload_of(result), prepared)
        except RequestError as error:
            self.metrics.refused(error.code)
            payload = {"errors": error.errors, "data": None}
        except BaseException as error:
            observation.failed(error)
            raise
        observation.answered(payload)
        return payload

    async def _in_time(
        self, prepared: Prepared, context: Context, execution: Awaitable[T], until: float
    ) -> T:
        """What comes of an execution that has to be done until then. Raises: RequestError."""
        deadline = Deadline(self._deadlines, until)
        try:
            with deadline:
                return await execution
        except TimeoutError as error:
            context.cancel()
            raise self._too_late(prepared, error, expired=deadline.expired) from None
        except asyncio.CancelledError:
            context.cancel()
            raise

    def deadline(self) -> float:
        """When what begins now has to be done, by the clock of the loop."""
        return asyncio.get_running_loop().time() + self._seconds

    def _too_late(self, prepared: Prepared, error: TimeoutError, *, expired: bool) -> RequestError:
        if expired:
            why = f"the operation took longer than {self._seconds:g} s, the limit, and was stopped"
        elif isinstance(error, StatementTimeout):
            why = str(error)
        else:
            why = "the database did not answer in time"
            log.warning(why, error=type(error).__name__)
        message = f"{why}: ask for less at once, or try again later"
        if prepared.kind is OperationType.MUTATION:
            message += (
                ". Whether it was written is not known: send it again with its `idempotencyKey`, with which it is "
                "written once, or read what is there"
            )
        return RequestError([shown(message, DEADLINE_EXCEEDED)])


def _require_one_answer(prepared: Prepared) -> None:
    if prepared.kind is OperationType.SUBSCRIPTION:
        raise RequestError([shown(NOT_AT_ONCE, "BAD_REQUEST")])


def _with_cost(payload: dict[str, Any], prepared: Prepared) -> dict[str, Any]:
    payload["extensions"] = {"cost": prepared.cost, **payload.get("extensions", {})}
    return payload


def payload_of(result: ExecutionResult | PreExecutionError) -> dict[str, Any]:
    """What an answer says of what came of an operation. Raises: RequestError, when it was not executed."""
    errors = result.errors or []
    if isinstance(result, PreExecutionError):
        raise RequestError(told(errors, "GRAPHQL_VALIDATION_FAILED"))
    # No data and no path: the variables did not fit. An error of a field has the field's path.
    if result.data is None and errors and all(error.path is None for error in errors):
        raise RequestError(told(errors))
    payload: dict[str, Any] = {"errors": told(errors)} if errors else {}
    payload["data"] = result.data
    if result.extensions:
        payload["extensions"] = result.extensions
    return payload

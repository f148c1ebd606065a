"""An operation of a caller, whatever transport it came by: prepared, executed, and its answer told.

Whatever has to hold for every operation stands here, so that no transport can leave it out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import strawberry
import structlog
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType
from strawberry.types.execution import ExecutionResult, PreExecutionError

from projectgate.data.failures import StatementTimeout
from projectgate.execution.documents import Document, Documents
from projectgate.execution.executor import How
from projectgate.observing import Observation, Observer
from projectgate.parameters import Operation
from projectgate.persisted import PersistedQueries, TextRefused
from projectgate.rates import Rates
from projectgate.receipt import Receipt
from projectgate.resolvers.access import Caller
from projectgate.resolvers.context import Context
from projectgate.schema import limits
from projectgate.schema.cost import Estimate
from projectgate.schema.errors import formatted
from projectgate.schema.variables import MOST, Sizes
from projectgate.settings import Settings
from projectgate.trusted import trusted_documents

DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
MESSAGE_LENGTH = 1_000
# What an operation costs a caller at least, and what each character of a document costs that is read for the first
# time: about what it costs us, where a field of an answer costs 1.
LEAST, READING = 100, 10
NOT_AT_ONCE = (
    "a subscription is not answered by a single response: use a WebSocket (graphql-transport-ws), or send "
    "`Accept: text/event-stream`"
)

T = TypeVar("T")
log = structlog.get_logger("projectgate")


class RequestError(Exception):
    """A document that is not run, though it came in a well-formed request; with its errors."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors

    @property
    def code(self) -> str:
        """The code of the first of them."""
        return str(self.errors[0]["extensions"]["code"])


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that may be executed: its document, which of its definitions, its variables, and what it costs."""

    document: Document
    definition: OperationDefinitionNode
    variables: dict[str, Any]
    cost: int

    @property
    def kind(self) -> OperationType:
        """Whether it is a query, a mutation or a subscription."""
        return self.definition.operation

    @property
    def name(self) -> str | None:
        """The name of the operation, if it has one."""
        return self.definition.name.value if self.definition.name else None


class _Known(NamedTuple):
    """What is known of an operation that may be executed, whatever its variables are."""

    definition: OperationDefinitionNode
    estimate: Estimate
    sizes: Sizes


class Operations:
    """The operations of one schema."""

    def __init__(self, schema: strawberry.Schema, settings: Settings, observer: Observer) -> None:
        """Raises: SettingsRefused, when there is no manifest where one should be."""
        self._schema = schema._schema
        self._observer = observer
        self._texts = (
            PersistedQueries(on=settings.persisted_queries == "on")
            if settings.trusted_documents is None
            else trusted_documents(settings.trusted_documents)
        )
        self._rates = Rates(settings.rate_limit)
        self._settings = settings
        # Who may not ask for the schema is not told names of it that are like the wrong ones.
        self._documents = Documents(
            schema, parsed, hide_suggestions=settings.introspection == "off"
        )

    def prepared(self, asked: Operation, caller: Caller) -> Prepared:
        """What a caller asks for, if it may be executed at all. Raises: RequestError, Rejected (429)."""
        try:
            prepared = self._prepared(asked, self._document(asked, caller))
        except RequestError:
            self._rates.take(caller.name, LEAST)
            raise
        self._rates.take(caller.name, max(prepared.cost, LEAST))
        return prepared

    async def batch(
        self, asked: Sequence[Operation], caller: Caller
    ) -> list[Prepared | RequestError]:
        """What a caller asks for at once: of each, what may be executed, or why it may not.

        Together they have the limits that one has. Raises: RequestError, Rejected (429).
        """
        self._rates.take(caller.name, LEAST * len(asked))
        if too_long := limits.together_too_long(one.query or "" for one in asked):
            raise RequestError([beyond(too_long)])
        read: list[Document | RequestError] = []
        for one in asked:
            await asyncio.sleep(0)  # others have their turn as they have it between requests
            try:
                read.append(self._document(one, caller))
            except RequestError as error:
                read.append(error)
        if found := limits.exceeded_together(one.node for one in read if isinstance(one, Document)):
            raise RequestError([beyond(excess) for excess in found])
        batch: list[Prepared | RequestError] = []
        for one, document in zip(asked, read, strict=True):
            await asyncio.sleep(0)
            try:
                if isinstance(document, RequestError):
                    raise document
                batch.append(self._prepared(one, document))
            except RequestError as error:
                batch.append(error)
        cost = sum(one.cost for one in batch if isinstance(one, Prepared))
        if cost > self._settings.cost_limit:
            raise RequestError([too_complex(cost, self._settings.cost_limit, "batch")])
        self._rates.take(caller.name, cost)
        return batch

    def _prepared(self, asked: Operation, document: Document) -> Prepared:
        known: _Known | None = document.remembered.get(asked.name)
        if known is None:
            known = document.remembered[asked.name] = self._checked(document, asked.name)
        if known.sizes.size(asked.variables) > MOST:
            raise RequestError([too_large()])
        cost = known.estimate.cost(asked.variables)
        if cost > self._settings.cost_limit:
            raise RequestError([too_complex(cost, self._settings.cost_limit)])
        if asked.sha256 is not None:
            self._texts.keep(asked)
        return Prepared(document, known.definition, asked.variables, cost)

    def _document(self, asked: Operation, caller: Caller) -> Document:
        """The document that is asked for, read. Raises: RequestError, Rejected (429)."""
        try:
            text = self._texts.text(asked)
        except TextRefused as refused:
            raise RequestError([shown(refused.message, refused.code)]) from None
        if text not in self._documents:
            self._rates.take(caller.name, READING * min(len(text), limits.CHARACTERS))
        return self._documents.document(text)

    def _checked(self, document: Document, name: str | None) -> _Known:
        """An operation of a document, if it may be executed whatever its variables are. Raises: RequestError."""
        definition = chosen(document, name)
        if self._settings.introspection == "off" and document.introspects:
            raise RequestError(
                [shown("introspection is switched off here", "GRAPHQL_VALIDATION_FAILED")]
            )
        if document.faults:
            raise RequestError(told(document.faults, "GRAPHQL_VALIDATION_FAILED"))
        return _Known(
            definition,
            Estimate(self._schema, document.node, definition),
            Sizes(self._schema, definition),
        )

    async def answer(
        self,
        prepared: Prepared,
        context: Context,
        receipt: Receipt | None = None,
        until: float | None = None,
    ) -> dict[str, Any]:
        """The answer to a query or a mutation; `until`: when a batch has to be done. Raises: RequestError."""
        observation = Observation(self._observer, prepared)
        try:
            payload = await self._answered(
                prepared, context, receipt, until or self.deadline(), observation.executed
            )
        except RequestError as error:
            if error.code == DEADLINE_EXCEEDED:  # the others were not executed
                observation.ended(error.code)
            raise
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            observation.ended("cancelled" if cancelled else "INTERNAL")
            raise
        observation.answered(payload)
        return payload

    async def _answered(
        self,
        prepared: Prepared,
        context: Context,
        receipt: Receipt | None,
        until: float,
        told: Callable[[How], None],
    ) -> dict[str, Any]:
        if prepared.kind is OperationType.SUBSCRIPTION:
            raise RequestError([shown(NOT_AT_ONCE, "BAD_REQUEST")])
        result = await self._in_time(
            prepared, context, executed(prepared, context, receipt, told), until
        )
        payload = payload_of(result)
        payload["extensions"] = {"cost": prepared.cost, **payload.get("extensions", {})}
        if receipt is not None:
            payload["extensions"]["receipt"] = receipt.account(prepared.cost)
        return payload

    async def events(self, prepared: Prepared, context: Context) -> Events:
        """The answers of a subscription, to be closed by whoever takes them. Raises: RequestError."""
        beginning = prepared.document.subscribe(prepared.name, prepared.variables, context)
        source = await self._in_time(prepared, context, beginning, self.deadline())
        if isinstance(source, PreExecutionError):
            raise RequestError(told(source.errors or (), "GRAPHQL_VALIDATION_FAILED"))
        if isinstance(source, ExecutionResult):
            raise RequestError(told(source.errors or ()))
        return Events(self, prepared, context, source)

    async def event(self, prepared: Prepared, context: Context, event: Any) -> dict[str, Any]:
        """The answer of a subscription to one of its events; what goes wrong with that stands in it."""
        observation = Observation(self._observer, prepared)
        execution = prepared.document.event(prepared.name, prepared.variables, context, event)
        try:
            payload = payload_of(await self._in_time(prepared, context, execution, self.deadline()))
        except RequestError as error:
            payload = {"errors": error.errors, "data": None}
        observation.answered(payload)
        return payload

    async def _in_time(
        self, prepared: Prepared, context: Context, execution: Awaitable[T], until: float
    ) -> T:
        """What comes of an execution that has to be done until then. Raises: RequestError."""
        try:
            async with asyncio.timeout_at(until) as deadline:
                return await execution
        except TimeoutError as error:
            context.cancel()
            raise self._too_late(prepared, error, expired=deadline.expired()) from None
        except asyncio.CancelledError:
            context.cancel()
            raise

    def deadline(self) -> float:
        """When what begins now has to be done, by the clock of the loop."""
        return asyncio.get_running_loop().time() + self._settings.operation_deadline

    def _too_late(self, prepared: Prepared, error: TimeoutError, *, expired: bool) -> RequestError:
        if expired:
            seconds = self._settings.operation_deadline
            why = f"the operation took longer than {seconds:g} s, the limit, and was stopped"
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


async def executed(
    prepared: Prepared, context: Context, receipt: Receipt | None, told: Callable[[How], None]
) -> ExecutionResult | PreExecutionError:
    """What comes of an operation, which is written down if there is a receipt for it. `told` hears how it was done."""
    if receipt is not None:
        return await receipt.executed(prepared.document, prepared.name, prepared.variables, told)
    return await prepared.document.execute(prepared.name, prepared.variables, context, told)


class Events:
    """The answers of a subscription as its events come, each executed with a context of its own.

    `cursor` is where to resume: whoever asks for the next answer has taken the one before. None where the events have
    none.
    """

    def __init__(
        self, operations: Operations, prepared: Prepared, context: Context, source: Any
    ) -> None:
        self._operations = operations
        self._prepared = prepared
        self._context = context
        self._source = source

    @property
    def cursor(self) -> str | None:
        """The cursor after which nothing was taken."""
        return getattr(self._source, "cursor", None)

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> dict[str, Any]:
        """The next answer; errors of one event stand in it, and the next one is answered all the same."""
        event = await anext(self._source)
        return await self._operations.event(self._prepared, self._context.again(), event)

    async def aclose(self) -> None:
        """Ends the subscription."""
        await self._source.aclose()


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


def parsed(query: str) -> DocumentNode:
    """The document that a text is, if it is within the limits. Raises: RequestError."""
    try:
        return limits.parsed(query)
    except GraphQLError as error:
        raise RequestError(told([error])) from None
    except limits.TooMuch as error:
        raise RequestError([beyond(one) for one in error.found]) from None


def chosen(document: Document, name: str | None) -> OperationDefinitionNode:
    """The operation of a document to run: the named one, or its only one. Raises: RequestError."""
    operations = document.operations
    if name is not None:
        operations = [
            node for node in operations if node.name is not None and node.name.value == name
        ]
        message = f"the document has no operation named {name[:100]!r}"
    elif operations:
        count = len(operations)
        message = f"the document has {count} operations: name the one to run in `operationName`"
    else:
        message = "the document has no operation, only definitions that one could use"
    # Two of one name are for validation to tell.
    if not operations or (name is None and len(operations) > 1):
        raise RequestError([shown(message, "OPERATION_RESOLUTION_FAILURE")])
    return operations[0]


def shown(message: str, code: str) -> dict[str, Any]:
    """An error of ours as it is told, with its code."""
    return {"message": message, "extensions": {"code": code}}


def too_complex(cost: int, limit: int, what: str = "operation") -> dict[str, Any]:
    """The error of an operation, or of a batch of them, that costs too much."""
    message = (
        f"the {what} costs {limits.said(cost)}; the limit is {limit:,}: ask for smaller pages, "
        "or for fewer fields in lists"
    )
    error = shown(message, "QUERY_TOO_COMPLEX")
    error["extensions"] |= {"cost": min(cost, limits.MOST_TOLD), "limit": limit}
    return error


def too_large() -> dict[str, Any]:
    """The error of an operation whose variables have too many values."""
    message = (
        f"the variables have more than {MOST:,} values, counting for each object the fields of its type, the limit: "
        "send several operations"
    )
    error = shown(message, "QUERY_TOO_COMPLEX")
    error["extensions"] |= {"value": MOST + 1, "limit": MOST}
    return error


def beyond(excess: limits.Excess) -> dict[str, Any]:
    """The error of a document that has too much of something."""
    error = shown(excess.message, "QUERY_TOO_COMPLEX")
    error["extensions"] |= {"value": excess.value, "limit": excess.limit}
    return error


def told(errors: Iterable[GraphQLError], code: str | None = None) -> list[dict[str, Any]]:
    """Errors as they are told, with a code for GraphQL's own.

    A message quotes what was sent, so it is kept short.
    """
    errors = list(errors)
    for fault in errors:
        if code is not None and fault.original_error is None:
            fault.extensions = {"code": code, **(fault.extensions or {})}
    answers = [formatted(fault) for fault in errors]
    for error in answers:
        if len(error["message"]) > MESSAGE_LENGTH:
            error["message"] = f"{error['message'][:MESSAGE_LENGTH]}…"
    return answers

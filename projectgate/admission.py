"""What a caller may have executed: found, read, within every limit, and paid for.

Whatever has to hold for every operation before it runs stands here, so that no transport can leave it out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import strawberry
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType

from projectgate.execution.documents import Document, Documents
from projectgate.parameters import Operation
from projectgate.persisted import PersistedQueries, TextRefused
from projectgate.rates import Rates
from projectgate.refusals import RequestError, beyond, shown, told, too_complex, too_large
from projectgate.resolvers.access import Caller
from projectgate.schema import limits
from projectgate.schema.cost import Estimate
from projectgate.schema.variables import MOST, Sizes
from projectgate.settings import Settings
from projectgate.trusted import trusted_documents

# What an operation costs a caller at least, and what each character of a document costs that is read for the first
# time: about what it costs us, where a field of an answer costs 1.
LEAST, READING = 100, 10
# What each kB costs that is read as JSON, whatever it holds, and each value of variables as `Sizes` counts them.
PARSING, VALUE = 100, 3
# What each field of an answer costs that no plan made but graphql-core.
COMPLETING = 8


class Prepared(NamedTuple):
    """An operation that may be executed: its document, which of its definitions, its variables, and what it costs.

    `values`: how many there are in the variables.
    """

    document: Document
    definition: OperationDefinitionNode
    variables: dict[str, Any]
    cost: int
    values: int = 0

    @property
    def kind(self) -> OperationType:
        """Whether it is a query, a mutation or a subscription."""
        return self.definition.operation

    @property
    def price(self) -> int:
        """What it counts for its caller."""
        return max(self.cost, LEAST) + VALUE * self.values

    @property
    def name(self) -> str | None:
        """The name of the operation, if it has one."""
        return self.definition.name.value if self.definition.name else None


class _Known(NamedTuple):
    """What is known of an operation that may be executed, whatever its variables are."""

    definition: OperationDefinitionNode
    estimate: Estimate
    sizes: Sizes


class Admission:
    """Decides what is executed of what callers ask of one schema."""

    def __init__(self, schema: strawberry.Schema, settings: Settings) -> None:
        """Raises: SettingsRefused, when there is no manifest where one should be."""
        self._schema = schema._schema
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

    def read(self, caller: Caller, size: int) -> None:
        """Counts what it takes to read so many bytes of a caller. Raises: Rejected (429)."""
        if size >= 1000:
            self._rates.take(caller.name, size // 1000 * PARSING)

    def heard(self, caller: Caller) -> None:
        """Counts a message of a caller that asks for nothing. Raises: Rejected (429)."""
        self._rates.take(caller.name, LEAST)

    def event(self, prepared: Prepared, caller: Caller) -> None:
        """Counts the answer to an event of what a caller subscribed to. Raises: Rejected (429)."""
        self._rates.take(caller.name, prepared.price)

    def completed(self, prepared: Prepared, caller: Caller, fields: int) -> None:
        """Counts what it took to complete so many fields without a plan, where that is more than the price."""
        self._rates.add(caller.name, COMPLETING * fields - prepared.price)

    def prepared(self, asked: Operation, caller: Caller) -> Prepared:
        """What a caller asks for, if it may be executed at all. Raises: RequestError, Rejected (429)."""
        try:
            prepared = self._prepared(asked, self._document(asked, caller))
        except RequestError as error:
            self._rates.take(caller.name, LEAST + error.price)
            raise
        self._rates.take(caller.name, prepared.price)
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
                # What is kept is not to keep what keeps it, the frames that it came through.
                read.append(error.with_traceback(None))
        if found := limits.exceeded_together(one.node for one in read if isinstance(one, Document)):
            raise RequestError([beyond(excess) for excess in found])
        batch: list[Prepared | RequestError] = []
        for one, document in zip(asked, read, strict=True):
            await asyncio.sleep(0)
            if isinstance(document, RequestError):
                batch.append(document)
                continue
            try:
                batch.append(self._prepared(one, document))
            except RequestError as error:
                batch.append(error.with_traceback(None))
        ready = [one for one in batch if isinstance(one, Prepared)]
        cost = sum(one.cost for one in ready)
        if cost > self._settings.cost_limit:
            raise RequestError([too_complex(cost, self._settings.cost_limit, "batch")])
        read_for_nothing = sum(one.price for one in batch if isinstance(one, RequestError))
        values = sum(one.values for one in ready)
        self._rates.take(caller.name, cost + VALUE * values + read_for_nothing)
        return batch

    def _prepared(self, asked: Operation, document: Document) -> Prepared:
        known: _Known | None = document.remembered.get(asked.name)
        if known is None:
            known = document.remembered[asked.name] = self._checked(document, asked.name)
        values = known.sizes.size(asked.variables)
        if values > MOST:
            raise RequestError([too_large()], price=VALUE * MOST)
        cost = known.estimate.cost(asked.variables)
        if cost > self._settings.cost_limit:
            raise RequestError([too_complex(cost, self._settings.cost_limit)])
        if asked.sha256 is not None:
            self._texts.keep(asked)
        return Prepared(document, known.definition, asked.variables, cost, values)

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
            Estimate(self._schema, document.node, definition, self._settings.cost_limit),
            Sizes(self._schema, definition),
        )


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

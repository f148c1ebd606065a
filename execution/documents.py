"""Documents: texts that are parsed and checked once, and executed as often as they are sent."""

from __future__ import annotations

from asyncio import sleep
from collections import OrderedDict
from collections.abc import AsyncIterable, Callable
from functools import cached_property
from typing import Any, NamedTuple

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    create_source_event_stream,
)
from graphql.pyutils import is_awaitable
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.types.execution import ExecutionResult, PreExecutionError

from .executor import KEPT, LONGEST_KEPT, How
from .parsing import parsed
from .validation import faults
from .variables import Variables

# So many characters the texts that are kept may have together; a parsed one takes 300 bytes for each.
KEPT_LENGTH = 500_000
_INTROSPECTION = frozenset({"__schema", "__type"})
# How operations of a schema are executed that has no engine, or leaves its executors to its extensions.
_WITHOUT_PLANS = How(False, "a schema without plans")
_EXTENDED = How(False, "extensions of the schema")


class _Lasting(NamedTuple):
    """Of an executor what is the same for each execution, and nothing else: a caller's data end with the operation."""

    fragment_definitions: Any
    fragments: Any
    operation: OperationDefinitionNode
    field_resolver: Any
    type_resolver: Any
    subscribe_field_resolver: Any
    variables: Variables


class Document:
    """A text that is parsed, with what is known of it whatever its variables are."""

    def __init__(
        self,
        schema: strawberry.Schema,
        text: str,
        node: DocumentNode,
        hide_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._text = text
        self._hide_suggestions = hide_suggestions
        self.node = node
        # What whoever has it executed knows of its operations, by the names that they are asked for with.
        self.remembered: dict[str | None, Any] = {}
        # Of each operation that was executed, what to make other executors of.
        self._known: dict[str | None, _Lasting] = {}
        nodes = node.definitions
        self.operations = [node for node in nodes if isinstance(node, OperationDefinitionNode)]

    @cached_property
    def faults(self) -> list[GraphQLError]:
        """Why it cannot be executed: where it does not fit the schema."""
        return faults(self._schema._schema, self.node, hide_suggestions=self._hide_suggestions)

    @cached_property
    def introspects(self) -> bool:
        """Whether it asks for the schema."""
        return introspects(self.node)

    async def execute(
        self,
        name: str | None,
        variables: dict[str, Any],
        context: Any,
        told: Callable[[How], None] | None = None,
    ) -> ExecutionResult | PreExecutionError:
        """What `Schema.execute` answers, without reading the text again. `told` hears how it was executed.

        Moments in UTC may be left as they are: orjson writes them as the scalar does.
        """
        # Strawberry makes an extension of a schema's directives.
        if self._schema.extensions or self._schema.directives:
            if told is not None:
                told(_EXTENDED)
            return await self._schema.execute(
                self._text, variables, context_value=context, operation_name=name
            )
        if self.faults:
            return PreExecutionError(data=None, errors=self.faults)
        return await self._executed(name, variables, context, None, told)

    async def subscribe(
        self, name: str | None, variables: dict[str, Any], context: Any
    ) -> AsyncIterable[Any] | ExecutionResult | PreExecutionError:
        """The events of a subscription as its resolver gives them, or why there are none."""
        if self.faults:
            return PreExecutionError(data=None, errors=self.faults)
        executor = self._executor(name, variables, context)
        if isinstance(executor, list):
            return ExecutionResult(data=None, errors=executor)
        events: Any = create_source_event_stream(executor)
        if is_awaitable(events):
            events = await events
        if isinstance(events, AsyncIterable):
            return events
        return ExecutionResult(data=None, errors=events.errors)

    async def event(
        self, name: str | None, variables: dict[str, Any], context: Any, event: Any
    ) -> ExecutionResult:
        """What a subscription answers to one of its events; the context is that event's own."""
        return await self._executed(name, variables, context, event, None)

    async def _executed(
        self,
        name: str | None,
        variables: dict[str, Any],
        context: Any,
        root: Any,
        told: Callable[[How], None] | None,
    ) -> ExecutionResult:
        if name not in self._known:
            # It may have been validated just now, and its plan is made next: let others have their turn.
            await sleep(0)
        executor = self._executor(name, variables, context, root)
        if isinstance(executor, list):
            return ExecutionResult(data=None, errors=executor)
        executor.native = True
        result = executor.execute_operation()
        if is_awaitable(result):
            result = await result
        if told is not None:
            how: How = getattr(executor, "how", _WITHOUT_PLANS)
            told(how if how.compiled else how._replace(fields=getattr(executor, "completed", 0)))
        return ExecutionResult(data=result.data, errors=result.errors)

    def _executor(
        self, name: str | None, variables: dict[str, Any], context: Any, root: Any = None
    ) -> Any | list[GraphQLError]:
        """What executes an operation once, or why its variables do not fit."""
        executor_class: Any = self._schema.execution_context_class
        known = self._known.get(name)
        if known is None:
            executor = executor_class.build(
                self._schema._schema,
                self.node,
                root,
                context_value=context,
                raw_variable_values=variables,
                operation_name=name,
                is_awaitable=optimized_is_awaitable,
                hide_suggestions=self._hide_suggestions,
            )
            if not isinstance(executor, list):
                self._known[name] = self._lasting(executor)
            return executor
        # As `build` makes it, of what does not differ from one execution to the next.
        values = known.variables.values(variables)
        if isinstance(values, list):
            return values
        return executor_class(
            self._schema._schema,
            known.fragment_definitions,
            known.fragments,
            root,
            context,
            known.operation,
            values,
            known.field_resolver,
            known.type_resolver,
            known.subscribe_field_resolver,
            is_awaitable=optimized_is_awaitable,
            hide_suggestions=self._hide_suggestions,
        )

    def _lasting(self, executor: Any) -> _Lasting:
        return _Lasting(
            executor.fragment_definitions,
            executor.fragments,
            executor.operation,
            executor.field_resolver,
            executor.type_resolver,
            executor.subscribe_field_resolver,
            Variables(
                self._schema._schema,
                executor.operation.variable_definitions or (),
                self._hide_suggestions,
            ),
        )


def introspects(node: DocumentNode) -> bool:
    """Whether a document asks for the schema anywhere, in fragments too, under whatever alias."""
    waiting: list[Any] = list(node.definitions)
    while waiting:
        selection_set = getattr(waiting.pop(), "selection_set", None)
        for selected in selection_set.selections if selection_set else ():
            if selected.kind == "field" and selected.name.value in _INTROSPECTION:
                return True
            waiting.append(selected)
    return False


class Documents:
    """The documents of a schema by their text; those not used for longest are forgotten first.

    `parse` makes a document of a text, and raises what its caller wants raised. `hide_suggestions`: errors do not say
    what a caller may have meant, which would be names of the schema.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        parse: Callable[[str], DocumentNode] = parsed,
        *,
        hide_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._parse = parse
        self._hide_suggestions = hide_suggestions
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._length = 0

    def __contains__(self, text: str) -> bool:
        """Whether a text is known, and need not be read."""
        return text in self._kept

    def document(self, text: str) -> Document:
        """The document that a text is."""
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
            return document
        document = Document(self._schema, text, self._parse(text), self._hide_suggestions)
        if len(text) <= LONGEST_KEPT:
            self._kept[text] = document
            self._length += len(text)
            while len(self._kept) > KEPT or self._length > KEPT_LENGTH:
                forgotten, _ = self._kept.popitem(last=False)
                self._length -= len(forgotten)
        return document

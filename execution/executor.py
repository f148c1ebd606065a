"""The executor: a plan where there can be one, and graphql-core wherever a plan might not say what it says.

A plan that meets anything unusual (an exception, a null where none may be, a leaf without an answer) is given up, and
graphql-core executes the operation: its errors, paths and nulls are its own. Fields of a query's root are resolved
once more then, so they must have no side effect; those of a mutation's root are not, their results are replayed. Only a
`TimeoutError` ends the operation, as it is raised: who has waited as long as it may does not wait once more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, ClassVar, NamedTuple

from graphql import (
    ExecutionResult,
    GraphQLFieldResolver,
    GraphQLResolveInfo,
    GraphQLResolveInfoHelpers,
    MiddlewareManager,
)
from graphql.pyutils import is_awaitable

from .operation import Operation
from .plan import Choices, Fallback, Plan
from .run import Run, Unanswerable
from .turns import ExecutorInTurns

# How many operations have their plans kept; the ones not used for longest go first.
KEPT = 512
# So many fields the plans that are kept may have together; one takes about half a kB.
KEPT_FIELDS = 100_000
# A text longer than this is not kept: its size would decide how much memory the others need.
LONGEST_KEPT = 20_000


# How many arguments every executor is given, and what it is given besides where nothing special is wanted of it.
_ALWAYS_GIVEN, _USUALLY_GIVEN = 10, {"is_awaitable", "hide_suggestions"}


@dataclass
class Counters:
    """What was executed how: plans made and run, operations left to graphql-core, plans given up."""

    plans: int = 0
    runs: int = 0
    fallbacks: int = 0
    bail_outs: int = 0


class Engine:
    """What the executors of one schema share: its plans, what is counted, and whether plans are used at all."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.enabled = True
        self._choices: OrderedDict[tuple[str, int, bool], Choices] = OrderedDict()
        self._fields = 0

    def executor_class(self) -> type[CompiledExecutor]:
        """The executor to give to a schema as its `execution_context_class`."""
        return type("CompiledExecutor", (CompiledExecutor,), {"engine": self})

    def plan(self, operation: Operation) -> Plan | Fallback:
        """The plan of an operation, made when it is first needed."""
        loc = operation.definition.loc
        if loc is None or len(loc.source.body) > LONGEST_KEPT:
            # It would be compiled for each execution, which costs more than it saves.
            return Fallback("a text that is not kept")
        key = (loc.source.body, loc.start, operation.native)
        choices = self._choices.get(key)
        if choices is None:
            choices = self._choices[key] = Choices(operation)
        else:
            self._choices.move_to_end(key)
        before = choices.fields
        plan = choices.plan(operation)
        if choices.fields > before:
            self.counters.plans += 1
            self._fields += choices.fields - before
            self._make_room()
        return plan

    def _make_room(self) -> None:
        while len(self._choices) > KEPT or (self._fields > KEPT_FIELDS and len(self._choices) > 1):
            _, forgotten = self._choices.popitem(last=False)
            self._fields -= forgotten.fields


class How(NamedTuple):
    """How an operation was executed: by a plan or not, and why not, in words that tell nothing of its data.

    `fields`: how many graphql-core completed.
    """

    compiled: bool
    reason: str | None = None
    fields: int = 0


class CompiledExecutor(ExecutorInTurns):
    """Strawberry's executor, but for operations that have a plan."""

    engine: ClassVar[Engine]
    # Whether moments may be answered as they are, since who asks writes them as JSON.
    native = False
    how = How(compiled=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Sets up what a plan needs; what graphql-core keeps of an execution takes longer, and may not be needed."""
        self._waiting: tuple[Any, Any] | None = arguments, options
        if len(arguments) != _ALWAYS_GIVEN or options.keys() != _USUALLY_GIVEN:
            self._set_up()
            return
        self.schema, self.fragment_definitions, self.fragments = arguments[:3]
        self.root_value, self.context_value, self.operation, self.variable_values = arguments[3:7]
        self.is_awaitable = options["is_awaitable"]
        self.hide_suggestions = options["hide_suggestions"]
        # What resolvers are told besides.
        self.abort_signal = self.operation_extensions = None

    def _set_up(self) -> None:
        """Has graphql-core set up what it keeps of an execution, once."""
        if self._waiting is not None:
            (arguments, options), self._waiting = self._waiting, None
            super().__init__(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        """What graphql-core keeps, for whoever asks for it before."""
        if self.__dict__.get("_waiting") is None:
            raise AttributeError(name)
        self._set_up()
        return getattr(self, name)

    # They hold the executor, which holds all that was read. If it held them, it would stay until the collector comes.
    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        """What resolvers are given for work of several tasks."""
        return GraphQLResolveInfoHelpers(gather=self.gather_async_work, track=self.track_async_work)

    @async_helpers.setter
    def async_helpers(self, _: GraphQLResolveInfoHelpers) -> None:
        """Keeps nothing of what graphql-core sets."""

    @property
    def strawberry_schema(self) -> Any:
        """The schema as Strawberry has it."""
        return self.schema._strawberry_schema  # type: ignore[attr-defined]

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result of the operation, or something to await that gives it."""
        plan = self._plan()
        if isinstance(plan, Plan):
            return self._run(plan, serially)
        self.how = How(False, plan.reason)
        self.engine.counters.fallbacks += 1
        self._set_up()
        return super().execute_operation(serially)

    def _plan(self) -> Plan | Fallback:
        if not self.engine.enabled:
            return Fallback("plans are switched off")
        if self._waiting is None:
            if self.abort_signal is not None or self.hooks is not None:
                return Fallback("an abort signal or hooks")
            if self.middleware_manager is not None and self.middleware_manager.middlewares:
                return Fallback("middleware of resolvers")
        if self.strawberry_schema.exception_handlers:
            return Fallback("handlers of exceptions")
        if not self.native and asyncio._get_running_loop() is None:
            return Fallback("execution without an event loop")
        return self.engine.plan(
            Operation(
                self.schema, self.fragments, self.operation, self.variable_values, self.native
            )
        )

    async def _run(self, plan: Plan, serially: bool | None) -> Any:
        run, replay = Run(self), Replay()
        try:
            data = await self._answered(plan, run, replay)
        # Who waited as long as it may does not wait once more.
        except TimeoutError:
            raise
        # Whatever went wrong, graphql-core will meet it again and say what is to be said.
        except Exception as error:  # noqa: BLE001
            self.how = How(False, f"given up: {_named(error)}")
        else:
            self.how = How(True)
            self.engine.counters.runs += 1
            return ExecutionResult(data, None)
        self.engine.counters.bail_outs += 1
        await run.abandon()
        if self.context_value is not None:
            self.context_value.narrow(None)
            # With what they hold loaders would answer sooner, and of several errors another one could come first.
            self.context_value.forget()
        self._set_up()
        self.middleware_manager = replay
        result = super().execute_operation(serially)
        return await result if isawaitable(result) else result

    async def _answered(self, plan: Plan, run: Run, replay: Replay) -> dict[str, Any]:
        """The data of the operation. Raises: anything."""
        if plan.root is not None:
            if self.context_value is not None:
                self.context_value.narrow(plan.needs)
            (data,) = plan.root([self.root_value], run)
            await run.settle()
            return data  # type: ignore[no-any-return]
        data = {}
        for field in plan.serial:
            if field.call is None:
                data[field.key] = field.answer
                continue
            info, arguments = field.call.raw_info(run), field.call.arguments(run)
            value = await replay.recorded(
                field.key, field.resolve, self.root_value, info, arguments
            )
            (data[field.key],) = field.complete([value], run)
            await run.settle()
        return data


class Replay(MiddlewareManager):
    """What the fields of a mutation's root gave or raised, for graphql-core to hear without doing them again."""

    def __init__(self) -> None:
        super().__init__()
        self._done: dict[str, Callable[[], Any]] = {}

    async def recorded(
        self,
        key: str,
        resolve: GraphQLFieldResolver,
        root: Any,
        info: GraphQLResolveInfo[Any],
        arguments: dict[str, Any],
    ) -> Any:
        """What a resolver gives, which is kept. Raises: what it raises, which is kept too."""
        try:
            value = resolve(root, info, **arguments)
            waits = is_awaitable(value)
            if waits:
                value = await value
        except Exception as error:
            self._done[key] = _raising(error)
            raise
        self._done[key] = (lambda: _given(value)) if waits else (lambda: value)
        return value

    def get_field_resolver(self, field_resolver: GraphQLFieldResolver) -> GraphQLFieldResolver:
        """A resolver that gives what is kept for its field, if anything is."""

        def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            done = self._done.get(str(info.path.key)) if info.path.prev is None else None
            return field_resolver(source, info, **arguments) if done is None else done()

        return resolve


def _named(error: Exception) -> str:
    """An exception by its class; only of our own are the words without data."""
    name = type(error).__name__
    return f"{name}: {error}" if type(error) is Unanswerable else name


async def _given(value: Any) -> Any:
    return value


def _raising(error: Exception) -> Callable[[], Any]:
    def again() -> Any:
        raise error

    return again

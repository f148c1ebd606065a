"""One run of a plan: what waits for loaders and resolvers, level by level."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql.pyutils import is_awaitable

if TYPE_CHECKING:
    from .completion import Complete
    from .executor import CompiledExecutor


class Unanswerable(Exception):
    """A value that a plan does not complete; graphql-core will say what is to be said of it."""


class Waiting(NamedTuple):
    """A field of many objects whose values are to be awaited, and where its answers go.

    `then` makes the field's value of an object and of what was awaited for it.
    """

    values: list[Any]
    answers: Sequence[dict[str, Any]]
    key: str
    complete: Complete
    objects: Sequence[Any] = ()
    then: Callable[[Any, Any], Any] | None = None


class Run:
    """The state of one run: the executor it is for, and the fields that wait on this level."""

    def __init__(self, executor: CompiledExecutor) -> None:
        self.executor = executor
        self._loads: list[Waiting] = []
        self._calls: list[Waiting] = []

    def load(
        self,
        loader: str,
        keys: Sequence[Any],
        answers: Sequence[dict[str, Any]],
        response_key: str,
        complete: Complete,
        objects: Sequence[Any] = (),
        then: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        """Asks a loader of the context for the values of a field. A mutation may have replaced the loaders."""
        found = getattr(self.executor.context_value.loaders, loader)
        load_all = getattr(found, "load_all", None)
        futures = [found.load(key) for key in keys] if load_all is None else load_all(keys)
        self._loads.append(Waiting(futures, answers, response_key, complete, objects, then))

    def wait(
        self, values: list[Any], answers: Sequence[dict[str, Any]], key: str, complete: Complete
    ) -> None:
        """Notes a field whose resolvers are coroutines."""
        self._calls.append(Waiting(values, answers, key, complete))

    def put(
        self, values: list[Any], answers: Sequence[dict[str, Any]], key: str, complete: Complete
    ) -> None:
        """Completes a field at once, unless any of its values turns out to be something to await."""
        if any(map(is_awaitable, values)):
            self.wait([_awaitable(value) for value in values], answers, key, complete)
        else:
            _put(values, answers, key, complete, self)

    async def settle(self) -> None:
        """Awaits what waits, level by level, until nothing does.

        All that a level needs is asked for before any of it is awaited, so a loader sees its keys of a level together.
        """
        while self._loads or self._calls:
            calls, loads = self._calls, self._loads
            self._calls, self._loads = [], []
            if loads or len(calls) > 1 or len(calls[0].values) > 1:
                _start(calls)
            level = calls + loads
            await _awaited(level)
            for field in level:
                values = field.values
                if field.then is not None:
                    values = list(map(field.then, field.objects, values))
                _put(values, field.answers, field.key, field.complete, self)

    async def abandon(self) -> None:
        """Lets what waits come to its end; nobody wants its answers any more."""
        level = self._calls + self._loads
        self._calls, self._loads = [], []
        await _ended(level)


def _put(
    values: Sequence[Any],
    answers: Sequence[dict[str, Any]],
    key: str,
    complete: Complete,
    run: Run,
) -> None:
    for answer, completed in zip(answers, complete(values, run), strict=True):
        answer[key] = completed


def _awaitable(value: Any) -> Awaitable[Any]:
    if is_awaitable(value):
        return value
    ready = asyncio.get_running_loop().create_future()
    ready.set_result(value)
    return ready


def _start(calls: Sequence[Waiting]) -> None:
    """Lets coroutines run side by side."""
    for field in calls:
        field.values[:] = map(asyncio.ensure_future, field.values)


async def _awaited(level: Sequence[Waiting]) -> None:
    """Puts into the fields of a level what they wait for.

    Raises: what the first of them to fail raised, once all have ended.
    """
    try:
        for field in level:
            values = field.values
            for place, value in enumerate(values):
                values[place] = await value
    except Exception:
        await _ended(level)
        raise
    except BaseException:
        # The operation itself is cancelled, so nothing of it goes on. A load belongs to its loader.
        for field in level:
            for value in field.values:
                if isinstance(value, asyncio.Task):
                    value.cancel()
        raise


async def _ended(level: Sequence[Waiting]) -> None:
    waiting = [value for field in level for value in field.values if is_awaitable(value)]
    await asyncio.gather(*waiting, return_exceptions=True)

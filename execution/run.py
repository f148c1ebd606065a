"""One run of a plan: what waits for loaders and resolvers, level by level."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql.pyutils import is_awaitable

if TYPE_CHECKING:
    from .completion import Complete
    from .executor import CompiledExecutor


# Seconds of completing after which others have their turn.
TURN = 0.02


class Unanswerable(Exception):
    """A value that a plan does not complete; graphql-core will say what is to be said of it."""


class Wait(NamedTuple):
    """A field of many objects whose resolvers are coroutines, and where its answers go."""

    values: list[Any]
    answers: Sequence[dict[str, Any]]
    key: str
    complete: Complete


class Load(NamedTuple):
    """A field of many objects whose values a loader gives, and where its answers go.

    `then` makes the field's value of an object and of what was loaded for it.
    """

    loader: str
    keys: list[Any]
    answers: Sequence[dict[str, Any]]
    key: str
    complete: Complete
    objects: Sequence[Any]
    then: Callable[[Any, Any], Any] | None


class Run:
    """The state of one run: the executor it is for, and the fields that wait on this level."""

    def __init__(self, executor: CompiledExecutor) -> None:
        self.executor = executor
        self._loads: list[Load] = []
        self._calls: list[Wait] = []

    def load(
        self,
        loader: str,
        keys: list[Any],
        answers: Sequence[dict[str, Any]],
        response_key: str,
        complete: Complete,
        objects: Sequence[Any] = (),
        then: Callable[[Any, Any], Any] | None = None,
        *,
        of_one: bool = False,
    ) -> None:
        """Notes a field whose values a loader of the context gives, or completes it where it has them already.

        `of_one`: there is one object, whatever the data are, since no list is above the field.
        """
        if not keys:
            return
        given = getattr(self.executor.context_value.loaders, "given", None) if of_one else None
        values = None if given is None else given(loader, keys)
        if values is not None:
            if then is not None:
                values = list(map(then, objects, values))
            _put(values, answers, response_key, complete, self)
            return
        self._loads.append(Load(loader, keys, answers, response_key, complete, objects, then))

    def wait(
        self, values: list[Any], answers: Sequence[dict[str, Any]], key: str, complete: Complete
    ) -> None:
        """Notes a field whose resolvers are coroutines."""
        if values:
            self._calls.append(Wait(values, answers, key, complete))

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
        Between fields that take long to complete others have their turn.
        """
        while self._loads or self._calls:
            calls, loads = self._calls, self._loads
            self._calls, self._loads = [], []
            found = await _awaited(calls, loads, self.executor.context_value)
            begun = perf_counter()
            for field in _settled(calls, loads, found):
                if perf_counter() - begun > TURN:
                    await asyncio.sleep(0)
                    begun = perf_counter()
                _put(*field, self)

    async def abandon(self) -> None:
        """Lets what waits come to its end; nobody wants its answers any more."""
        calls, self._calls, self._loads = self._calls, [], []
        await _ended(calls, ())


def _settled(
    calls: Sequence[Wait], loads: Sequence[Load], found: Sequence[Sequence[Any]]
) -> Iterator[tuple[Sequence[Any], Sequence[dict[str, Any]], str, Complete]]:
    """The values of each field that waited, and where their answers go."""
    for call in calls:
        yield call.values, call.answers, call.key, call.complete
    for load, values in zip(loads, found, strict=True):
        made = values if load.then is None else list(map(load.then, load.objects, values))
        yield made, load.answers, load.key, load.complete


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


def _ask(loads: Sequence[Load], asked: list[Awaitable[Sequence[Any]]], context: Any) -> None:
    """Asks the loaders; one that knows nothing of lists is asked for each key."""
    for load in loads:
        loader = getattr(context.loaders, load.loader)
        if hasattr(loader, "load_all"):
            asked.append(loader.load_all(load.keys))
        else:
            asked.append(asyncio.gather(*map(loader.load, load.keys)))


def _start(calls: Sequence[Wait]) -> None:
    """Lets coroutines run side by side. Raises: TypeError where there is nothing to await."""
    for call in calls:
        for place, value in enumerate(call.values):
            call.values[place] = asyncio.ensure_future(value)


async def _awaited(
    calls: Sequence[Wait], loads: Sequence[Load], context: Any
) -> list[Sequence[Any]]:
    """Puts into calls what they wait for; gives what loads wait for. They all go on side by side.

    Raises: what the first of them to fail raised, once all have ended.
    """
    together = None if calls else getattr(context.loaders, "together", None)
    if together is not None:
        # No resolver will ask for more, so loaders need not wait for others.
        named = [(load.loader, load.keys) for load in loads]
        return await together(named)  # type: ignore[no-any-return]
    asked: list[Awaitable[Sequence[Any]]] = []
    try:
        _ask(loads, asked, context)
        if loads or len(calls) > 1 or len(calls[0].values) > 1:
            _start(calls)
        for call in calls:
            values = call.values
            for place, value in enumerate(values):
                values[place] = await value
        return [await values for values in asked]
    except Exception:
        await _ended(calls, asked)
        raise
    except BaseException:
        # The operation itself is cancelled, so nothing of it goes on. A load belongs to its loader.
        for call in calls:
            for value in call.values:
                if isinstance(value, asyncio.Task):
                    value.cancel()
        raise


async def _ended(calls: Sequence[Wait], asked: Sequence[Awaitable[Any]]) -> None:
    waiting = [value for call in calls for value in call.values if is_awaitable(value)]
    await asyncio.gather(*waiting, *asked, return_exceptions=True)

"""A loader: many keys in, one batch, results in the order of the keys.

aiodataloader's, with the same cache and the same batches, made with less ado: there are many loaders a second.
"""

from __future__ import annotations

from asyncio import Future, Task, ensure_future, gather, get_running_loop
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

from aiodataloader import DataLoader

from ..data.compiled import Read
from ..data.counting import TALLY
from .hearing import BATCHES, SIZES, Batch

K = TypeVar("K")
V = TypeVar("V")


class Asked(NamedTuple):
    """Keys that were asked for together, and the future of their values; of a key alone that of its value.

    `places` has the place of each key once somebody asks for one of them.
    """

    keys: list[Any]
    future: Future[Any]
    alone: bool
    places: dict[Any, int]

    def place(self, key: Any) -> int | None:
        """The place of a key, None when it is not among them."""
        if not self.places:
            self.places.update((one, place) for place, one in enumerate(self.keys))
        return self.places.get(key)


class Reading(NamedTuple):
    """How a batch is read: the statement, None where nothing is to be read, and what makes values of its rows."""

    read: Read | None
    values: Callable[[Sequence[Any]], list[Any]]


class Loader(DataLoader[K, V]):
    """aiodataloader's loader with the same cache and the same batches, made with less ado.

    A batch costs one task, and keys that are asked for together cost one future. Its name is told to those who hear
    batches.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[list[K]], Coroutine[Any, Any, list[V]]],
        reading: Callable[[list[K]], Reading] | None = None,
    ) -> None:
        """`reading`: where a batch is one statement, that, so that it can be sent together with others."""
        self._name = name
        self.reading = reading
        # What aiodataloader's own sets up, without its inspection of the function: there are many loaders a second.
        self.loop = get_running_loop()
        self.batch_load_fn = load
        self.get_cache_key = _same
        self._cache = {}
        self._asked: list[Asked] = []
        self._sending = False
        self._together: list[Asked] = []
        self._reading: list[Task[None]] = []

    def load(self, key: K) -> Future[V]:
        """The value of a key."""
        if key not in self._cache:
            for asked in self._together:
                place = asked.place(key)
                if place is not None:
                    self._cache[key] = ensure_future(_one_of(asked, place))
        return super().load(key)

    def load_all(self, keys: list[K], *, soon: bool = True) -> Awaitable[list[V]]:
        """The values of many keys, in their order. Not `soon`: nothing is read until somebody has it read."""
        for asked in self._together:
            if asked.keys == keys:
                return asked.future
        if self._together or self._cache or len(set(keys)) < len(keys):
            return gather(*map(self.load, keys))
        asked = Asked(keys, self.loop.create_future(), alone=False, places={})
        self._together.append(asked)
        self._ask(asked, soon=soon)
        return asked.future

    def do_resolve_reject(self, key: K, future: Future[V]) -> None:
        """Asks for a key that nobody has asked for."""
        self._ask(Asked([key], future, alone=True, places={}), soon=True)

    def _ask(self, asked: Asked, *, soon: bool) -> None:
        self._asked.append(asked)
        if soon and not self._sending:
            # Two turns of the loop later, as ever: what the next turn asks for is in the same batch.
            self._sending = True
            self.loop.call_soon(self.loop.call_soon, self.send)

    def send(self) -> None:
        """Reads what is asked for, in one batch, without waiting for more."""
        for reading in self.readings():
            self._reading.append(ensure_future(reading))

    def readings(self) -> list[Awaitable[None]]:
        """What reads what is asked for, in one batch, once it is awaited; nothing where nothing is asked for."""
        asked = self.taken()
        return [apart(self._answer(asked))] if asked else []

    def taken(self) -> list[Asked]:
        """What is asked for, which whoever takes it answers."""
        self._sending = False
        asked, self._asked = self._asked, []
        return asked

    def parts(self) -> list[Loader[Any, Any]]:
        """The loaders that it is made of: itself."""
        return [self]

    def cancel(self) -> None:
        """Stops what is read: nobody waits for it any more."""
        for task in self._reading:
            task.cancel()

    async def _answer(self, asked: list[Asked]) -> None:
        batch = self.begun(asked)
        try:
            values = await self.batch_load_fn(batch.keys)
        # Whatever a read raises, those who wait for it are told, and the next one may try again.
        except Exception as error:  # noqa: BLE001
            batch.failed(error)
        else:
            batch.given(values)
        finally:
            batch.ended()

    def begun(self, asked: list[Asked]) -> Begun:
        """A batch of what was asked for, which is counted and told."""
        keys = asked[0].keys
        if len(asked) > 1:
            keys = [key for one in asked for key in one.keys]
        return Begun(self, asked, keys, begun(self._name, len(keys)))

    def forget(self, asked: Asked) -> None:
        """Lets keys be asked for again."""
        for key in asked.keys:
            self.clear(key)
        if not asked.alone:
            self._together.remove(asked)


class Begun(NamedTuple):
    """A batch that is being read: who asked for it, for which keys, and where it is heard."""

    loader: Loader[Any, Any]
    asked: list[Asked]
    keys: list[Any]
    heard: Batch | None

    def given(self, values: Sequence[Any]) -> None:
        """Gives those who asked their values."""
        start = 0
        for keys, future, alone, _ in self.asked:
            if not future.done():
                future.set_result(values[start] if alone else values[start : start + len(keys)])
            start += len(keys)

    def failed(self, error: Exception) -> None:
        """Tells those who asked why there are no values; the next one may try again."""
        for one in self.asked:
            self.loader.forget(one)
            if not one.future.done():
                one.future.set_exception(error)

    def ended(self) -> None:
        """Lets it be heard that it was read."""
        if self.heard is not None:
            self.heard.ended = perf_counter()


def begun(loader: str, keys: int) -> Batch | None:
    """A batch that is about to be read, which is counted and told; None where nobody listens."""
    SIZES[loader].add(keys)
    tally = TALLY.get()
    if tally is not None:
        tally.batches += 1
    listeners = BATCHES.listeners()
    if not listeners:
        return None
    heard = Batch(loader, keys)
    for listener in listeners:
        listener(heard)
    return heard


def _same(key: Any) -> Any:
    return key


def apart(reading: Coroutine[Any, Any, None]) -> Awaitable[None]:
    """What reads a batch, as a task of its own where batches are heard.

    Who hears one may take what is done in its context for a part of it. A task for each costs time otherwise.
    """
    return ensure_future(reading) if BATCHES.listeners() else reading


async def _one_of(asked: Asked, place: int) -> Any:
    return (await asked.future)[place]

"""A loader: many keys in, one batch, results in the order of the keys.

aiodataloader's, with the same cache and the same batches, made with less ado: there are many loaders a second.
"""

from __future__ import annotations

from asyncio import Future, Task, ensure_future, gather, get_running_loop
from collections.abc import Awaitable, Callable, Coroutine
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

from aiodataloader import DataLoader

from ..data.counting import TALLY
from .hearing import BATCHES, SIZES, Batch

K = TypeVar("K")
V = TypeVar("V")


class Asked(NamedTuple):
    """Keys that were asked for together, and the future of their values; of a single key that of its value.

    `places` has the place of each key once somebody asks for one of them.
    """

    keys: list[Any]
    future: Future[Any]
    single: bool
    places: dict[Any, int]

    def place(self, key: Any) -> int | None:
        """The place of a key, None when it is not among them."""
        if not self.places:
            self.places.update((one, place) for place, one in enumerate(self.keys))
        return self.places.get(key)


class Loader(DataLoader[K, V]):
    """aiodataloader's loader with the same cache and the same batches, made with less ado.

    A batch costs one task, and keys that are asked for together cost one future. Its name is told to those who hear
    batches.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[list[K]], Coroutine[Any, Any, list[V]]],
    ) -> None:
        self._name = name
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

    def load_all(self, keys: list[K]) -> Awaitable[list[V]]:
        """The values of many keys, in their order."""
        for asked in self._together:
            if asked.keys == keys:
                return asked.future
        if self._together or self._cache or len(set(keys)) < len(keys):
            return gather(*map(self.load, keys))
        asked = Asked(keys, self.loop.create_future(), single=False, places={})
        self._together.append(asked)
        self._ask(asked)
        return asked.future

    def given(self, keys: list[K], values: list[V]) -> None:
        """Takes the values of keys that were read without it."""
        asked = Asked(keys, self.loop.create_future(), single=False, places={})
        asked.future.set_result(values)
        self._together.append(asked)

    def do_resolve_reject(self, key: K, future: Future[V]) -> None:
        """Asks for a key that nobody has asked for."""
        self._ask(Asked([key], future, single=True, places={}))

    def _ask(self, asked: Asked) -> None:
        self._asked.append(asked)
        if not self._sending:
            # Two turns of the loop later, as ever: what the next turn asks for is in the same batch.
            self._sending = True
            self.loop.call_soon(self.loop.call_soon, self._send)

    def _send(self) -> None:
        self._sending = False
        asked, self._asked = self._asked, []
        self._reading.append(self.loop.create_task(self._answer(asked)))

    def cancel(self) -> None:
        """Stops what is read: nobody waits for it any more."""
        for task in self._reading:
            task.cancel()

    async def _answer(self, asked: list[Asked]) -> None:
        keys = [key for one in asked for key in one.keys]
        batch = begun(self._name, len(keys))
        try:
            values = await self.batch_load_fn(keys)
        # Whatever a read raises, those who wait for it are told, and the next one may try again.
        except Exception as error:  # noqa: BLE001
            for one in asked:
                self._forget(one)
                if not one.future.done():
                    one.future.set_exception(error)
        else:
            start = 0
            for one in asked:
                end = start + len(one.keys)
                if not one.future.done():
                    one.future.set_result(values[start] if one.single else values[start:end])
                start = end
        finally:
            if batch is not None:
                batch.ended = perf_counter()

    def _forget(self, asked: Asked) -> None:
        for key in asked.keys:
            self.clear(key)
        if not asked.single:
            self._together.remove(asked)


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


async def _one_of(asked: Asked, place: int) -> Any:
    return (await asked.future)[place]

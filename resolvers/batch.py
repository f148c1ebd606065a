"""Loaders from data functions: many keys in, one statement, results in the order of the keys.

A key is a project id, or a `Revision`, which brings its rows itself. Matching keys to results is written here only.
"""

from __future__ import annotations

from asyncio import Future, Task, ensure_future, gather, get_running_loop
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

from aiodataloader import DataLoader

from ..data.collections import Collection, Source, by_project
from ..data.compiled import Read
from ..data.counting import TALLY
from ..data.reads import Reads
from ..data.versions import Version
from .hearing import BATCHES, SIZES, Batch
from .revisions import Revision

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
        """The values of many keys, in their order. Not `soon`: nothing is read until `send` is called."""
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
        asked = self.taken()
        if asked:
            self._reading.append(self.loop.create_task(self._answer(asked)))

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
        SIZES[self._name].add(len(keys))
        tally = TALLY.get()
        if tally is not None:
            tally.batches += 1
        heard = _told(self._name, len(keys)) if BATCHES.listeners() else None
        return Begun(self, asked, keys, heard)

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


def _told(loader: str, keys: int) -> Batch:
    heard = Batch(loader, keys)
    for listener in BATCHES.listeners():
        listener(heard)
    return heard


def _same(key: Any) -> Any:
    return key


async def _one_of(asked: Asked, place: int) -> Any:
    return (await asked.future)[place]


Newest = Callable[[Source, Sequence[str], int, int | None], Awaitable[dict[str, list[Any]]]]


def _read_by(
    name: str, source: Source, reading: Callable[[list[Any]], Reading]
) -> Loader[Any, Any]:
    """A loader whose batches are a statement each."""

    async def load(keys: list[Any]) -> list[Any]:
        read, values = reading(keys)
        return values(() if read is None else await source.run(*read))

    return Loader(name, load, reading)


def _lists(
    collection: Collection[Any], read: Reads | None, keys: Sequence[str | Revision]
) -> Reading:
    """The rows of each project; a revision brings its own."""
    ids = [key for key in keys if isinstance(key, str)]
    table = collection.table.name

    def values(rows: Sequence[Any]) -> list[list[Any]]:
        found = by_project(rows)
        return [found.get(key, []) if isinstance(key, str) else key.rows(table) for key in keys]

    return Reading(collection.reading(ids, read) if ids else None, values)


def by_key(
    name: str, read: Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]
) -> DataLoader[str, Any]:
    """Gives what a read has for an id, None where it has nothing."""

    async def load(keys: list[str]) -> list[Any]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return Loader(name, load)


def many(
    name: str, source: Source, collection: Collection[Any], read: Reads | None = None
) -> DataLoader[str | Revision, list[Any]]:
    """Gives the rows of a nested collection in list order, [] where there are none."""
    return _read_by(name, source, lambda keys: _lists(collection, read, keys))


def one(
    name: str, source: Source, collection: Collection[Any], read: Reads | None = None
) -> DataLoader[str | Revision, Any]:
    """Gives the only row of a collection, None where there is none."""

    def reading(keys: list[str | Revision]) -> Reading:
        statement, lists = _lists(collection, read, keys)
        return Reading(statement, lambda rows: [next(iter(of), None) for of in lists(rows)])

    return _read_by(name, source, reading)


OwnedKey = tuple[str | Revision, str, str]


class Owned:
    """Gives the rows of one owner inside a project: (project, level, owner id).

    Each level has a loader of its own. Parts and change orders are found at moments of their own, so one loader for
    both would send one statement or two, as it happens.
    """

    def __init__(
        self, name: str, source: Source, collection: Collection[Any], read: Reads | None = None
    ) -> None:
        self._name = name
        self._source = source
        self._collection = collection
        self._read = read
        self._levels: dict[str, Loader[OwnedKey, list[Any]]] = {}

    def load(self, key: OwnedKey) -> Future[list[Any]]:
        """The rows of an owner, [] where there are none."""
        return self._level(key[1]).load(key)

    def load_all(self, keys: list[OwnedKey], *, soon: bool = True) -> Awaitable[list[list[Any]]]:
        """The same for each of many owners, which are of one level."""
        return self._level(keys[0][1]).load_all(keys, soon=soon)

    def send(self) -> None:
        """Reads what is asked for of each level, without waiting for more."""
        for loader in self.parts():
            loader.send()

    def cancel(self) -> None:
        """Stops what is read of each level."""
        for loader in self.parts():
            loader.cancel()

    def parts(self) -> list[Loader[Any, Any]]:
        """The loaders that it is made of: one for each level."""
        return list(self._levels.values())

    def _level(self, level: str) -> Loader[OwnedKey, list[Any]]:
        if level not in self._levels:
            self._levels[level] = self._loader(level)
        return self._levels[level]

    def _loader(self, level: str) -> Loader[OwnedKey, list[Any]]:
        # Not this object itself, which holds the loader: the two would stay until the collector comes.
        source, collection, read = self._source, self._collection, self._read

        def reading(keys: list[OwnedKey]) -> Reading:
            projects = dict.fromkeys(project for project, _, _ in keys)
            ids = [project for project in projects if isinstance(project, str)]

            def values(rows: Sequence[Any]) -> list[list[Any]]:
                found: dict[tuple[Any, str], list[Any]] = collection.by_owner(rows)
                for revision in projects:
                    if isinstance(revision, Revision):
                        for row in revision.rows(collection.table.name):
                            if row.level == level:
                                found.setdefault((revision, row.owner_id), []).append(row)
                return [found.get((project, owner), []) for project, _, owner in keys]

            return Reading(collection.reading_level(ids, level, read) if ids else None, values)

        return _read_by(self._name, source, reading)


def newest(
    name: str, source: Source, table: str, read: Newest
) -> DataLoader[tuple[str | Revision, int, int | None], list[Any]]:
    """Gives the newest rows of a history: (project, how many, below which place; None: from the newest).

    A revision sees what was there at its version; a dry run also the row it would have written.
    """

    async def load(keys: list[tuple[str | Revision, int, int | None]]) -> list[list[Any]]:
        results: dict[Any, list[Any]] = {}
        for first, below in dict.fromkeys((first, below) for _, first, below in keys):
            asked = [key[0] for key in keys if key[1:] == (first, below)]
            ids = [key for key in asked if isinstance(key, str)]
            found = await read(source, ids, first, below) if ids else {}
            for key in asked:
                results[key, first, below] = (
                    await _of_revision(source, table, read, key, first, below)
                    if isinstance(key, Revision)
                    else found.get(key, [])
                )
        return [results[key] for key in keys]

    return Loader(name, load)


async def _of_revision(
    source: Source, table: str, read: Newest, revision: Revision, first: int, below: int | None
) -> list[Any]:
    # A dry run's own version is not in the tables; if one of that number is, another writer wrote it meanwhile.
    top = revision.version + (revision.pending is None)
    limit = top if below is None else min(below, top)
    written = (await read(source, [revision.id], first, limit)).get(revision.id, [])
    before, after = revision.history(table)
    return [
        *(row for row in before if below is None),
        *(row for row in written if place(row) > 0),
        *(row for row in after if place(row) < limit),
    ][:first]


def place(row: Any) -> int:
    """Where a row stands in its history: the number a page begins below."""
    return int(row.version if isinstance(row, Version) else row.position)

"""Loaders from data functions: many keys in, one statement, results in the order of the keys.

A key is a project id, or a `Revision`, which brings its rows itself. Matching keys to results is written here only.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from aiodataloader import DataLoader

from ..data.collections import Collection, Source
from ..data.reads import Reads
from ..data.versions import Version
from .revisions import Revision

K = TypeVar("K")
V = TypeVar("V")
# What will be read of rows; None: anything.
Read: TypeAlias = Reads | None


class Loader(DataLoader[K, V]):
    """aiodataloader's loader with the same cache and the same batches, made with less ado: a task for each of them."""

    def __init__(self, load: Callable[[list[K]], Coroutine[Any, Any, list[V]]]) -> None:
        super().__init__(load)
        self._asked: list[tuple[K, Future[V]]] = []

    def load_all(self, keys: Sequence[K]) -> list[Future[V]]:
        """What `load` gives for each of many keys."""
        known, queue, future = self._cache, self._asked, self.loop.create_future
        if keys and not queue:
            self._send_soon()
        found = []
        for key in keys:
            made = known.get(key)
            if made is None:
                made = known[key] = future()
                queue.append((key, made))
            found.append(made)
        return found

    def do_resolve_reject(self, key: K, future: Future[V]) -> None:
        """Queues a key that is asked for by itself."""
        if not self._asked:
            self._send_soon()
        self._asked.append((key, future))

    def _send_soon(self) -> None:
        # Two turns of the loop later, as ever: what the next turn asks for is in the same batch.
        self.loop.call_soon(self.loop.call_soon, self._send)

    def _send(self) -> None:
        queue, self._asked = self._asked, []
        if queue:
            self.loop.create_task(self._answer(queue))

    async def _answer(self, queue: list[tuple[K, Future[V]]]) -> None:
        try:
            values = await self.batch_load_fn([key for key, _ in queue])
        # Whatever a read raises, those who wait for it are told, and the next one may try again.
        except Exception as error:  # noqa: BLE001
            for key, future in queue:
                self.clear(key)
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), value in zip(queue, values, strict=True):
            if not future.done():
                future.set_result(value)


Newest = Callable[[Source, Sequence[str], int, int | None], Awaitable[dict[str, list[Any]]]]


async def _rows(
    source: Source,
    collection: Collection[Any],
    keys: Sequence[str | Revision],
    read: Read,
) -> list[list[Any]]:
    ids = [key for key in keys if isinstance(key, str)]
    found = await collection.by_project(source, ids, read) if ids else {}
    return [
        key.rows(collection.table.name) if isinstance(key, Revision) else found.get(key, [])
        for key in keys
    ]


def by_key(read: Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]) -> DataLoader[str, Any]:
    """Gives what a read has for an id, None where it has nothing."""

    async def load(keys: list[str]) -> list[Any]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return Loader(load)


def many(
    source: Source, collection: Collection[Any], read: Read = None
) -> DataLoader[str | Revision, list[Any]]:
    """Gives the rows of a nested collection in list order, [] where there are none."""

    async def load(keys: list[str | Revision]) -> list[list[Any]]:
        return await _rows(source, collection, keys, read)

    return Loader(load)


def one(
    source: Source, collection: Collection[Any], read: Read = None
) -> DataLoader[str | Revision, Any]:
    """Gives the only row of a collection, None where there is none."""

    async def load(keys: list[str | Revision]) -> list[Any]:
        return [next(iter(rows), None) for rows in await _rows(source, collection, keys, read)]

    return Loader(load)


OwnedKey = tuple[str | Revision, str, str]


class Owned:
    """Gives the rows of one owner inside a project: (project, level, owner id).

    Each level has a loader of its own. Parts and change orders are found at moments of their own, so one loader for
    both would send one statement or two, as it happens.
    """

    def __init__(self, source: Source, collection: Collection[Any], read: Read = None) -> None:
        self._source = source
        self._collection = collection
        self._read = read
        self._levels: dict[str, Loader[OwnedKey, list[Any]]] = {}

    def load(self, key: OwnedKey) -> Future[list[Any]]:
        """The rows of an owner, [] where there are none."""
        return self._level(key[1]).load(key)

    def load_all(self, keys: Sequence[OwnedKey]) -> list[Future[list[Any]]]:
        """The same for each of many owners, which are of one level."""
        return self._level(keys[0][1]).load_all(keys) if keys else []

    def _level(self, level: str) -> Loader[OwnedKey, list[Any]]:
        if level not in self._levels:
            self._levels[level] = self._loader(level)
        return self._levels[level]

    def _loader(self, level: str) -> Loader[OwnedKey, list[Any]]:
        name = self._collection.table.name

        async def load(keys: list[OwnedKey]) -> list[list[Any]]:
            projects = dict.fromkeys(project for project, _, _ in keys)
            ids = [project for project in projects if isinstance(project, str)]
            found: dict[tuple[Any, str], list[Any]] = {}
            if ids:
                found = await self._collection.by_owner(self._source, ids, level, self._read)
            for revision in projects:
                if isinstance(revision, Revision):
                    for row in revision.rows(name):
                        if row.level == level:
                            found.setdefault((revision, row.owner_id), []).append(row)
            return [found.get((project, owner), []) for project, _, owner in keys]

        return Loader(load)


def newest(
    source: Source, table: str, read: Newest
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

    return Loader(load)


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

"""The loaders of data functions: one statement for many keys, and its rows by key.

A key is a project id, or a `Revision`, which brings its rows itself. Matching keys to results is written here only.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from ..data.collections import Collection, Source, by_project, grouped
from ..data.compiled import Read
from ..data.reads import Reads
from ..data.transactions import PROJECT
from ..data.versions import Version
from .joining import Reading
from .loader import Loader
from .revisions import Revision

Key = TypeVar("Key")
# What is read for keys, and what makes their values of the rows.
ReadingOf: TypeAlias = Callable[[Sequence[Key]], Reading]
Newest = Callable[[Source, Sequence[str], int, int | None], Awaitable[dict[str, list[Any]]]]


def read_by(name: str, source: Source, reading: ReadingOf[Key]) -> Loader[Key, Any]:
    """A loader whose batches are a statement each."""

    async def load(keys: list[Any]) -> list[Any]:
        read, values = reading(keys)
        return list(values(() if read is None else await source.run(*read)))

    return Loader(name, load)


def lists(collection: Collection[Any], read: Reads | None) -> ReadingOf[str | Revision]:
    """The rows of each project in list order, [] where there are none; a revision brings its own."""
    table = collection.table.name

    def reading(keys: Sequence[str | Revision]) -> Reading:
        ids = [key for key in keys if isinstance(key, str)]

        def values(rows: Sequence[Any]) -> Sequence[Any]:
            if len(ids) == len(keys):
                return grouped(rows, ids)
            found = by_project(rows)
            return [found.get(key, []) if isinstance(key, str) else key.rows(table) for key in keys]

        return Reading(collection.reading(ids, read) if ids else None, values)

    return reading


def first(collection: Collection[Any], read: Reads | None) -> ReadingOf[str | Revision]:
    """The only row of each project, None where there is none."""
    of_lists = lists(collection, read)

    def reading(keys: Sequence[str | Revision]) -> Reading:
        statement, values = of_lists(keys)
        return Reading(statement, lambda rows: [of[0] if of else None for of in values(rows)])

    return reading


def by_id(read: Callable[[Sequence[str]], Read]) -> ReadingOf[str]:
    """The row of each id that a statement gives, None where it gives none."""

    def reading(ids: Sequence[str]) -> Reading:
        def values(rows: Sequence[Any]) -> list[Any]:
            found = {row.id: row for row in rows}
            return [found.get(one) for one in ids]

        return Reading(read(ids), values)

    return reading


def by_key(
    name: str, read: Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]
) -> Loader[str, Any]:
    """Gives what a read has for an id, None where it has nothing."""

    async def load(keys: list[str]) -> list[Any]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return Loader(name, load)


OwnedKey = tuple[str | Revision, str, str]


def owned(collection: Collection[Any], read: Reads | None, level: str) -> ReadingOf[OwnedKey]:
    """The rows of each owner in a project, all of one level: (project, level, owner id); [] where there are none."""

    def reading(keys: Sequence[OwnedKey]) -> Reading:
        projects = dict.fromkeys(project for project, _, _ in keys)
        ids = [project for project in projects if isinstance(project, str)]

        def values(rows: Sequence[Any]) -> Sequence[list[Any]]:
            if level == PROJECT and len(ids) == len(keys):
                # Each project is the one owner.
                return grouped(rows, ids)
            found: dict[tuple[Any, str], list[Any]] = collection.by_owner(rows)
            for revision in projects:
                if isinstance(revision, Revision):
                    for row in revision.rows(collection.table.name):
                        if row.level == level:
                            found.setdefault((revision, row.owner_id), []).append(row)
            return [found.get((project, owner), []) for project, _, owner in keys]

        return Reading(collection.reading_level(ids, level, read) if ids else None, values)

    return reading


class Owned:
    """Gives the rows of owners.

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

    def load_all(self, keys: list[OwnedKey]) -> Awaitable[list[list[Any]]]:
        """The same for each of many owners, which are of one level."""
        return self._level(keys[0][1]).load_all(keys)

    def given(self, keys: list[OwnedKey], values: list[list[Any]]) -> None:
        """Takes the rows of owners of one level that were read without it."""
        self._level(keys[0][1]).given(keys, values)

    def cancel(self) -> None:
        """Stops what is read of each level."""
        for loader in self._levels.values():
            loader.cancel()

    def _level(self, level: str) -> Loader[OwnedKey, list[Any]]:
        # Of nothing that holds this object, which holds the loader: they would stay until the collector comes.
        if level not in self._levels:
            reading = owned(self._collection, self._read, level)
            self._levels[level] = read_by(self._name, self._source, reading)
        return self._levels[level]


def newest(
    name: str, source: Source, table: str, read: Newest
) -> Loader[tuple[str | Revision, int, int | None], list[Any]]:
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

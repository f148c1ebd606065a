"""The loaders of one operation, and what is read for it without them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from ..data import access, log, project_types, projects, versions
from ..data.collections import Source
from ..data.database import Database
from ..data.reads import Reads
from . import joining
from .batch import Owned, ReadingOf, by_id, by_key, first, lists, newest, owned, read_by
from .joining import Ask
from .loader import Loader
from .nested import MANY, ONE, OWNED, TYPES

_NOTHING = Reads(frozenset(), frozenset())


class Needs(Protocol):
    """What an operation is known to need, as its plan says.

    `reads` has what is read of rows by the GraphQL type that they are served as: a pair of the attributes that are
    answered as they are, and those that resolvers use. `ahead` has the loaders, and what makes their keys of a
    `Prospect`, that are asked for the one object that the operation is about. `kept` is for what is made of all this
    once, for all operations of the plan.
    """

    reads: Mapping[str, Any]
    ahead: Sequence[tuple[str, Callable[[Any], Any]]]
    kept: dict[Any, Any]


class Prospect(NamedTuple):
    """A project that is being read, of which only the key is known."""

    key: str


# A loader that reads by one statement: its name, and the level where there is one for each.
_Slot = str | tuple[str, str]
# Where plans keep what is read along.
_AHEAD = "ahead"


class _Part(NamedTuple):
    """What is read of one object along with it, and what makes the key of a `Prospect`."""

    slot: _Slot
    loader: str
    key_of: Callable[[Any], Any]
    reading: ReadingOf[Any]


def _slot(name: str, keys: Sequence[Any]) -> _Slot:
    return (name, keys[0][1]) if name in OWNED else name


class Loaders:
    """What is nested in projects, by project: a loader for each collection, made when it is first asked for.

    They are made inside the running loop, which they then belong to.
    """

    def __init__(
        self, source: Source, visible_stores: Collection[str] | None, needs: Needs | None = None
    ) -> None:
        """`needs`: what will be read; None where that is not known."""
        self._source = source
        self.visible_stores = visible_stores
        self._needs = needs
        # What was read at once, without a loader: its keys and their values.
        self._given: dict[_Slot, tuple[list[Any], Sequence[Any]]] = {}

    def __getattr__(self, name: str) -> Any:
        """The loader of that name."""
        if name in OWNED:
            made: Any = Owned(name, self._source, OWNED[name], self._read(name))
        elif (reading := self._reading(name)) is not None:
            made = read_by(name, self._source, reading)
        elif name in _OTHERS:
            made = _OTHERS[name](self, self._source)
        else:
            raise AttributeError(name)
        for slot, given in self._given.items():
            if (slot if isinstance(slot, str) else slot[0]) == name:
                made.given(*given)
        setattr(self, name, made)
        return made

    def _read(self, name: str) -> Reads | None:
        return self.read(TYPES[name]) if name in TYPES else None

    def _reading(self, slot: _Slot) -> ReadingOf[Any] | None:
        """What a loader reads by one statement, whatever its keys are; None where it does not. Plans keep it."""
        if slot == "project" and self.visible_stores is not None:
            return None
        if self._needs is None:
            return self._made_reading(slot)
        kept = self._needs.kept
        if slot not in kept:
            kept[slot] = self._made_reading(slot)
        return kept[slot]  # type: ignore[no-any-return]

    def _made_reading(self, slot: _Slot) -> ReadingOf[Any] | None:
        if isinstance(slot, tuple):
            name, level = slot
            return owned(OWNED[name], self._read(name), level)
        if slot in MANY:
            return lists(MANY[slot], self._read(slot))
        if slot in ONE:
            return first(ONE[slot], self._read(slot))
        if slot == "project":
            return by_id(partial(projects.reading, read=self.read("Project")))
        return None

    async def along(self, name: str, key: str) -> Any:
        """What a loader gives for the one object that the operation is about.

        What the operation asks of that object next is read along with it, by one statement where the database can.
        """
        source, needs = self._source, self._needs
        if (
            needs is None
            or not needs.ahead
            or self.visible_stores is not None
            or not (isinstance(source, Database) and source.joins)
        ):
            return await getattr(self, name).load(key)
        if _AHEAD not in needs.kept:
            needs.kept[_AHEAD] = list(self._parts(name, needs.ahead))
        parts: Sequence[_Part] = needs.kept[_AHEAD]
        prospect = Prospect(key)
        asks = [Ask(part.loader, [part.key_of(prospect)], part.reading) for part in parts]
        found = await joining.read_joined(source, asks)
        for part, ask, values in zip(parts, asks, found, strict=True):
            self._given[part.slot] = ask.keys, values
        return found[0][0]

    def _parts(
        self, name: str, ahead: Iterable[tuple[str, Callable[[Any], Any]]]
    ) -> Iterator[_Part]:
        """What is read of one object together, each once: what loaders read by one statement."""
        own: Callable[[Any], Any] = attrgetter("key")
        seen = set[_Slot]()
        for loader, key_of in ((name, own), *ahead):
            slot = _slot(loader, [key_of(Prospect(""))])
            reading = self._reading(slot)
            if reading is not None and slot not in seen:
                seen.add(slot)
                yield _Part(slot, loader, key_of, reading)

    def given(self, name: str, keys: list[Any]) -> Sequence[Any] | None:
        """What was read along for keys of a loader, None where they were not."""
        found = self._given.get(_slot(name, keys)) if self._given else None
        return found[1] if found is not None and found[0] == keys else None

    async def together(self, asked: Sequence[tuple[str, list[Any]]]) -> list[Sequence[Any]]:
        """What loaders give for keys, at once: nobody asks for anything else meanwhile.

        One statement reads it, where the database can. Raises: what the first that fails raises, once all have ended.
        """
        asks = self._asks(asked)
        if asks is None:
            loads: list[Awaitable[list[Any]]] = []
            try:
                for name, keys in asked:
                    loads.append(getattr(self, name).load_all(keys))
            finally:
                await asyncio.gather(*loads, return_exceptions=True)
            return [await load for load in loads]
        source, distinct = self._source, list(asks.values())
        if len(distinct) > 1 and isinstance(source, Database) and source.joins:
            found = await joining.read_joined(source, distinct)
        else:
            found = await joining.read_each(source, distinct)
        for (slot, ask), values in zip(asks.items(), found, strict=True):
            self._given[slot] = ask.keys, values
        return [self._of(name, keys) for name, keys in asked]

    def _asks(self, asked: Sequence[tuple[str, list[Any]]]) -> dict[_Slot, Ask] | None:
        """What can be read without loaders; None where one knows some of it already, or does not read so."""
        wanted: dict[_Slot, tuple[str, dict[Any, None]]] = {}
        for name, keys in asked:
            # Each key once, whoever asks for it.
            wanted.setdefault(_slot(name, keys), (name, {}))[1].update(dict.fromkeys(keys))
        asks: dict[_Slot, Ask] = {}
        for slot, (name, distinct) in wanted.items():
            reading = self._reading(slot)
            if reading is None or slot in self._given or name in self.__dict__:
                return None
            asks[slot] = Ask(name, list(distinct), reading)
        return asks

    def _of(self, name: str, keys: list[Any]) -> Sequence[Any]:
        """The values of keys that were just read."""
        known, values = self._given[_slot(name, keys)]
        if known == keys:
            return values
        by_key = dict(zip(known, values, strict=True))
        return [by_key[key] for key in keys]

    def cancel(self) -> None:
        """Stops what any of them reads."""
        for made in vars(self).values():
            if isinstance(made, Loader | Owned):
                made.cancel()

    def read(self, served_as: str) -> Reads | None:
        """What will be read of rows that are served as a GraphQL type; None: anything."""
        return None if self._needs is None else Reads(*self._needs.reads.get(served_as, _NOTHING))


def _project(loaders: Loaders, source: Source) -> Any:
    # For who sees some stores. It takes the condition, not the loaders, which hold what is made here: they would stay
    # until the collector comes.
    visible, read = access.visible(loaders.visible_stores), loaders.read("Project")
    return by_key("project", lambda ids: projects.by_id(source, ids, visible, read))


_OTHERS: Mapping[str, Callable[[Loaders, Source], Any]] = {
    "project": _project,
    "project_type": lambda _, source: by_key(
        "project_type", lambda ids: project_types.by_id(source, ids)
    ),
    "log": lambda _, source: newest("log", source, log.LOG.table.name, log.newest),
    "versions": lambda _, source: newest(
        "versions", source, versions.VERSIONS.name, versions.newest
    ),
}

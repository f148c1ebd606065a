"""What the rows of a statement are made of: named tuples, or the driver's own records."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast

from asyncpg import Record
from sqlalchemy import String, TypeDecorator
from sqlalchemy.types import TypeEngine

from .base import UtcTime

# Classes of so many choices of columns are kept.
KEPT = 500

RowMaker = Callable[[Iterable[Any]], Any]
B = TypeVar("B", bound=tuple[Any, ...] | Record)


@lru_cache(KEPT)
def row_maker(names: tuple[str, ...]) -> RowMaker:
    """What makes a named tuple of values; a name that is none is a place."""
    made: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    return partial(tuple.__new__, made)


def made_rows(
    found: Sequence[Sequence[Any]],
    readers: Sequence[tuple[int, Callable[[Any], Any]]],
    row: RowMaker,
) -> list[Any]:
    """Rows of what was found, in which the columns at some places are read by functions."""
    if not found or not readers:
        return list(map(row, found))
    columns: list[Iterable[Any]] = list(zip(*found, strict=True))
    for place, read in readers:
        columns[place] = map(read, columns[place])
    return list(map(row, zip(*columns, strict=True)))


class Lines(Sequence[Any]):
    """Rows that are made once somebody looks at one; `values` has the values of each.

    `kind` is their class where that has a `__layout__`: who knows it can do without the rows.
    """

    __slots__ = ("_made", "_row", "kind", "values")

    def __init__(
        self, values: Sequence[Sequence[Any]], row: RowMaker, kind: type[Any] | None = None
    ) -> None:
        self.values = values
        self.kind = kind
        self._row = row
        self._made: list[Any] | None = None

    def _rows(self) -> list[Any]:
        if self._made is None:
            self._made = list(map(self._row, self.values))
        return self._made

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows())

    def __getitem__(self, place: Any) -> Any:
        return self._rows()[place]


class Groups(Sequence[list[Any]]):
    """Rows by what they belong to: a list for each of some keys, in the order of the keys, which are distinct.

    The first value of a row is its key. Lists are made once somebody looks at one: see execution/rows.py.
    """

    __slots__ = ("_made", "keys", "lines")

    def __init__(self, lines: Lines, keys: Sequence[str]) -> None:
        self.lines = lines
        self.keys = keys
        self._made: list[list[Any]] | None = None

    def _lists(self) -> list[list[Any]]:
        if self._made is None:
            found: dict[str, list[Any]] = {key: [] for key in self.keys}
            for row in self.lines:
                found[row[0]].append(row)
            self._made = list(found.values())
        return self._made

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self._lists())

    def __getitem__(self, place: Any) -> Any:
        return self._lists()[place]


class Place(NamedTuple):
    """Where a row has an attribute, and the class of all its values that are not null, if there is one.

    Moments, of the class datetime, are in UTC.
    """

    number: int
    holds: type | None


def row_class(
    base: type[B], columns: Iterable[tuple[str, TypeEngine[Any]]], aliases: Mapping[str, str]
) -> type[B]:
    """A class of tuples or of asyncpg's records with an attribute for each column, and for each alias of one.

    Its `__layout__` tells plans where they are: see execution/rows.py. What has the same layout has the same class,
    whatever else it is read with, since a plan keeps functions for few of them.
    """
    layout = {name: Place(number, _held(kind)) for number, (name, kind) in enumerate(columns)}
    layout |= {alias: layout[name] for alias, name in aliases.items()}
    return cast("type[B]", _laid_out(cast("type", base), tuple(layout.items())))


@lru_cache(KEPT)
def _laid_out(base: type, layout: tuple[tuple[str, Place], ...]) -> type:
    attributes = {name: property(itemgetter(place.number)) for name, place in layout}
    return type("Row", (base,), {"__slots__": (), "__layout__": dict(layout), **attributes})


def _held(kind: TypeEngine[Any]) -> type | None:
    if isinstance(kind, UtcTime):
        return datetime
    is_text = isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, String)
    return str if is_text else None

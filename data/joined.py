"""Several reads in one statement, on PostgreSQL: what each of them gives is one array of its rows (see arrays.py).

A round trip costs as much as all that is done with the rows of one project. As JSON, which tells kinds of values apart,
the rows would cost the database more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

from .among import equal
from .arrays import Arrayed
from .compiled import CAPACITY, Read, Sent, Statement
from .rows import Lines
from .values import Made

_LISTS = (list, tuple)
_PLACEHOLDER = re.compile(r"\$(\d+)")


class _Form(NamedTuple):
    """What of the lists that reads are given makes another text of them.

    `single`: each has one value, for which PostgreSQL keeps a plan. `shared`: they are the same, and are sent once.
    """

    single: bool
    shared: bool


class _Slot(NamedTuple):
    """A value of the text: the number of the read that it is of, its name there, and what makes it storable.

    `fixed`: what it is where the read is given none.
    """

    read: int
    name: str
    stored: Made | None
    fixed: Any


class Joined:
    """The statement that several reads are, whatever their values."""

    record = None

    def __init__(self, reads: Sequence[Read], dialect: Dialect, form: _Form) -> None:
        self._single = form.single
        self._parts = [Arrayed(statement) for statement, _ in reads]
        self._slots: list[_Slot] = []
        shared: dict[str, int] = {}
        texts = []
        for read, (part, (_, given)) in enumerate(zip(self._parts, reads, strict=True)):
            plan = Statement(equal(part.of) if form.single else part.of).plan(dialect)
            if plan.has_lists:
                raise TypeError(
                    "a statement whose text depends on the lengths of lists is run by itself"
                )
            places = []
            for key, name, stored in plan.order:
                place = shared.get(key)
                if place is None:
                    self._slots.append(_Slot(read, key, stored, plan.fixed.get(name)))
                    place = len(self._slots)
                if form.shared and isinstance(given.get(key), _LISTS):
                    shared[key] = place
                places.append(place)
            text = _PLACEHOLDER.sub(partial(_moved, places), plan.compiled.string)
            texts.append(f"array({text})")
        self.text = f"select {', '.join(texts)}"

    def values(self, reads: Sequence[Read]) -> list[Any]:
        """The values of all, in the order of the text."""
        found = []
        for read, name, stored, fixed in self._slots:
            value = reads[read][1].get(name, fixed)
            if self._single and isinstance(value, _LISTS):
                (value,) = value
            found.append(value if stored is None else stored(value))
        return found

    def rows(self, found: Sequence[Any]) -> list[Lines]:
        """The rows of each read, of the one row that the driver gave."""
        (arrays,) = found
        return [part.rows(lines) for part, lines in zip(self._parts, arrays, strict=True)]

    def count(self, rows: Sequence[Any]) -> int:
        """How many rows of tables these are."""
        return sum(map(len, rows))


_JOINED: LRUCache[Any, Any] = LRUCache(CAPACITY)


def sent_joined(dialect: Dialect, reads: Sequence[Read]) -> Sent:
    """What goes to the driver for several reads together; the rows it makes are a list for each."""
    lists = [value for _, given in reads for value in given.values() if isinstance(value, _LISTS)]
    shared = all(one == lists[0] for one in lists)
    single = all(len(one) == 1 for one in lists)
    key = (dialect.name, single, shared, *[statement for statement, _ in reads])
    found = _JOINED.get(key)
    if found is None:
        # Made when these are first read together.
        found = _JOINED[key] = Joined(reads, dialect, _Form(single, shared))
    return Sent(found.text, found.values(reads), many=False, writes=False, answer=found)


def _moved(places: Sequence[int], placeholder: re.Match[str]) -> str:
    return f"${places[int(placeholder[1]) - 1]}"

"""Several reads in one statement: what each of them gives is one array, of rows that are arrays of texts.

PostgreSQL only. A round trip costs as much as all that is done with the rows of one project. In this form they cost
the driver less than by themselves; JSON, which tells kinds of values apart, would cost the database more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, cast

from sqlalchemy import Boolean, ColumnElement, Integer, Select, String, Text, TypeDecorator
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import LRUCache

from .among import equal
from .base import Exact, Json, UtcTime, amount_of, loads
from .compiled import CAPACITY, Plan, Read, Sent, Statement
from .rows import Lines, RowMaker, row_class, row_maker

_LISTS = (list, tuple)
_PLACEHOLDER = re.compile(r"\$(\d+)")

# What reads the text that PostgreSQL writes of a value; moments are written by the clock of UTC (see postgres.py).
_READERS: Mapping[type[TypeEngine[Any]], Callable[[str], Any]] = {
    Exact: amount_of,
    Json: loads,
    UtcTime: datetime.fromisoformat,
    Integer: int,
    Boolean: "true".__eq__,
}


class _Part(NamedTuple):
    """One of the reads: the statement whose rows are arrays, what reads some of their places, what makes rows of them.

    `kind`: the class of the rows, where that says where their attributes are.
    """

    plan: Plan
    readers: Sequence[tuple[int, Callable[[str], Any]]]
    row: RowMaker
    kind: type[tuple[Any, ...]] | None

    def rows(self, lines: list[list[Any]]) -> Lines:
        """The rows, as the statement gives them when it is sent by itself."""
        for place, read in self.readers:
            for line in lines:
                if line[place] is not None:
                    line[place] = read(line[place])
        return Lines(lines, self.row, self.kind)


class Joined:
    """The statement that several reads are, whatever their values."""

    record = None

    def __init__(self, statements: Sequence[Statement], dialect: Dialect, *, single: bool) -> None:
        """`single`: the lists that they are given have one value each."""
        self._single = single
        self._parts = [_part(statement, dialect, single=single) for statement in statements]
        texts, before = [], 0
        for plan, *_ in self._parts:
            renumbered = _PLACEHOLDER.sub(partial(_after, before), plan.compiled.string)
            texts.append(f"array({renumbered})")
            before += len(plan.compiled.positiontup or ())
        self.text = f"select {', '.join(texts)}"

    def values(self, given: Iterable[Mapping[str, Any]]) -> list[Any]:
        """The values of all, in their order."""
        found: list[Any] = []
        for (plan, *_), values in zip(self._parts, given, strict=True):
            found += plan.sent_by_name(_only(values) if self._single else values)[1]
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
    statements = [statement for statement, _ in reads]
    lists = [value for _, given in reads for value in given.values() if isinstance(value, _LISTS)]
    single = all(map(_is_single, lists))
    key = (dialect.name, single, *statements)
    found = _JOINED.get(key)
    if found is None:
        # Made when these are first read together.
        found = _JOINED[key] = Joined(statements, dialect, single=single)
    values = found.values([given for _, given in reads])
    return Sent(found.text, values, many=False, writes=False, answer=found)


def _is_single(values: Sequence[Any]) -> bool:
    return len(values) == 1


def _only(given: Mapping[str, Any]) -> dict[str, Any]:
    """Values by name, those of lists of one value each by themselves."""
    return {name: value[0] if isinstance(value, _LISTS) else value for name, value in given.items()}


def _part(statement: Statement, dialect: Dialect, *, single: bool) -> _Part:
    of = cast("Select[Any]", statement.of)
    columns: list[ColumnElement[Any]] = list(of.selected_columns)
    texts = of.with_only_columns(array(list(map(_text, columns))))
    readers = [
        (place, read)
        for place, column in enumerate(columns)
        if (read := _reader(column.type)) is not None
    ]
    plan = Statement(equal(texts) if single else texts).plan(dialect)
    if plan.has_lists:
        raise TypeError("a statement whose text depends on the lengths of lists is run by itself")
    if statement.aliases is None:
        names = tuple(str(column.key) for column in columns)
        return _Part(plan, readers, statement.row or row_maker(names), None)
    named = [(str(column.key), column.type) for column in columns]
    kind = row_class(tuple, named, statement.aliases)
    return _Part(plan, readers, partial(tuple.__new__, kind), kind)


def _text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column if _is_text(column.type) else cast_to(column, Text())


def _reader(kind: TypeEngine[Any]) -> Callable[[str], Any] | None:
    """What makes a value of a column of its text, None where that is its text. Raises: KeyError."""
    return None if _is_text(kind) else _READERS[type(kind)]


def _is_text(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, String)


def _after(before: int, placeholder: re.Match[str]) -> str:
    return f"${int(placeholder[1]) + before}"

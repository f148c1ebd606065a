"""Several reads in one statement: what each of them gives is one text, an array of rows that are arrays.

PostgreSQL only. For the few rows of one project a round trip costs more than all that is done with them. Of many rows
it would be the database that pays for it: it writes JSON slower than it sends rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import ColumnElement, Select, Text, func, literal_column
from sqlalchemy import cast as cast_to
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

from .among import equal
from .base import Exact, Json, UtcTime, amount_of, loads, moment_of
from .compiled import CAPACITY, Plan, Read, Sent, Statement
from .rows import RowMaker, made_rows, row_class, row_maker

_LISTS = (list, tuple)
_PLACEHOLDER = re.compile(r"\$(\d+)")


def _null_or(made: Callable[[str], Any], text: str | None) -> Any:
    return None if text is None else made(text)


# What JSON has no exact form for comes as a text, and what reads it.
_READERS: Mapping[type, Callable[[Any], Any]] = {
    Exact: partial(_null_or, amount_of),
    Json: partial(_null_or, loads),
    UtcTime: partial(_null_or, moment_of),
}


class _Part(NamedTuple):
    """One of the reads: the statement whose rows are arrays, and what makes its own rows of them."""

    plan: Plan
    readers: Sequence[tuple[int, Callable[[Any], Any]]]
    row: RowMaker

    def rows(self, text: str) -> list[Any]:
        """The rows, as the statement gives them when it is sent by itself."""
        return made_rows(orjson.loads(text), self.readers, self.row)


class Joined:
    """The statement that several reads are, whatever their values."""

    record = None

    def __init__(self, statements: Sequence[Statement], dialect: Dialect, *, single: bool) -> None:
        """`single`: the lists that they are given have one value each."""
        self._single = single
        self._parts = [_part(statement, dialect, single=single) for statement in statements]
        texts, before = [], 0
        for plan, _, _ in self._parts:
            renumbered = _PLACEHOLDER.sub(partial(_after, before), plan.compiled.string)
            texts.append(f"array_to_json(array({renumbered}))::text")
            before += len(plan.compiled.positiontup or ())
        self.text = f"select {', '.join(texts)}"

    def values(self, given: Iterable[Mapping[str, Any]]) -> list[Any]:
        """The values of all, in their order."""
        found: list[Any] = []
        for (plan, _, _), values in zip(self._parts, given, strict=True):
            found += plan.sent_by_name(_only(values) if self._single else values)[1]
        return found

    def rows(self, found: Sequence[Any]) -> list[list[Any]]:
        """The rows of each read, of the one row that the driver gave."""
        (texts,) = found
        return [part.rows(text) for part, text in zip(self._parts, texts, strict=True)]

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
    arrays = of.with_only_columns(func.json_build_array(*map(_in_json, columns)))
    readers = [
        (place, _READERS[type(column.type)])
        for place, column in enumerate(columns)
        if type(column.type) in _READERS
    ]
    names = tuple(str(column.key) for column in columns)
    row = statement.row or row_maker(names)
    if statement.aliases is not None:
        kinds = [column.type for column in columns]
        made = row_class(tuple, list(zip(names, kinds, strict=True)), statement.aliases)
        row = partial(tuple.__new__, made)
    plan = Statement(equal(arrays) if single else arrays).plan(dialect)
    if plan.has_lists:
        raise TypeError("a statement whose text depends on the lengths of lists is run by itself")
    return _Part(plan, readers, row)


def _in_json(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, Exact | Json):
        return cast_to(column, Text())
    if isinstance(column.type, UtcTime):
        return func.timezone(literal_column("'UTC'"), column)
    return column


def _after(before: int, placeholder: re.Match[str]) -> str:
    return f"${int(placeholder[1]) + before}"

"""The rows of a statement as one array on PostgreSQL, in which each row is an array of texts.

So the rows of several statements are one row of one statement. The driver takes texts out of an array quicker than it
makes rows of them; an array knows nothing of the kinds of its values, so what reads them is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import Boolean, ColumnElement, Integer, Select, String, Text, TypeDecorator
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.types import TypeEngine

from .base import Exact, Json, UtcTime, amount_of, loads
from .compiled import Statement
from .rows import Lines, RowMaker, row_class, row_maker

# What reads the text that PostgreSQL writes of a value; moments are written by the clock of UTC (see postgres.py).
_READERS: Mapping[type[TypeEngine[Any]], Callable[[str], Any]] = {
    Exact: amount_of,
    Json: loads,
    UtcTime: datetime.fromisoformat,
    Integer: int,
    Boolean: "true".__eq__,
}


class Arrayed:
    """A statement whose rows come as one array: `of` gives each of them as an array of texts."""

    def __init__(self, statement: Statement) -> None:
        of = cast("Select[Any]", statement.of)
        columns: list[ColumnElement[Any]] = list(of.selected_columns)
        self.of = of.with_only_columns(array(list(map(_text, columns))))
        self._readers = [
            (place, _READERS[type(column.type)])
            for place, column in enumerate(columns)
            if not _is_text(column)
        ]
        self._kind: type[Any] | None = None
        if statement.aliases is None:
            names = tuple(str(column.key) for column in columns)
            self._row: RowMaker = statement.row or row_maker(names)
        else:
            named = [(str(column.key), column.type) for column in columns]
            self._kind = row_class(tuple, named, statement.aliases)
            self._row = partial(tuple.__new__, self._kind)

    def rows(self, lines: list[list[Any]]) -> Lines:
        """The rows of the array, as the statement gives them when it is sent by itself."""
        for place, read in self._readers:
            for line in lines:
                if line[place] is not None:
                    line[place] = read(line[place])
        return Lines(lines, self._row, self._kind)


def _text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column if _is_text(column) else cast_to(column, Text())


def _is_text(column: ColumnElement[Any]) -> bool:
    kind = column.type
    return isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, String)

"""The rows of many tables in one statement, on PostgreSQL: each table's rows as JSON, made into what single reads give.

A write reads all that belongs to its project; a round trip for each of twenty tables, most of them without a row, costs
more than all the rest of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Select, func, select
from sqlalchemy.types import TypeEngine

from .base import Exact, UtcTime
from .compiled import Read, Statement
from .rows import RowMaker

Reader = Callable[[Any], Any]


class Together:
    """Statements that read tables by the same values, as one."""

    def __init__(self, statements: Sequence[Statement], of: Select[Any] | None = None) -> None:
        """`of`: what else is selected, by a statement that the tables are added to."""
        parts, self._rows = [], []
        for statement in statements:
            rows = cast("Select[Any]", statement.of).subquery()
            values = [
                func.trim_scale(column) if isinstance(column.type, Exact) else column
                for column in rows.c
            ]
            parts.append(select(func.json_agg(func.json_build_array(*values))).scalar_subquery())
            readers = [
                (place, made)
                for place, column in enumerate(rows.c)
                if (made := _reader(column.type)) is not None
            ]
            self._rows.append((readers, cast("RowMaker", statement.row)))
        named = [part.label(f"t{n}") for n, part in enumerate(parts)]
        self._statement = Statement((select() if of is None else of).add_columns(*named), tuple)

    def read(self, values: dict[str, Any]) -> Read:
        """The statement, with the values of all that it reads by."""
        return self._statement, values

    def rows(self, found: Sequence[Any]) -> list[list[Any]]:
        """The rows of each table, of the one row that the statement gives."""
        (row,) = found
        return [
            [] if lines is None else [_made(line, *how) for line in lines]
            for lines, how in zip(row[-len(self._rows) :], self._rows, strict=True)
        ]


def _made(line: list[Any], readers: list[tuple[int, Reader]], row: RowMaker) -> Any:
    for place, read in readers:
        if line[place] is not None:
            line[place] = read(line[place])
    return row(line)


def _reader(kind: TypeEngine[Any]) -> Reader | None:
    """What makes a value of a column of its JSON form."""
    if isinstance(kind, Exact):
        return Decimal
    if isinstance(kind, UtcTime):
        return _moment
    return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

"""The rows of many tables in one statement, on PostgreSQL, made into what single reads give.

A write reads all that belongs to its project; a round trip for each of twenty tables, most of them without a row, costs
more than all the rest of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select

from .arrays import Arrayed
from .compiled import Read, Statement


class Together:
    """Statements that read tables by the same values, as one."""

    def __init__(self, statements: Sequence[Statement], of: Select[Any] | None = None) -> None:
        """`of`: what else is selected, by a statement that the tables are added to."""
        self._parts = [Arrayed(statement) for statement in statements]
        named = [
            func.array(part.of.scalar_subquery()).label(f"t{n}")
            for n, part in enumerate(self._parts)
        ]
        self._statement = Statement((select() if of is None else of).add_columns(*named), tuple)

    def read(self, values: dict[str, Any]) -> Read:
        """The statement, with the values of all that it reads by."""
        return self._statement, values

    def rows(self, found: Sequence[Any]) -> list[list[Any]]:
        """The rows of each table, of the one row that the statement gives."""
        (row,) = found
        arrays = row[-len(self._parts) :]
        return [list(part.rows(lines)) for part, lines in zip(self._parts, arrays, strict=True)]

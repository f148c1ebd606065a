"""Rows written into a table and taken out of it.

On PostgreSQL several are one value of one statement, which takes them apart there: it hears as many statements for a
thousand rows as for two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Executable,
    FromClause,
    Table,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.types import TypeEngine

from .base import dumps
from .compiled import Statement

if TYPE_CHECKING:
    from .collections import Source

# So many rows are several.
MANY = 2
# Bytes of rows that are sent at once, unless one has more: PostgreSQL takes no value of 1 GB.
TEXT_LIMIT = 32_000_000

Row = tuple[Any, ...]


class _ForRows:
    """A statement for rows that have the values of some columns: what it is for each, and for those that are given."""

    def __init__(self, names: Sequence[str], each: Executable, together: Executable) -> None:
        # Those of SQLAlchemy are texts of a class of its own.
        self._names = tuple(map(str, names))
        self._each = Statement(each)
        self._together = Statement(together)

    async def run(self, source: Source, rows: Sequence[Row]) -> None:
        """Runs it for rows; none costs nothing."""
        if source.dialect == "postgresql" and len(rows) >= MANY:
            await run_together(source, self._together, self._names, rows)
        elif rows:
            await source.run(self._each, rows)


class Insertion(_ForRows):
    """The statement that writes rows, whose columns stand in the order of the table."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        each = insert(table).values({name: bindparam(name) for name in names})
        if [column.name for column in table.c if column.name in names] != list(names):
            raise TypeError(f"the columns of {table.name} stand in another order than its rows")
        given = given_rows({name: table.c[name].type for name in names})
        super().__init__(names, each, insert(table).from_select(names, select(*given.c)))


class Deletion(_ForRows):
    """The statement that takes out rows, found by the columns of a key."""

    def __init__(self, table: Table, key: Sequence[str]) -> None:
        given = given_rows({name: table.c[name].type for name in key})
        each = delete(table).where(*(table.c[name] == bindparam(name) for name in key))
        together = delete(table).where(*(table.c[name] == given.c[name] for name in key))
        super().__init__(key, each, together)


def given_rows(types: Mapping[str, TypeEngine[Any]]) -> FromClause:
    """The rows that PostgreSQL is given as a JSON text called `rows`, as a table of these columns."""
    text = cast(bindparam("rows", type_=Text), JSON)
    columns = [column(name, kind) for name, kind in types.items()]
    rows = func.json_to_recordset(text).table_valued(*columns)
    return rows.render_derived(name="given", with_types=True)


async def run_together(
    source: Source, statement: Statement, names: Sequence[str], rows: Sequence[Row]
) -> None:
    """Runs a statement that reads `given_rows` with values of those names."""
    for text in _texts(names, rows):
        await source.run(statement, {"rows": text})


def _texts(names: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    # What is not there is null.
    text = dumps(
        [
            {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in rows
        ]
    )
    if len(text) <= TEXT_LIMIT or len(rows) == 1:
        yield text.decode()
        return
    half = len(rows) // 2
    yield from _texts(names, rows[:half])
    yield from _texts(names, rows[half:])

"""What will be read of rows, so that statements bring no more, and amounts in the form in which they are answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, String, Table, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from .base import Exact, exact_of
from .money import plain


class Reads(NamedTuple):
    """Attributes of rows: those that are answered as they are, and those that something is made of."""

    answered: frozenset[str]
    used: frozenset[str]

    def using(self, *names: str) -> Reads:
        """The same, and names that something is made of."""
        return Reads(self.answered, self.used.union(names))

    def columns(self, table: Table, always: Sequence[str]) -> list[ColumnElement[Any]]:
        """The columns to read, those that always are first. An amount that is only answered comes as its text."""
        wanted = self.answered | self.used
        names = [*always, *(column.name for column in table.c if _is_extra(column, wanted, always))]
        return [
            PlainText(table.c[name]).label(name)
            if isinstance(table.c[name].type, Exact) and name not in self.used
            else table.c[name]
            for name in names
        ]


def _is_extra(column: Column[Any], wanted: Collection[str], always: Sequence[str]) -> bool:
    return column.name in wanted and column.name not in always


class _Text(TypeDecorator[str]):
    """An amount as `money.plain` writes it."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text of what SQLite stores; PostgreSQL has made it already."""
        return None if value is None else plain(exact_of(value))


class PlainText(FunctionElement[str]):
    """The text of an amount, as `money.plain` writes it. Reading so many as decimals costs more than all the rest."""

    inherit_cache = True
    name = "plain_text"
    type = _Text()


@compiles(PlainText)
def _stored(element: PlainText, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(PlainText, "postgresql")
def _trimmed(element: PlainText, compiler: SQLCompiler, **options: Any) -> str:
    return f"trim_scale({compiler.process(element.clauses, **options)})::text"

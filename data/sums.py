"""The exact sums of the transactions of many projects, made by the database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from .base import BIAS, SCALE, WIDTH, Exact
from .collections import Source
from .money import EXACT
from .projects import PROJECTS
from .transactions import CHANGE_ORDER, PART, PROJECT, TRANSACTIONS, Summary

# SQLite adds 64-bit integers: pieces of so many digits may be added 9 * 10**8 times.
_PIECE = 10
_STARTS = range(1, WIDTH + 1, _PIECE)


class _Sum(Exact):
    """The sum of `Exact` values: on SQLite how many there are, then the sum of each piece of their digits."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The sum as a Decimal."""
        if isinstance(value, str):
            count, *pieces = map(int, value.split(","))
            ends = (min(start + _PIECE - 1, WIDTH) for start in _STARTS)
            total = sum(
                piece * 10 ** (WIDTH - end) for piece, end in zip(pieces, ends, strict=True)
            )
            value = EXACT.scaleb(Decimal(total - count * BIAS), -SCALE)
        return super().process_result_value(value, dialect)


class ExactSum(FunctionElement[Decimal]):
    """The sum of an `Exact` column, exact on both databases."""

    inherit_cache = True
    name = "exact_sum"
    type = _Sum()


@compiles(ExactSum)
def _sum(element: ExactSum, compiler: SQLCompiler, **options: Any) -> str:
    return f"sum({compiler.process(element.clauses, **options)})"


@compiles(ExactSum, "sqlite")
def _sum_of_pieces(element: ExactSum, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    pieces = (f"sum(cast(substr({column}, {start}, {_PIECE}) as integer))" for start in _STARTS)
    return " || ',' || ".join([f"count({column})", *pieces])


async def by_level(source: Source, where: ColumnElement[bool]) -> dict[str, Summary]:
    """The sums of all transactions of the projects that meet a condition, in one statement.

    Shape: level (project, part, change order) -> sum; every level has an entry.
    """
    table = TRANSACTIONS.table
    amounts = ("revenue", "cost", "budget_revenue", "budget_cost")
    statement = (
        select(table.c.level, *(ExactSum(table.c[name]) for name in amounts))
        .where(table.c.project_id.in_(select(PROJECTS.c.id).where(where)))
        .group_by(table.c.level)
    )
    found = {row[0]: Summary(*row[1:]) for row in await source.run(statement)}
    return {level: found.get(level, Summary()) for level in (PROJECT, PART, CHANGE_ORDER)}

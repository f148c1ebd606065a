"""Conditions in the form that runs best: that a column is one of a list, and none at all."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Select,
    Text,
    TypeDecorator,
    any_,
    bindparam,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import Grouping, True_
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import replacement_traverse

# What an item of an array's text, which is in quotes, has a backslash before.
_SPECIAL = re.compile(r'["\\]')

S = TypeVar("S", bound=Select[Any])


class Listed(TypeDecorator[Any]):
    """A list of texts as the text of a PostgreSQL array: asyncpg asks of each item of an array whether it is one."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text that PostgreSQL reads as the list."""
        if value is None:
            return None
        if not value:
            return "{}"
        joined = '","'.join(value)
        if "\\" in joined or joined.count('"') > 2 * (len(value) - 1):
            joined = '","'.join(_SPECIAL.sub(r"\\\g<0>", one) for one in value)
        return f'{{"{joined}"}}'


class Among(FunctionElement[bool]):
    """A text column, and the list it is in: one array on PostgreSQL, values one by one on SQLite."""

    inherit_cache = True
    name = "among"
    type = Boolean()

    def self_group(self, against: Any = None) -> Among:  # noqa: ARG002
        """The condition as it is: SQLite takes no index for `… in (…) = 1`, which SQLAlchemy would make of it."""
        return self


def among(column: Column[Any], values: str | Collection[str]) -> ColumnElement[bool]:
    """The condition that a text column is one of some values, or of those that a run gives under a name."""
    if isinstance(values, str):
        return Among(column, bindparam(values, expanding=True, type_=column.type))
    return Among(column, bindparam(None, list(values), expanding=True, type_=column.type))


def equal(statement: S) -> S:
    """The same statement with lists of one value each, which are given as that value.

    PostgreSQL keeps the plan of it, where it makes one for each list.
    """

    def equality(element: Any, **_: Any) -> ColumnElement[bool] | None:
        if not isinstance(element, Among):
            return None
        column, values = _parts(element)
        return column == bindparam(values.key, type_=column.type)

    return cast("S", replacement_traverse(statement, {}, equality))


def is_always(condition: ColumnElement[bool]) -> bool:
    """Whether a condition is nothing but true, so that a statement is the same without it."""
    return isinstance(condition.element if isinstance(condition, Grouping) else condition, True_)


def _parts(element: Among) -> tuple[ColumnElement[Any], BindParameter[Any]]:
    column, values = element.clauses
    return column, cast("BindParameter[Any]", values)


@compiles(Among)
def _one_by_one(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = _parts(element)
    return compiler.process(column.in_(values), **options)


@compiles(Among, "postgresql")
def _array(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = _parts(element)
    # The same parameter under the same key, so that its values are found.
    listed = BindParameter(values.key, values.value, type_=Listed(), required=values.required)
    array = cast_to(cast_to(listed, Text()), ARRAY(Text()))
    return compiler.process(column == any_(array), **options)

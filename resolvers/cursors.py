"""Cursors of lists of projects: where a page ends, and which sort order and search it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Column

from ..data.base import Exact, UtcTime
from ..data.documents import is_storable
from ..data.money import plain
from ..data.search import Order, Position, ProjectSortOrder
from . import opaque
from .errors import BadUserInput
from .filters import holds


class Cursors(NamedTuple):
    """The cursors of one list: they fit it and no other."""

    sort: ProjectSortOrder | None
    fingerprint: str

    @property
    def order(self) -> Order:
        """The order of the list."""
        return Order.of(self.sort)

    def of(self, row: Any) -> str:
        """The cursor of a row."""
        key, row_id = self.order.position(row)
        return opaque.written(
            self.sort and self.sort.value, self.fingerprint, _written(key), row_id
        )

    def position(self, cursor: str | None, argument: str) -> Position | None:
        """Where a cursor points, None for none. Raises: BadUserInput with INVALID_CURSOR."""
        if cursor is None:
            return None
        try:
            name, fingerprint, key, row_id = opaque.read(cursor)
            sort = None if name is None else ProjectSortOrder(name)
            found = Position(_read(Order.of(sort).key, key), _text(row_id))
        except (ValueError, TypeError, ArithmeticError):
            shown = opaque.quoted(cursor)
            raise _refused(argument, f"{shown}, which is no cursor of `projects`") from None
        if sort is not self.sort:
            raise _refused(
                argument,
                f"a cursor of a list with {_said(sort)}, but this one has {_said(self.sort)}",
            )
        if fingerprint != self.fingerprint:
            raise _refused(argument, "a cursor of a list with another filter or query")
        return found


def _said(sort: ProjectSortOrder | None) -> str:
    return f"sortOrder {sort.value}" if sort else "no sortOrder"


def _refused(argument: str, what: str) -> BadUserInput:
    return BadUserInput(
        f"{argument} is {what}; give a cursor of this very list, or leave it out to start anew",
        code="INVALID_CURSOR",
    )


def _written(key: Any) -> str | None:
    if isinstance(key, datetime):
        return key.astimezone(UTC).isoformat()
    return plain(key) if isinstance(key, Decimal) else key


def _text(value: Any) -> str:
    if not isinstance(value, str) or not is_storable(value):
        raise ValueError("no text")
    return value


def _read(column: Column[Any], key: Any) -> Any:
    if key is None and column.nullable:
        return None
    text = _text(key)
    if isinstance(column.type, UtcTime):
        return datetime.fromisoformat(text).astimezone(UTC)
    if isinstance(column.type, Exact):
        value = Decimal(text)
        if not value.is_finite() or value.adjusted() > 40 or not holds(value):
            raise ValueError("no amount")
        return value
    return text

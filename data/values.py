"""What values need between Python and a driver: on PostgreSQL next to nothing, as its codecs do it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any, cast

from sqlalchemy import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from .base import LAST, Exact, Json, UtcTime, exact_of, loads, moment_of, moment_text

Made = Callable[[Any], Any]


def reader(kind: TypeEngine[Any], dialect: Dialect) -> Made | None:
    """What makes a value of what the driver gives for a column, if anything has to."""
    if dialect.name == "postgresql":
        # The codecs of a connection have done it: see data/postgres.py.
        return None
    quick = _QUICK_READERS.get(type(kind))
    return quick or cast("Made | None", kind._cached_result_processor(dialect, None))


def storer(kind: TypeEngine[Any], dialect: Dialect) -> Made | None:
    """What makes of a value what the driver takes, if anything has to."""
    if dialect.name == "postgresql":
        if type(kind) is Exact:
            return None
        if type(kind) is UtcTime:
            return _moment_given
        if isinstance(kind, ARRAY):
            return list
    if type(kind) is UtcTime:
        return _moment_stored
    return cast("Made | None", kind._cached_bind_processor(dialect))


def _exact_read(text: str | None) -> Any:
    return None if text is None else exact_of(text)


def _moment_read(text: str | None) -> Any:
    return None if text is None else moment_of(text)


def _moment_given(value: Any) -> Any:
    if value is None:
        return None
    # Databases know less of other zones than Python does.
    return min(value if value.tzinfo is UTC else value.astimezone(UTC), LAST)


def _moment_stored(value: Any) -> Any:
    return None if value is None else moment_text(min(value, LAST))


def _json_read(text: str | None) -> Any:
    return None if text is None else loads(text)


# What our own types need on SQLite, without SQLAlchemy's layers around it.
_QUICK_READERS: dict[type, Made] = {Exact: _exact_read, UtcTime: _moment_read, Json: _json_read}

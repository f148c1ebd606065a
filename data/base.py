"""The metadata all tables share, and the column types that are exact on both databases.

SQLite has neither decimals nor times: there an `Exact` is a text of fixed width that sorts as the number does,
and a `UtcTime` is a text in UTC. PostgreSQL has both.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import DateTime, MetaData, Numeric, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from .money import EXACT, plain

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Code point order on both: SQLite compares bytes anyway, PostgreSQL does so in its collation "C".
CodePoints = Text().with_variant(Text(collation="C"), "postgresql")

SCALE = 10
# Any whole number of so many digits fits 64 bits.
WHOLE_DIGITS = 18
# Calculated amounts have up to 38 digits, 10 of them after the point: a bias above the largest makes each positive.
BIAS = 10**38
WIDTH = 39
# Amounts repeat: of so many different ones, each is made once.
KEPT = 8192


@lru_cache(KEPT)
def amount_of(text: str) -> Decimal:
    """The decimal that PostgreSQL writes as this text, without trailing zeros."""
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def number_of(text: str) -> int | Decimal:
    """The number that a document writes with a point or an exponent, in its one form but for the largest exponents."""
    # A text that is longer than any number which can be stored is not kept.
    return _number_of(text) if len(text) <= WIDTH else _number_of.__wrapped__(text)


@lru_cache(KEPT)
def _number_of(text: str) -> int | Decimal:
    value = Decimal(text)
    if "e" in text or "E" in text:
        # Written out, it would have as many digits as the exponent says.
        return value
    written = plain(value)
    return Decimal(written) if "." in written else _whole(written)


@lru_cache(KEPT)
def exact_of(text: str) -> Decimal:
    """The decimal that SQLite stores as this text of fixed width, without trailing zeros."""
    return Decimal(plain(EXACT.scaleb(Decimal(int(text) - BIAS), -SCALE)))


def moment_of(text: str) -> datetime:
    """The moment that SQLite stores as this text."""
    return datetime.fromisoformat(f"{text}+00:00")


# The last moment that is stored: PostgreSQL's driver takes the microsecond after it for infinity, which is no moment.
LAST = datetime.max.replace(tzinfo=UTC) - timedelta(microseconds=1)


def moment_text(value: datetime) -> str:
    """The text that SQLite stores a moment as; texts sort as moments do."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


class Exact(TypeDecorator[Decimal]):
    """A decimal with up to 28 digits before and 10 after the point, exact and ordered on both databases."""

    impl = Numeric(38, SCALE)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC on PostgreSQL, text on SQLite."""
        return dialect.type_descriptor(
            String(WIDTH) if dialect.name == "sqlite" else Numeric(38, SCALE)
        )

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """The value as the database stores it."""
        if value is None or dialect.name != "sqlite":
            return value
        return f"{int(EXACT.scaleb(value, SCALE)) + BIAS:0{WIDTH}d}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The stored value as a Decimal without trailing zeros."""
        if value is None:
            return None
        return exact_of(value) if isinstance(value, str) else Decimal(plain(value))


class UtcTime(TypeDecorator[datetime]):
    """An aware moment in UTC, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC; without its zone on SQLite, whose times have none."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The stored moment, aware."""
        return (
            None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value
        )


class Json(TypeDecorator[Any]):
    """A JSON value with exact numbers; None is NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True


def _other(value: object) -> orjson.Fragment | list[object]:
    if isinstance(value, Decimal):
        return orjson.Fragment(plain(value))
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dumps(value: Any) -> bytes:
    """JSON bytes: decimals as numbers with all their digits, times in UTC with Z."""
    return orjson.dumps(value, default=_other, option=orjson.OPT_UTC_Z)


def loads(text: str | bytes) -> Any:
    """The JSON value of a text with exact numbers: a Decimal where there is a point or more than 18 digits."""
    if isinstance(text, bytes):
        return json.loads(text, parse_float=Decimal, parse_int=_whole)
    # What most columns hold. Each reader gets one of its own.
    if text == "[]":
        return []
    if text == "{}":
        return {}
    # Without a look for spaces around it, which is half of the work for a short text.
    if text[:1] in ("[", "{"):
        value, end = _DECODER.raw_decode(text)
        if end == len(text):
            return value
    return _DECODER.decode(text)


def _whole(text: str) -> int | Decimal:
    # The writer takes whole numbers of 64 bits, and decimals of any size.
    return int(text) if len(text) <= WHOLE_DIGITS else Decimal(text)


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=_whole)

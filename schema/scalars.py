"""The scalars that GraphQL lacks: exact decimals, moments in UTC, and JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, NewType, TypeVar

import orjson
import strawberry
from graphql import (
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    StringValueNode,
    ValueNode,
    print_ast,
)
from strawberry.types.scalar import ScalarDefinition

from ..data.money import plain

JSON = NewType("JSON", object)
T = TypeVar("T")

# Far beyond what any amount may have, near enough that arithmetic stays cheap.
_DIGITS = 100
_SHOWN = 60

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def _refused(scalar: str, value: object, reason: str) -> GraphQLError:
    shown = value if isinstance(value, str) else repr(value)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}…"
    return GraphQLError(f'{scalar} cannot be "{shown}": {reason}')


def decimal_value(value: object) -> Decimal:
    """The exact decimal of a JSON value. Raises: GraphQLError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise _refused("Decimal", value, 'it is no number; write a string such as "12.50"')
    if isinstance(value, float):
        if not isfinite(value):
            raise _refused("Decimal", value, "it is no finite number")
        # The shortest text that gives this float again: what the client wrote, unless digits were lost before.
        value = repr(value)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise _refused("Decimal", value, 'it is no number; write it as "12.50"')
        number = Decimal(value)
    else:
        number = Decimal(value)
    if number and (len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) >= _DIGITS):
        raise _refused("Decimal", value, f"it has more than {_DIGITS} digits")
    return Decimal(plain(number)) if number else Decimal(0)


def moment(value: object) -> datetime:
    """The aware moment of a text. Raises: GraphQLError."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _refused("DateTime", value, 'write it as "2026-01-31T12:00:00Z"')
    seconds, fraction, offset = match.groups()
    if offset is None:
        raise _refused(
            "DateTime", value, f'it has no offset; write "{value}Z" for UTC, or "{value}+01:00"'
        )
    if len(fraction or "") > 6:
        raise _refused(
            "DateTime",
            value,
            f"it has {len(fraction)} digits after the seconds; the limit is 6, so leave the last ones out",
        )
    try:
        found = datetime.fromisoformat(f"{seconds}.{fraction or '0':0<6}{offset}".upper())
        return found.astimezone(UTC)
    except ValueError as error:
        reason = str(error)
        if "offset" in reason:
            reason = "its offset is longer than a day; write Z, or an offset such as +01:00"
        raise _refused("DateTime", value, reason) from None
    except OverflowError:
        raise _refused("DateTime", value, "it is outside the years 1 to 9999 in UTC") from None


def _literal(
    scalar: str, parse: Callable[[object], T], kinds: tuple[type, ...], way_out: str
) -> Any:
    """What reads a literal of a document; its place goes with a refusal."""

    def read(node: ValueNode, _variables: Any = None) -> T:
        try:
            if not isinstance(node, kinds):
                raise _refused(scalar, print_ast(node), way_out)
            # The text itself: a float would have lost digits.
            return parse(getattr(node, "value"))  # noqa: B009
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return read


def moment_text(value: datetime) -> str:
    """The moment in UTC with Z; microseconds only when there are any."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    # orjson is several times faster at it than `isoformat`.
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)[1:-1].decode()


def amount_text(value: Decimal | str) -> str:
    """The amount as text: no exponent, no trailing zeros. A text is one that the database has written so."""
    return value if isinstance(value, str) else plain(value)


def json_value(value: Any) -> Any:
    """A JSON value as it is sent: amounts as strings, so that no reader rounds them."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, dict):
        return {name: json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return value


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description=(
            "An exact decimal number. Answered as a string without exponent and trailing zeros, such as "
            '`"12.5"`. Accepted as a string or an integer; a float only if it says the number exactly. Stored '
            "amounts have up to 18 digits before and 10 after the point, calculated ones up to 38 digits."
        ),
        serialize=amount_text,
        parse_value=decimal_value,
        parse_literal=_literal(
            "Decimal",
            decimal_value,
            (IntValueNode, FloatValueNode, StringValueNode),
            'it is no number; write a string such as "12.50"',
        ),
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            'A moment. Answered in UTC, such as `"2026-01-31T12:00:00Z"`, with up to 6 digits after the seconds. '
            "Accepted with any offset; a moment without an offset is refused."
        ),
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=moment_text,
        parse_value=moment,
        parse_literal=_literal(
            "DateTime", moment, (StringValueNode,), 'write it as "2026-01-31T12:00:00Z"'
        ),
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value. Amounts in it are strings, so that no reader rounds them.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc8259",
        serialize=json_value,
    ),
}

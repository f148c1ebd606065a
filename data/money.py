"""Arithmetic on amounts that never rounds, and the one way an amount is written.

Python's decimals round to 28 digits unless told otherwise; calculated amounts have up to 38.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

EXACT = Context(prec=100)
_PERCENT = Decimal("0.0001")
ZERO = Decimal(0)
HUNDRED = Decimal(100)


def plain(value: Decimal) -> str:
    """The amount as text: no exponent, no trailing zeros, no -0."""
    text = str(value)
    # `is_plain`, without the call: most amounts of an import come this way several times.
    if text.isdigit() or (text[-1] != "0" and "." in text and "E" not in text):
        return text
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def is_plain(text: str) -> bool:
    """Whether the text of a Decimal is the way it is written, as far as a glance tells."""
    return text.isdigit() or (text[-1] != "0" and "." in text and "E" not in text)


def total(values: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    result = ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


def minus(value: Decimal, other: Decimal) -> Decimal:
    """The exact difference."""
    return EXACT.subtract(value, other)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """`part` of `whole` in percent, rounded half up to 4 places; None when the whole is 0."""
    if not whole:
        return None
    quotient = EXACT.divide(EXACT.multiply(part, HUNDRED), whole)
    return quotient.quantize(_PERCENT, rounding=ROUND_HALF_UP, context=EXACT)

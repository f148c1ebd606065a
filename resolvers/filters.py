"""What a search may ask for: the limits of a query text and of a filter, and values that databases can hold."""

from __future__ import annotations

from decimal import Decimal

from ..data.base import SCALE
from ..data.documents import is_storable
from ..data.filters import SINGLE, Part, ProjectFilter, parts
from ..data.money import plain
from ..data.words import words
from .errors import BadUserInput

# Each of these keeps a search that could run for minutes, or not at all, from being made.
TEXT_LIMIT = 1_000
WORD_LIMIT = 50
DEPTH_LIMIT = 8
LIST_LIMIT = 500
FIELD_LIMIT = 200
VALUE_LIMIT = 5_000
# What a column of amounts has before the point.
_WHOLE_DIGITS = 28


def check(query: str | None, wanted: ProjectFilter | None) -> None:
    """Lets a search pass that can be answered. Raises: BadUserInput, with the place, the value and the limit."""
    if query is not None:
        _check_text(Part("query", 0, query))
    given = values = 0
    for part in parts(wanted or ProjectFilter()):
        given += isinstance(part.value, (*SINGLE, list)) and not part.path.endswith("]")
        values += isinstance(part.value, SINGLE)
        _check(part, given, values)


def holds(value: Decimal) -> bool:
    """Whether an amount is one that a column can have."""
    whole, _, fraction = plain(value.copy_abs()).partition(".")
    return len(whole) <= _WHOLE_DIGITS and len(fraction) <= SCALE


def _check(part: Part, given: int, values: int) -> None:
    if part.depth > DEPTH_LIMIT:
        raise BadUserInput(
            f"{part.path} is {part.depth} filters deep; the limit is {DEPTH_LIMIT}: "
            "put its conditions into a filter further out"
        )
    if given > FIELD_LIMIT:
        raise BadUserInput(
            f"filter has more than {FIELD_LIMIT} fields, the limit: use lists, which mean any of their values, "
            "or several searches"
        )
    if values > VALUE_LIMIT:
        raise BadUserInput(
            f"filter has more than {VALUE_LIMIT:,} values, the limit: use several searches"
        )
    if isinstance(part.value, str):
        _check_text(part)
    elif isinstance(part.value, Decimal) and not holds(part.value):
        raise BadUserInput(
            f"{part.path} is {plain(part.value)}; the limits are {_WHOLE_DIGITS} digits before the point "
            f"and {SCALE} after it"
        )
    elif isinstance(part.value, list) and len(part.value) > LIST_LIMIT:
        raise BadUserInput(
            f"{part.path} has {len(part.value):,} values; the limit is {LIST_LIMIT}: use several searches"
        )


def _check_text(part: Part) -> None:
    text: str = part.value
    if len(text) > TEXT_LIMIT:
        raise BadUserInput(
            f"{part.path} has {len(text):,} characters; the limit is {TEXT_LIMIT:,}: leave the rest out"
        )
    if not is_storable(text):
        raise BadUserInput(
            f"{part.path} has the character U+0000 or half of a surrogate pair, which no project has: leave it out"
        )
    count = len(set(words(text)))
    if count > WORD_LIMIT and not part.path.endswith("]"):
        raise BadUserInput(
            f"{part.path} has {count} words; the limit is {WORD_LIMIT}: leave the rest out"
        )

"""What every Omnium document has in common: how it is read strictly, kept whole and written again.

A `Document` is one JSON object of the REST API. It keeps the members that the schema has no place for, and whether
a member was absent or null, so that an export gives back what an import took.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from .base import LAST
from .money import is_plain, plain

WHOLE_DIGITS = 18
# What is calculated from amounts has up to 38 digits in all.
TOTAL_DIGITS = 28
FRACTION_DIGITS = 10

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?"
)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether a database can hold a text: without U+0000 and lone surrogates."""
    return _UNSTORABLE.search(text) is None


def _clean(value: str) -> str:
    if "\0" in value:
        raise ValueError("has the character U+0000, which no database can store")
    return value


def _short(value: str) -> str:
    if len(value) > KEY_LIMIT and "\0" not in value:
        raise ValueError(f"has {len(value):,} characters; the limit is {KEY_LIMIT}")
    return _clean(value)


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return None if value.year == 1 else min(value, LAST)
    if value is None:
        return None
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("is not a time such as 2026-01-31T12:00:00Z")
    moment = datetime.fromisoformat(match[0])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # .NET sends its zero date where it has no value.
    if moment.year == 1:
        return None
    try:
        # Its last date, which stands for never, is cut to the last one that is stored.
        return min(moment if moment.tzinfo is UTC else moment.astimezone(UTC), LAST)
    except OverflowError:
        raise ValueError("is outside the years 1 to 9999 in UTC") from None


def _within(value: Decimal, whole_digits: int) -> Decimal:
    text = str(value)
    if len(text) <= FRACTION_DIGITS and is_plain(text):
        return value
    whole, _, fraction = plain(value.copy_abs()).partition(".")
    if len(whole) > whole_digits or len(fraction) > FRACTION_DIGITS:
        raise ValueError(
            f"has {len(whole)} digits before and {len(fraction)} after the point; "
            f"the limits are {whole_digits} and {FRACTION_DIGITS}"
        )
    return Decimal(plain(value))


def _amount(value: Decimal) -> Decimal:
    return _within(value, WHOLE_DIGITS)


def _total(value: Decimal) -> Decimal:
    return _within(value, TOTAL_DIGITS)


Word = Annotated[str, AfterValidator(_clean)]
# An indexed text: two of them and their lengths fit a PostgreSQL index row of 2,704 bytes, four bytes a character.
KEY_LIMIT = 300
Key = Annotated[str, AfterValidator(_short)]
# GraphQL's Int, and PostgreSQL's.
Whole = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(lambda value: value.isoformat().replace("+00:00", "Z"), when_used="json"),
]
Time = Annotated[Moment | None, BeforeValidator(_moment)]
# A float would have lost digits before we see it, so documents are read with decimals.
Finite = Annotated[Decimal, Field(allow_inf_nan=False)]
Amount = Annotated[Finite, AfterValidator(_amount), PlainSerializer(plain, when_used="json")]
Total = Annotated[Finite, AfterValidator(_total), PlainSerializer(plain, when_used="json")]


class Document(BaseModel):
    """One object of the REST API: its known members as attributes, the others kept."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="allow", validate_by_name=True, validate_by_alias=True
    )

    @classmethod
    def of(cls, document: Any) -> Self:
        """The document of a JSON object. Raises: pydantic.ValidationError, which names each bad member."""
        return cls.model_validate(document, by_alias=True, by_name=False)

    @classmethod
    def new(cls, **values: Any) -> Self:
        """A document made here: every member is there, lists are empty, what is calculated is stated."""
        document = cls.model_validate(values, by_alias=False, by_name=True)
        for name, is_list in _stated_when_made(cls):
            if name not in values:
                setattr(document, name, [] if is_list else True)
        document.__pydantic_fields_set__.update(cls.model_fields)
        return document

    def json_object(self) -> dict[str, Any]:
        """The members that were given, under their REST names; amounts and times as Python has them."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    @property
    def unknown(self) -> dict[str, Any]:
        """The members that the model has no field for."""
        return self.__pydantic_extra__ or {}


@cache
def _stated_when_made(model: type[Document]) -> list[tuple[str, bool]]:
    """The fields that a document made here has a value in where none is given, and whether each is a list."""
    found = []
    for name, field in model.model_fields.items():
        is_list = "list[" in str(field.annotation)
        if field.default is None and (is_list or field.exclude):
            found.append((name, is_list))
    return found

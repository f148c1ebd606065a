"""Decimals, moments and JSON on their way in and out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, parse, validate
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from projectgate.schema.build import schema
from projectgate.schema.scalars import JSON, SCALARS, decimal_value, moment, moment_text


@strawberry.type
class Query:
    """Fields that say what they were given, in a form that shows the whole value."""

    @strawberry.field
    def amount(self, value: Decimal | None) -> str:
        return repr(value)

    @strawberry.field
    def at(self, value: datetime) -> str:
        return repr(value)

    @strawberry.field
    def json(self) -> JSON:
        held = {
            "amount": Decimal("1.50"),
            "many": [Decimal(-0), 1, True, None],
            "at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        return JSON(held | {"big": 2**70})

    @strawberry.field
    def exact(self) -> list[Decimal]:
        return [Decimal(text) for text in ("-0", "0E+3", "1E+3", "1.500", "-1E-10", "0.000")]


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))


def given_as_variable(field: str, kind: str, value: Any) -> Any:
    return SCHEMA.execute_sync(f"query ($v: {kind}) {{ x: {field}(value: $v) }}", {"v": value})


def given_as_literal(field: str, text: str) -> Any:
    return SCHEMA.execute_sync(f"{{ x: {field}(value: {text}) }}")


@pytest.mark.parametrize(
    ("value", "decimal"),
    [
        ("1.50", "1.5"),
        ("-0", "0"),
        ("+7", "7"),
        ("007.10", "7.1"),
        ("1e3", "1000"),
        ("1.5E-5", "0.000015"),
        ("999999999999999999.9999999999", "999999999999999999.9999999999"),
        (12, "12"),
        (-(10**30), f"-{10**30}"),
        (0.1, "0.1"),
        (1.5, "1.5"),
        (0.1234567890123, "0.1234567890123"),
        (1e21, "1000000000000000000000"),
    ],
)
def test_a_decimal_is_taken_exactly_from_a_variable(value: Any, decimal: str) -> None:
    result = given_as_variable("amount", "Decimal", value)

    assert result.errors is None
    assert result.data == {"x": f"Decimal('{decimal}')"}


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ('"1.50"', "1.5"),
        ("12", "12"),
        ("0.12345678901234567890", "0.1234567890123456789"),
        ("999999999999999999.9999999999", "999999999999999999.9999999999"),
        ("1.0e2", "100"),
        ("-0.0", "0"),
        ('"""7"""', "7"),
    ],
)
def test_a_decimal_is_taken_from_the_text_of_a_literal_and_not_through_a_float(
    text: str, decimal: str
) -> None:
    result = given_as_literal("amount", text)

    assert result.errors is None
    assert result.data == {"x": f"Decimal('{decimal}')"}


def test_a_decimal_may_be_null() -> None:
    assert given_as_literal("amount", "null").data == {"x": "None"}
    assert given_as_variable("amount", "Decimal", None).data == {"x": "None"}


@pytest.mark.parametrize(
    "value",
    [
        "",
        " 1",
        "1 ",
        "1,5",
        "1_000",
        "½",
        "１",
        "NaN",
        "Infinity",
        "-inf",
        "0x10",
        "1.",
        ".5",
        "--1",
        "1e99999",
        "1\n",
        True,
        [],
        {},
        float("nan"),
        float("inf"),
        "9" * 101,
        "1e101",
        "1e-101",
    ],
)
def test_what_is_no_decimal_is_refused_with_a_message_that_shows_it(value: Any) -> None:
    result = given_as_variable("amount", "Decimal", value)

    assert result.data is None
    assert "Decimal cannot be" in result.errors[0].message


@pytest.mark.parametrize("text", ['"x"', "true", "ENUM", "[1]", "{a: 1}", '"NaN"'])
def test_a_literal_that_is_no_decimal_is_refused_with_a_message_that_shows_it(text: str) -> None:
    result = given_as_literal("amount", text)

    assert result.data is None
    assert "Decimal" in result.errors[0].message


def test_a_message_about_a_value_does_not_repeat_all_of_a_long_one() -> None:
    result = given_as_variable("amount", "Decimal", "x" * 100_000)

    assert len(result.errors[0].message) < 300


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**28), max_value=10**28, places=10
    )
)
def test_a_decimal_comes_back_as_the_number_it_was(number: Decimal) -> None:
    text = SCALARS[Decimal].serialize(number)  # type: ignore[misc]

    assert decimal_value(text) == number
    assert "E" not in text
    assert text == "0" or not text.startswith("-0") or text.startswith("-0.")
    assert "." not in text or not text.endswith("0")


def test_a_decimal_is_answered_as_a_string_without_exponent_trailing_zeros_and_minus_zero() -> None:
    assert SCHEMA.execute_sync("{ exact }").data == {
        "exact": ["0", "0", "1000", "1.5", "-0.0000000001", "0"]
    }


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31t12:00:00z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ("2026-01-01T00:30:00-23:59", "2026-01-02T00:29:00Z"),
        ("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500000Z"),
        ("2026-01-31T12:00:00.000001Z", "2026-01-31T12:00:00.000001Z"),
        ("2026-01-31T12:00:00.000000Z", "2026-01-31T12:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_moment_is_taken_with_any_offset_and_answered_in_utc(text: str, answered: str) -> None:
    for result in (given_as_variable("at", "DateTime!", text), given_as_literal("at", f'"{text}"')):
        assert result.errors is None
        assert "tzinfo=datetime.timezone.utc" in result.data["x"]
    assert moment_text(moment(text)) == answered


def test_a_moment_of_another_zone_is_answered_in_utc() -> None:
    zone = timezone(timedelta(hours=2))

    assert moment_text(datetime(2026, 1, 31, 1, tzinfo=zone)) == "2026-01-30T23:00:00Z"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2026-01-31T12:00:00", 'no offset; write "2026-01-31T12:00:00Z"'),
        ("2026-01-31T12:00:00.1234567Z", "7 digits after the seconds; the limit is 6"),
        ("2026-01-31", "write it as"),
        ("2026-01-31T12:00Z", "write it as"),
        ("2026-01-31 12:00:00Z", "write it as"),
        ("2026-02-30T12:00:00Z", "day"),
        ("2026-01-31T24:00:00Z", "hour"),
        ("2026-01-31T12:00:60Z", "second"),
        ("2026-01-31T12:00:00+25:00", "offset"),
        ("0001-01-01T00:00:00+01:00", "outside the years 1 to 9999"),
        ("9999-12-31T23:59:59-01:00", "outside the years 1 to 9999"),
        ("", "write it as"),
        ("now", "write it as"),
        (1_700_000_000, "write it as"),
        (True, "write it as"),
    ],
)
def test_what_is_no_moment_is_refused_with_a_message_that_says_how_to_write_it(
    value: Any, reason: str
) -> None:
    result = given_as_variable("at", "DateTime!", value)

    assert result.data is None
    assert "DateTime cannot be" in result.errors[0].message
    assert reason in result.errors[0].message


@given(st.text(max_size=40))
def test_no_text_makes_a_scalar_fail_in_another_way(text: str) -> None:
    for read in (moment, decimal_value):
        try:
            read(text)
        except GraphQLError as error:
            assert "cannot be" in error.message  # noqa: PT017


def test_json_is_answered_as_it_is_but_amounts_are_strings() -> None:
    assert SCHEMA.execute_sync("{ json }").data == {
        "json": {
            "amount": "1.5",
            "many": ["0", 1, True, None],
            "at": "2026-01-01T00:00:00Z",
            "big": 2**70,
        }
    }


@pytest.mark.parametrize(
    "argument",
    [
        'deadline: {from: "2026-01-01T00:00:00"}',
        "deadline: {from: 7}",
        'projectValue: {min: "many"}',
        "projectValue: {min: [1]}",
    ],
)
def test_a_refused_literal_is_told_with_its_place(argument: str) -> None:
    document = f"{{ searchProjects(filter: {{{argument}}}) {{ totalHits }} }}"
    (error,) = validate(schema._schema, parse(document))
    assert error.locations
    literal = argument.split(": ")[-1].rstrip("}")
    assert error.locations[0].column == document.index(literal) + 1

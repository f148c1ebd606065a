"""Values on their way to a database and back: exact, in UTC, and as they were written."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import cast, literal, null, select

from projectgate.data.base import CodePoints, Exact, Json, UtcTime, dumps, loads
from projectgate.data.database import Database
from tests.make.plain import plain

pytestmark = pytest.mark.anyio

EXACTS = st.decimals(-(10**27), 10**27, places=10)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001
NUMBERS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
)  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.booleans() | NUMBERS | TEXTS | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)
any_values = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def back(database: Database, kind: Any, values: list[Any]) -> list[Any]:
    """What becomes of values that are sent and read."""
    found: list[Any]
    ((*found,),) = await database.run(select(*(literal(value, kind) for value in values)))
    return found


@any_values
@given(st.lists(EXACTS, min_size=1, max_size=20))
@example([Decimal("-0"), Decimal("1E+3"), Decimal("0.0000000001"), Decimal(-(10**27))])
async def test_decimals_come_back_exact_and_without_trailing_zeros(
    database: Database, values: list[Decimal]
) -> None:
    found = await back(database, Exact, values)
    assert found == values
    for value in found:
        written = str(value)
        assert type(value) is Decimal
        assert "E" not in written.upper() or value == 0 or abs(value) < Decimal("0.000001")
        assert written != "-0"
        assert not ("." in written and written.endswith("0"))


@any_values
@given(st.lists(MOMENTS, min_size=1, max_size=20))
@example([datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)])
async def test_moments_come_back_in_utc_to_the_microsecond(
    database: Database, values: list[datetime]
) -> None:
    found = await back(database, UtcTime, values)
    assert found == values
    assert {value.tzinfo for value in found} == {UTC}


@any_values
@given(st.lists(VALUES, min_size=1, max_size=5))
@example([[], {}, [[]], Decimal(10**30), Decimal("0.10"), Decimal("1E+30"), "[]", None, [None]])
async def test_json_comes_back_as_it_was_written(database: Database, values: list[Any]) -> None:
    found = await back(database, Json, values)
    assert plain(found) == plain([loads(dumps(value)) for value in values])


INTEGERS = st.integers(-(10**22), 10**22) | st.sampled_from(
    [sign * 10**power + more for sign in (1, -1) for power in (17, 18, 19) for more in (-1, 0, 1)]
)
WRITTEN = INTEGERS.map(str) | st.from_regex(
    r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,9})?([eE][+-]?[0-9])?", fullmatch=True
)
SPACES = st.sampled_from(["", " ", "\n", "\t "])


@any_values
@given(st.lists(st.tuples(SPACES, WRITTEN | TEXTS.map(json.dumps), SPACES), max_size=4))
@example([("", "-0", "")])
@example([("", '"\\ud800"', "")])
async def test_numbers_are_exact_wherever_they_stand_in_a_text(
    parts: list[tuple[str, str, str]],
) -> None:
    inner = ["".join(part) for part in parts]
    members = ",".join(f'"a{place}":{part}' for place, part in enumerate(inner))
    for written in (f"[{','.join(inner)}]", f"{{{members}}}", *inner):
        expected = json.loads(
            written,
            parse_float=Decimal,
            parse_int=lambda number: int(number) if len(number) <= 18 else Decimal(number),
        )
        assert plain(loads(written)) == plain(expected)
        assert plain(loads(written.encode("utf-8", "surrogatepass"))) == plain(expected)


async def test_readers_of_an_empty_list_do_not_share_it(database: Database) -> None:
    one, other = await back(database, Json, [[], []])
    one.append(1)
    assert other == []
    assert await back(database, Json, [[]]) == [[]]


async def test_null_is_none_in_every_type(database: Database) -> None:
    for kind in (Exact, UtcTime, Json, CodePoints):
        found = await database.run(select(cast(null(), kind), literal(None, kind)))
        assert [tuple(row) for row in found] == [(None, None)]

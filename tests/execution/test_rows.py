"""Rows that say where their attributes are: unpacked, they give what graphql-core gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st

from projectgate.execution import rows
from projectgate.execution.executor import Engine
from projectgate.execution.rows import KEPT
from projectgate.schema.scalars import SCALARS
from tests.execution.compared import Pair
from tests.make.operations import Made

pytestmark = pytest.mark.anyio


class Place(NamedTuple):
    """Where a row has an attribute, and of which class its values are whenever they are not null."""

    number: int
    holds: type | None


def row_class(columns: Sequence[str], texts: Sequence[str]) -> type[tuple[Any, ...]]:
    """A class of rows with these columns, of which some are texts. `key` is another name of `id`."""
    layout = {
        name: Place(number, str if name in texts else None) for number, name in enumerate(columns)
    }
    layout["key"] = layout["id"]
    attributes = {name: property(itemgetter(place.number)) for name, place in layout.items()}
    return type("Row", (tuple,), {"__layout__": layout, **attributes})


@strawberry.type
class Thing:
    """Something with a leaf of each kind."""

    id: strawberry.ID
    key: str
    name: str | None
    amount: Decimal | None
    made: datetime | None
    count: int | None
    on: bool | None

    @strawberry.field
    def loud(self) -> str:
        """What is made of the whole object."""
        return str(self.name).upper()


ROWS: list[Any] = []


@strawberry.type
class Query:
    """The rows of this test."""

    @strawberry.field
    def things(self) -> list[Thing | None]:
        """All of them."""
        return ROWS


def pair() -> Pair:
    """The schema with an engine of its own."""
    engine = Engine()
    schema = strawberry.Schema(
        Query,
        execution_context_class=engine.executor_class(),
        scalar_overrides=SCALARS,
    )
    schema.process_errors = lambda *_: None  # type: ignore[method-assign]
    return Pair(schema, engine)


PAIR = pair()
COLUMNS = ("project", "id", "name", "amount", "made", "count", "on", "more")
Vouching = row_class(COLUMNS, ["project", "id", "name", "more"])
Silent = row_class(COLUMNS, [])
MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]))
TEXTS = st.text(max_size=3)
VALUES = st.tuples(
    TEXTS,
    TEXTS,
    st.none() | TEXTS,
    st.none() | st.decimals(-9, 9, places=2) | st.just("1.50"),
    st.none() | MOMENTS,
    st.none() | st.integers(-(2**33), 2**33),
    st.none() | st.booleans(),
    st.none() | TEXTS,
)
FIELDS = [
    "id name",
    "name id key again: name",
    "id amount made count on __typename",
    "made key",
    "id name loud",
    "key",
]


@given(
    values=st.lists(VALUES, max_size=4),
    kind=st.sampled_from([Vouching, Silent]),
    fields=st.sampled_from(FIELDS),
    missing=st.booleans(),
)
async def test_unpacked_rows_give_what_graphql_core_gives(
    values: list[Any], kind: Any, fields: str, missing: bool
) -> None:
    ROWS[:] = [kind(value) for value in values]
    if missing:
        ROWS.append(None)
    made = Made(f"{{ things {{ {fields} }} }}", {})

    found, how = await PAIR.compiled(made, None)

    assert found == await PAIR.judged(made, None)
    too_large = "count" in fields and any(abs(value[5] or 0) > 2**31 - 1 for value in values)
    assert how == ("bail-out" if found.errors else "plan")
    assert bool(found.errors) <= too_large


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("value", [None, 7, b"x", ValueError("no")])
async def test_what_is_not_vouched_for_is_looked_at(place: int, value: Any) -> None:
    values: list[Any] = ["p", "id", "name", None, None, None, None, None]
    values[place] = value
    ROWS[:] = [Silent(values)]
    made = Made("{ things { id name } }", {})
    found, _ = await PAIR.compiled(made, None)
    assert found == await PAIR.judged(made, None)


async def test_a_null_where_none_may_be_is_met_in_a_row_that_vouches_for_texts() -> None:
    ROWS[:] = [Vouching(["p", None, "name", None, None, None, None, None])]
    made = Made("{ things { id name } }", {})
    found, how = await PAIR.compiled(made, None)
    assert found == await PAIR.judged(made, None)
    assert how == "bail-out"


async def test_rows_without_an_attribute_that_is_read_and_rows_of_several_classes_are_read_one_by_one() -> (
    None
):
    narrow = row_class(("id", "name"), ["id", "name"])
    tried = pair()
    for found in ([narrow(["a", "b"])], [narrow(["a", "b"]), Silent(["p", "c", "d", *[None] * 5])]):
        ROWS[:] = found
        for fields in ("id name", "id name count"):
            made = Made(f"{{ things {{ {fields} }} }}", {})
            compiled, _ = await tried.compiled(made, None)
            assert compiled == await tried.judged(made, None)


def test_a_selection_keeps_functions_for_few_classes() -> None:
    selection = rows.Unpacked([rows.Item("a", "{0}", "id"), rows.Item("b", "{0}", "name")], {})
    for _ in range(3 * KEPT):
        kind = row_class(("id", "name"), [])
        assert selection([kind((1, 2))], {kind}) == [{"a": 1, "b": 2}]
        assert len(selection._made) <= KEPT


class Several(NamedTuple):
    """Rows that are not made yet."""

    values: list[list[str | int]]
    kind: type[Any] | None


class Grouped(NamedTuple):
    """Lists of them by their first value."""

    lines: Several
    keys: list[str]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), TEXTS, st.integers(0, 9)).map(list)),
    st.permutations("abcd"),
    st.sampled_from([["id", "name"], ["project", "id"], ["name", "again"]]),
)
def test_lists_are_told_apart_as_their_rows_are_unpacked(
    values: list[list[str | int]], keys: list[str], names: list[str]
) -> None:
    kind = row_class(("project", "id", "name"), ["project", "id"])
    items = [rows.Item(name, "{0}", name.replace("again", "id")) for name in names]
    selection = rows.Unpacked([*items, rows.Item("__typename", "'Thing'")], {})
    wanted = [
        selection([kind(value) for value in values if value[0] == key], {kind}) for key in keys
    ]
    assert selection.lists(Grouped(Several(values, kind), keys)) == wanted


def test_lists_whose_rows_have_no_known_places_are_not_unpacked() -> None:
    selection = rows.Unpacked([rows.Item("a", "{0}", "id"), rows.Item("b", "{0}", "more")], {})
    for kind in (None, row_class(("id", "name"), [])):
        assert selection.lists(Grouped(Several([["1", "2"]], kind), ["1"])) is None

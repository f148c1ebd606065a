"""Values that are not the usual ones: a plan answers them as graphql-core does, or leaves them to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
import strawberry
from strawberry.scalars import JSON

from tests.execution.compared import BAIL_OUT, FALLBACK, PLAN, Pair, executed, pair

pytestmark = pytest.mark.anyio


class Text(str):
    """A text of a class of its own."""

    __slots__ = ()


class Number(int):
    """A number of a class of its own."""


class Amount(Decimal):
    """An amount of a class of its own."""


class Yes:
    """Something that says it is true."""

    def __bool__(self) -> bool:
        return True


class Level(Enum):
    """A level."""

    LOW = 1
    HIGH = [2]  # noqa: RUF012


def generated() -> Iterator[int]:
    """Some numbers."""
    yield from (1, 2)


async def generated_later() -> AsyncIterator[int]:
    """The same, one after the other."""
    for number in (1, 2):
        yield number


@strawberry.type
class Held:
    """What holds a value under every type."""

    text: str | None
    whole: int | None
    exact: Decimal | None
    yes: bool | None
    real: float | None
    id: strawberry.ID | None
    level: strawberry.enum(Level) | None  # type: ignore[valid-type]
    any: JSON | None
    numbers: list[int] | None
    maybe: list[int | None]
    lists: list[list[int | None]] | None


def holding(value: Callable[[], Any]) -> Pair:
    """A schema whose fields have a value that is made anew for each of them."""

    class Row:
        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return value()

    @strawberry.type
    class Query:
        @strawberry.field
        def held(self) -> list[Held]:
            """Two holders."""
            return [Row(), Row()]  # type: ignore[list-item]

    return pair(Query)


VALUES: dict[str, Callable[[], Any]] = {
    "a text of a class of its own": lambda: Text("x"),
    "a digit as such a text": lambda: Text("1"),
    "a number of a class of its own": lambda: Number(7),
    "an amount of a class of its own": lambda: Amount("1.50"),
    "an amount": lambda: Decimal("3.00"),
    "no number": lambda: Decimal("NaN"),
    "a float that is a whole number": lambda: 2.0,
    "infinity": lambda: float("inf"),
    "true": lambda: True,
    "something that says it is true": Yes,
    "a number beyond 32 bits": lambda: 2**31,
    "the smallest number": lambda: -(2**31),
    "an enum's member": lambda: Level.LOW,
    "a member that cannot be a key": lambda: Level.HIGH,
    "the value of a member": lambda: 1,
    "bytes": lambda: b"x",
    "a generator": generated,
    "an asynchronous generator": generated_later,
    "a set": lambda: {1},
    "a frozen set": lambda: frozenset({1}),
    "the keys of a dict": lambda: {1: 2}.keys(),
    "a dict": lambda: {"text": "x"},
    "a tuple": lambda: (1, 2),
    "a range": lambda: range(3),
    "an iterator": lambda: iter([1]),
    "a list with null": lambda: [1, None],
    "a list of lists with null": lambda: [[1, None], None],
    "a list of tuples": lambda: [(1,), ()],
    "a list with an exception": lambda: [1, ValueError("in a list")],
    "an exception": lambda: ValueError("as a value"),
    "a class that is an exception": lambda: ValueError,
    "undefined": lambda: strawberry.UNSET,
    "null": lambda: None,
}


KINDS = list(Held.__annotations__)


@pytest.mark.parametrize("name", VALUES)
async def test_a_value_is_answered_as_graphql_core_does_whatever_its_field_is(name: str) -> None:
    tried = holding(VALUES[name])
    ways = {await executed(tried, f"{{ held {{ {kind} }} }}") for kind in KINDS}
    assert ways <= {PLAN, BAIL_OUT}


async def told(value: Any) -> Any:
    """A value, later."""
    await asyncio.sleep(0)
    return value


@pytest.mark.parametrize("kind", KINDS)
async def test_something_to_await_as_a_value_is_awaited(kind: str) -> None:
    value = [[1]] if kind == "lists" else [1] if kind in ("numbers", "maybe") else 1
    tried = holding(lambda: told(value))
    assert await executed(tried, f"{{ held {{ {kind} }} }}") in (PLAN, BAIL_OUT)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_lists_of_things_to_await_are_awaited() -> None:
    tried = holding(lambda: [told(1), 2])
    assert await executed(tried, "{ held { numbers maybe } }") == BAIL_OUT


async def test_dicts_and_other_objects_without_the_attribute_are_faults() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def dicts(self) -> list[Held | None]:
            """What has no attributes."""
            return [{"text": "x"}, object(), 7, None]  # type: ignore[list-item]

    assert await executed(pair(Query), "{ dicts { text } }") == BAIL_OUT
    assert await executed(pair(Query), "{ dicts { __typename } }") == PLAN


@strawberry.interface
class Shape:
    """What has a name."""

    name: str

    @strawberry.field
    def inner(self) -> Shape | None:
        """A shape in a shape."""
        return Square(name=f"{self.name}.", side=2) if len(self.name) < 3 else None


@strawberry.type
class Circle(Shape):
    """A circle."""

    radius: int


@strawberry.type
class Square(Shape):
    """A square."""

    side: int


@strawberry.type
class Shapes:
    """The root of shapes."""

    @strawberry.field
    def grid(self) -> list[list[Shape | None] | None]:
        """Shapes in rows."""
        circle, square = Circle(name="c", radius=1), Square(name="s", side=1)
        return [[circle, None, square], None, [], [square, circle]]

    @strawberry.field
    def sure(self) -> list[list[Shape]]:
        """Shapes in rows, with one that is none."""
        return [[Circle(name="c", radius=1)], [object()]]  # type: ignore[list-item]


async def test_interfaces_in_lists_of_lists_with_selections_that_merge() -> None:
    text = """{
        grid { name ...C ... on Square { inner { ... on Square { side } } side } inner { __typename } }
    }
    fragment C on Circle { radius inner { name ... on Shape { inner { name } } } }"""
    assert await executed(pair(Shapes, types=[Circle, Square]), text) == PLAN


async def test_an_object_that_is_of_no_type_is_a_fault() -> None:
    tried = pair(Shapes, types=[Circle, Square])
    assert await executed(tried, "{ sure { name } grid { name } }") == BAIL_OUT


CHOSEN = """query ($a: Boolean!, $b: Boolean = true) {
    grid { ...N @skip(if: $a) ... @include(if: $b) { ...N @include(if: $a) __typename } }
    other: grid @skip(if: $b) { ...N @skip(if: false) }
}
fragment N on Shape { name ... on Circle @skip(if: $b) { radius } inner @include(if: $b) { name } }"""


async def test_directives_on_fragments_choose_with_every_value() -> None:
    tried = pair(Shapes, types=[Circle, Square])
    for a in (True, False):
        for given in ({}, {"b": True}, {"b": False}):
            assert await executed(tried, CHOSEN, {"a": a, **given}) == PLAN
    assert await executed(tried, CHOSEN, {"a": True, "b": None}) == FALLBACK


@strawberry.type
class Deep:
    """Something in something."""

    number: int = 1

    @strawberry.field
    def inner(self) -> Deep:
        """One more."""
        return Deep()

    @strawberry.field
    async def later(self) -> Deep:
        """One more, later."""
        return Deep()

    @strawberry.field
    def many(self) -> list[int]:
        """Very many."""
        return list(range(100_000))


@pytest.mark.parametrize("levels", [50, 200, 400])
@pytest.mark.parametrize("field", ["inner", "later"])
async def test_a_document_of_many_levels_is_answered(field: str, levels: int) -> None:
    text = "number " + f"{{ {field} " * levels + "{ number } " + "} " * levels
    text = text.removeprefix("number ")
    how = await executed(pair(Deep), text)
    assert levels > 50 or how == PLAN


async def test_a_very_long_list_is_answered() -> None:
    assert await executed(pair(Deep), "{ many inner { many } }") == PLAN

"""Values and arguments that are not the usual ones: a plan answers them as graphql-core does, or leaves them to it."""

from __future__ import annotations

import asyncio
import gc
import re
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
import strawberry
from strawberry.scalars import JSON
from strawberry.types.field import StrawberryField

from projectgate.execution.executor import Engine
from projectgate.execution.fields import loader_field
from tests.execution import world
from tests.execution.compared import Answer, Pair
from tests.make.operations import Made

pytestmark = pytest.mark.anyio

PLAN, BAIL_OUT, FALLBACK = "plan", "bail-out", "fallback"


def pair(query: type, mutation: type | None = None, **options: Any) -> Pair:
    """A schema with an engine of its own."""
    engine = Engine()
    schema = strawberry.Schema(
        query, mutation, execution_context_class=engine.executor_class(), **options
    )
    schema.process_errors = lambda *_: None  # type: ignore[method-assign]
    return Pair(schema, engine)


async def executed(tried: Pair, text: str, variables: dict[str, Any] | None = None) -> str:
    """How an operation was executed, its answer held against the judge's; nothing of a plan is left to await."""
    made = Made(text, variables or {})
    expected = await tried.judged(made, world.Context())
    before = asyncio.all_tasks()
    found, how = await tried.compiled(made, world.Context())
    assert _without_places(found) == _without_places(expected)
    if how == PLAN:
        assert asyncio.all_tasks() == before
    return how


def _without_places(answer: Answer) -> list[str]:
    """An answer without what tells objects of one class apart."""
    return [re.sub(r"0x[0-9a-f]+", "", part.decode()) for part in (answer.data, *answer.errors)]


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


@strawberry.type
class Arguments:
    """The root of fields that answer what they are given."""

    @strawberry.field
    def some(self, number: int | None = 7, real: float = 1.5, text: str | None = "t") -> str:
        """Arguments with defaults."""
        return repr((number, real, text))

    @strawberry.field
    def sure(self, number: int = 1) -> str:
        """One that may be absent, but not null."""
        return repr(number)

    @strawberry.field
    def absent(self, text: str | None = strawberry.UNSET) -> str:
        """One of which absence and null are told apart."""
        return repr(text)

    @strawberry.field
    def free(self, value: JSON | None = None) -> str:
        """Anything."""
        return repr(value)


GIVEN: list[tuple[str, list[dict[str, Any]]]] = [
    (
        'query ($n: Int, $t: String = "d") { some(number: $n, text: $t) }',
        [{}, {"n": None}, {"n": 3}, {"t": None}, {"n": 0, "t": ""}, {}],
    ),
    ("query ($n: Int) { sure(number: $n) }", [{}, {"n": None}, {"n": 2}, {}, {"n": None}]),
    ("query ($n: Int = 5) { sure(number: $n) }", [{"n": None}, {}, {"n": None}, {"n": 5}]),
    ("query ($t: String) { absent(text: $t) }", [{}, {"t": None}, {}, {"t": "x"}, {"t": None}]),
    ("query ($r: Float! = 0.5) { some(real: $r) }", [{}, {"r": 0}, {"r": -0.0}, {"r": 0.0}]),
    (
        "query ($v: JSON) { free(value: $v) }",
        [{"v": 1}, {"v": True}, {"v": 1.0}, {"v": "1"}, {"v": None}, {}, {"v": [1]}, {"v": [True]}],
    ),
    ("query ($n: Int) { free(value: {a: [$n]}) }", [{"n": 1}, {"n": 2}, {}]),
    ("{ some(number: null) a: some(number: null, text: null) }", [{}, {}]),
]


@pytest.mark.parametrize(("text", "laps"), GIVEN)
async def test_a_plan_that_is_run_again_takes_its_arguments_anew(
    text: str, laps: list[dict[str, Any]]
) -> None:
    """Absent is not null, and values that are equal are not the same."""
    tried = pair(Arguments)
    for variables in laps:
        await executed(tried, text, variables)
    assert tried.engine.counters.runs


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


class Failing:
    """Loaders that fail: at once, later, or for some keys."""

    def __init__(self) -> None:
        self.loaders = self

    def narrow(self, reads: Any) -> None:
        """Takes no notice."""

    def forget(self) -> None:
        """Has nothing to forget."""

    @property
    def at_once(self) -> Any:
        """A loader whose `load` raises."""
        return self

    def load(self, key: Any) -> Any:
        """Raises."""
        raise LookupError(f"no {key}")

    @property
    def later(self) -> Any:
        """A loader that fails when it is awaited, for even keys."""
        return Later()


class Later:
    """A loader of coroutines."""

    async def load(self, key: int) -> int:
        """The key, if it is odd."""
        await asyncio.sleep(0)
        if key % 2 == 0:
            raise LookupError(f"later: no {key}")
        return key


@strawberry.type
class Loading:
    """What has loader fields."""

    key: int
    at_once: int | None = loader_field("at_once", description="Fails at once.")
    later: int | None = loader_field("later", description="Fails later.")
    without: int | None = loader_field("nothing", description="Has no loader.")
    then: int | None = loader_field(
        "later", then=lambda row, value: value // (row.key - 3), description="Fails afterwards."
    )

    @strawberry.field
    async def slow(self) -> str:
        """A text that takes some turns."""
        for _ in range(5):
            await asyncio.sleep(0)
        return "slow"


@strawberry.type
class Loads:
    """The root of them."""

    @strawberry.field
    def rows(self, keys: list[int]) -> list[Loading]:
        """Rows with these keys."""
        return [Loading(key=key) for key in keys]


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("{ rows(keys: [1, 2]) { key slow at_once: atOnce } }", BAIL_OUT),
        ("{ rows(keys: []) { atOnce later without } }", PLAN),
        ("{ rows(keys: [1, 5]) { slow later then } }", PLAN),
        ("{ rows(keys: [1, 2, 4]) { slow later } }", BAIL_OUT),
        ("{ rows(keys: [1, 3]) { slow then a: slow } }", BAIL_OUT),
        ("{ rows(keys: [1]) { slow without } }", BAIL_OUT),
    ],
)
async def test_loaders_that_fail_are_told_as_graphql_core_tells_them(text: str, how: str) -> None:
    tried = pair(Loads)
    made = Made(text, {})
    expected = await tried.judged(made, Failing())
    gc.collect()
    before = asyncio.all_tasks()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, way = await tried.compiled(made, Failing())
        gc.collect()
    assert found == expected
    assert (way, asyncio.all_tasks()) == (how, before)


class Loud(StrawberryField):
    """A field with a way of its own to its value."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The value, in capitals."""
        return str(super().get_result(source, info, args, kwargs)).upper()


@strawberry.type
class Spoken:
    """What has such fields."""

    name: str = Loud(python_name=None, type_annotation=None)  # type: ignore[assignment]
    text: str = "text"


async def test_a_field_with_a_way_of_its_own_to_its_value_goes_that_way() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def spoken(self) -> list[Spoken]:
            """Some."""
            return [Spoken(name="one"), Spoken(name="two")]

        @Loud(python_name=None, type_annotation=None)
        def said(self) -> str:
            """A text."""
            return "said"

    tried = pair(Query)
    assert await executed(tried, "{ spoken { name text } said }") == PLAN
    answer, _ = await tried.compiled(Made("{ spoken { name } said }", {}), world.Context())
    assert answer.data == b'{"spoken":[{"name":"ONE"},{"name":"TWO"}],"said":"SAID"}'


async def test_resolvers_of_every_form_are_called() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        @staticmethod
        def static(number: int = 1) -> str:
            """Without the parent."""
            return f"static {number}"

        @strawberry.field
        @classmethod
        async def of_class(cls) -> str:
            """With the class."""
            return cls.__name__

        by_name: str = strawberry.field(resolver=lambda root: repr(root))

        @strawberry.field
        async def stream(self) -> list[int]:  # type: ignore[misc]
            """One number after the other."""
            yield 1
            yield 2

    assert await executed(pair(Query), "{ static a: static(number: 2) ofClass byName }") == PLAN
    assert await executed(pair(Query), "{ stream }") == BAIL_OUT


async def test_nothing_is_left_to_await_beside_what_cannot_be_awaited() -> None:
    """An asynchronous generator is called like a coroutine, but there is nothing to await in it."""

    @strawberry.type
    class Query:
        @strawberry.field
        async def first(self) -> int:
            """A number, later."""
            await asyncio.sleep(0)
            return 1

        @strawberry.field
        async def stream(self) -> list[int]:  # type: ignore[misc]
            """Numbers, one after the other."""
            yield 1

        @strawberry.field
        async def last(self) -> int:
            """A number, later."""
            await asyncio.sleep(0)
            return 2

    tried, before = pair(Query), asyncio.all_tasks()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer, how = await tried.compiled(Made("{ first stream last }", {}), world.Context())
        gc.collect()
    assert (answer.data, how) == (b'{"first":1,"stream":[1],"last":2}', BAIL_OUT)
    assert asyncio.all_tasks() == before

"""Arguments, loaders and resolvers that are not the usual ones: a plan does with them as graphql-core does."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any

import pytest
import strawberry
from strawberry.scalars import JSON
from strawberry.types.field import StrawberryField

from projectgate.execution.fields import loader_field
from tests.execution import world
from tests.execution.compared import BAIL_OUT, PLAN, executed, pair
from tests.make.operations import Made

pytestmark = pytest.mark.anyio


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


class Failing:
    """Loaders that fail: at once, later, or for some keys."""

    def __init__(self) -> None:
        self.loaders = self

    def narrow(self, needs: Any) -> None:
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
    assert answer.data == '{"spoken":[{"name":"ONE"},{"name":"TWO"}],"said":"SAID"}'


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
    assert (answer.data, how) == ('{"first":1,"stream":[1],"last":2}', BAIL_OUT)
    assert asyncio.all_tasks() == before

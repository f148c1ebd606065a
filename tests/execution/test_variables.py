"""Variables are coerced as graphql-core coerces them, and arguments as Strawberry converts them."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from projectgate.execution.documents import Documents
from projectgate.execution.executor import Engine
from projectgate.execution.variables import MOST_FAULTS, Variables
from projectgate.schema.errors import formatted

pytestmark = pytest.mark.anyio


@strawberry.enum
class Colour(Enum):
    """Two colours."""

    RED = "red"
    BLUE = "blue"


@strawberry.input
class Box:
    """Something that is not plain."""

    name: str = "box"
    inner: Box | None = None


@strawberry.type
class Query:
    """Fields that say what they were given."""

    @strawberry.field
    def texts(self, first: str, second: strawberry.ID | None = None, third: str = "absent") -> str:
        """What the arguments were."""
        return repr((first, second, third))

    @strawberry.field
    def rest(
        self, count: int = 3, colour: Colour | None = None, on: bool = False, box: Box | None = None
    ) -> str:
        """What the arguments were."""
        return repr((count, colour, on, box))


SCHEMA = strawberry.Schema(Query)
TYPES = [
    "String",
    "ID!",
    "Int",
    "Float",
    "Boolean!",
    "Colour",
    "Box",
    "[Int]",
    "Int! = 5",
    "Box = {}",
]
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["RED", "PINK", "7"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["name", "nobody"]), st.text(max_size=2), max_size=2),
)


def told(found: Any) -> Any:
    """Values, or the messages of errors; a number that is none is told by its text."""
    if isinstance(found, list):
        return [error.formatted for error in found]
    return (
        repr(found.coerced),
        [repr(one.value) for one in found.sources.values()],
        [*found.sources],
    )


@given(
    declared=st.lists(st.sampled_from(TYPES), max_size=4),
    values=st.dictionaries(st.sampled_from(["v0", "v1", "v2", "v3", "more"]), VALUES),
)
def test_variables_come_to_what_graphql_core_makes_of_them(
    declared: list[str], values: dict[str, Any]
) -> None:
    names = ", ".join(f"$v{place}: {kind}" for place, kind in enumerate(declared))
    operation = parse(f"query{f'({names})' if names else ''} {{ __typename }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    nodes = operation.variable_definitions or ()

    known = Variables(SCHEMA._schema, nodes)

    expected = get_variable_values(SCHEMA._schema, nodes, values, max_errors=MOST_FAULTS)
    for _ in range(2):
        assert told(known.values(values)) == told(expected)


async def test_of_variables_without_measure_the_limit_and_the_way_out_are_told() -> None:
    document = Documents(SCHEMA).document("query ($b: Box) { rest(box: $b) }")
    deep: dict[str, Any] = {}
    for _ in range(201):
        deep = {"inner": deep}
    wrong = {f"x{number}": 1 for number in range(MOST_FAULTS + 1)}
    # Before it was executed once, and after that.
    for _ in range(2):
        for variables, said in ((deep, "the limit is 200 levels"), (wrong, "correct these first")):
            found = await document.execute(None, {"b": variables}, None)
            assert found.errors is not None
            told = formatted(found.errors[-1])
            assert said in told["message"]
            assert told["extensions"] == {"code": "BAD_USER_INPUT"}
        assert not (await document.execute(None, {"b": {}}, None)).errors


ARGUMENTS = [
    "texts(first: $a)",
    "texts(first: $a, second: $b)",
    'texts(first: "fixed", second: $b, third: $c)',
    "texts(first: $a, third: $a)",
    "texts(first: $a, third: $c)",
    "rest(count: $n, on: $on)",
    "rest(colour: $colour, box: {name: $c})",
]


@given(
    field=st.sampled_from(ARGUMENTS),
    runs=st.lists(
        st.fixed_dictionaries(
            {"a": st.text(max_size=3)},
            optional={
                "b": st.none() | st.text(max_size=3),
                "c": st.text(max_size=3),
                "n": st.integers(0, 3),
                "on": st.booleans(),
                "colour": st.none() | st.sampled_from(["RED", "BLUE"]),
            },
        ),
        min_size=2,
        max_size=5,
    ),
)
async def test_arguments_are_those_of_each_run_whatever_the_runs_before_had(
    field: str, runs: list[dict[str, Any]]
) -> None:
    engine = Engine()
    compiled = strawberry.Schema(Query, execution_context_class=engine.executor_class())
    text = (
        'query ($a: String!, $b: ID, $c: String! = "c", $n: Int! = 1, $on: Boolean! = true, $colour: Colour) '
        f"{{ {field} again: {field} __typename @include(if: $on) a: texts(first: $a) "
        "b: texts(first: $a, second: $b, third: $c) c: rest(count: $n, colour: $colour) }"
    )
    document = Documents(compiled).document(text)

    for variables in runs:
        expected = await SCHEMA.execute(text, variables)
        found = await document.execute(None, variables, None)
        assert (found.data, found.errors) == (expected.data, expected.errors)
    assert engine.counters.runs == len(runs)

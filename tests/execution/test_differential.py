"""Plans against graphql-core, the judge: the same answers, errors, side effects and batches."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from hypothesis import HealthCheck, given, settings

from projectgate.execution.executor import Engine
from tests.execution import world
from tests.execution.compared import Pair
from tests.make.operations import Made, Maker

# graphql-core leaves coroutines behind where an error ends an operation; what plans leave is tested elsewhere.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("differential"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

# `make fuzz` tries many more.
EXAMPLES = int(os.environ.get("PROJECTGATE_TEST_EXAMPLES", "150"))

ENGINE = Engine()
PAIR = Pair(
    strawberry.Schema(
        world.Query,
        world.Mutation,
        types=[world.Book, world.Tool],
        execution_context_class=ENGINE.executor_class(),
    ),
    ENGINE,
)
MAKER = Maker(
    PAIR.schema._schema,
    {
        "Int": [0, 1, 2, 3, 5, 7, -1],
        "String": ["", "æ", 'a"b\\c', "\n", "'''"],
        "ID": world.IDS,
        "Decimal": ["1.50", 2, "1e3"],
        "Boolean": [True, False],
        "DateTime": ["2026-01-01T00:00:00Z"],
    },
)
SEEN: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def both_ways_of_a_plan_are_tried() -> Iterator[None]:
    """Fails when the operations did not try plans, and plans that are given up, often enough.

    Each of the two tests does so by itself: a third of its operations is less than either way has of them.
    """
    yield
    assert SEEN["plan"] > EXAMPLES / 3
    assert SEEN["bail-out"] > EXAMPLES / 3
    assert not SEEN["fallback"]


async def compare(made: Made) -> None:
    """Holds both executors' answers to one operation against each other, and what was done for them."""
    judge = world.Context()
    expected = await PAIR.judged(made, judge)
    ways = set()
    for lap in ("first", "again"):
        context = world.Context()
        found, how = await PAIR.compiled(made, context)
        assert found == expected, (lap, how, made)
        ways.add(how)
        writes = [entry for entry in context.log if entry.startswith(("put", "sure"))]
        assert writes == [entry for entry in judge.log if entry.startswith(("put", "sure"))]
        if how == "plan":
            assert sorted(context.log) == sorted(judge.log), made
            assert keys(context) == keys(judge), made
            assert len(context.batches) <= len(judge.batches), made
    (way,) = ways
    SEEN[way] += 1


def keys(context: world.Context) -> Counter[tuple[str, Any]]:
    """How often each key was read by each loader."""
    return Counter((loader, key) for loader, batch in context.batches for key in batch)


LONG = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PROJECTGATE_TEST_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@LONG
@given(MAKER.operations("query"))
async def test_a_query_is_answered_as_graphql_core_does(made: Made) -> None:
    await compare(made)


@LONG
@given(MAKER.operations("mutation", depth=3))
async def test_a_mutation_is_answered_as_graphql_core_does_and_done_once(made: Made) -> None:
    await compare(made)

"""Plans against graphql-core, the judge: the same answers, errors, side effects and batches."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator
from typing import Any, TypeVar

import pytest
import strawberry
from hypothesis import given

from projectgate.execution.executor import Engine
from tests.execution import world
from tests.execution.compared import Pair
from tests.make.examples import examples, trying
from tests.make.operations import Made, Maker

# graphql-core leaves coroutines behind where an error ends an operation; what plans leave is tested elsewhere.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("differential"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

T = TypeVar("T")
# The batches of each loader, with their keys.
Batches = dict[str, list[list[Any]]]

# `make fuzz` tries many more.
EXAMPLES = examples(150)

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
    assert SEEN["merged"] < EXAMPLES / 20


async def compare(made: Made) -> None:
    """Holds both executors' answers to one operation against each other, and what was done for them."""
    judge = world.Context()
    expected = await ended(PAIR.judged(made, judge))
    ways, merged = set(), False
    for lap in ("first", "again"):
        context = world.Context()
        found, how = await ended(PAIR.compiled(made, context))
        assert found == expected, (lap, how, made)
        ways.add(how)
        assert done(context, WRITES) == done(judge, WRITES), made
        reads, of = done(context, READS), done(judge, READS)
        if how == "plan":
            # Resolvers of a query that wait go on side by side; which of them is the first to end is nobody's promise.
            assert sorted(reads) == sorted(of), made
            batches, judged = batches_of(context), batches_of(judge)
            assert are_unions(batches, judged), made
            merged = batches != judged
        else:
            # What a plan did that was given up, and then what graphql-core does, with loaders that know nothing.
            assert reads[len(reads) - len(of) :] == of, made
            begun = len(context.batches) - len(judge.batches)
            assert context.batches[begun:] == judge.batches, made
    (way,) = ways
    SEEN[way] += 1
    SEEN["merged"] += merged


async def ended(answer: Awaitable[T]) -> T:
    """An answer, once all has ended that was begun for it: graphql-core leaves some behind where an error ends it."""
    before = asyncio.all_tasks()
    found = await answer
    await asyncio.gather(*asyncio.all_tasks() - before, return_exceptions=True)
    return found


WRITES, READS = ("put", "sure"), ("slow", "permission")


def done(context: world.Context, what: tuple[str, ...]) -> list[str]:
    """What was done for an operation of some kinds, in its order."""
    return [entry for entry in context.log if entry.startswith(what)]


def batches_of(context: world.Context) -> Batches:
    """The batches of each loader, in their order.

    A plan asks for what one field of all objects needs before it asks for the next field, so the keys of a batch may
    have another order; and of the loaders of a level another one may be the first.
    """
    found: Batches = {}
    for loader, batch in context.batches:
        found.setdefault(loader, []).append(sorted(batch))
    return found


def are_unions(found: Batches, of: Batches) -> bool:
    """Whether each batch is one of graphql-core's, or several of them.

    graphql-core needs a turn of the loop for each list and each object that it waits for something in. So fields of
    objects that are at hand at once, but not equally deep, may come to a loader a turn too late for one batch.
    """
    return Counter(keys(found)) == Counter(keys(of)) and all(
        sorted(key for part in of[loader] if set(part) <= set(batch) for key in part) == batch
        for loader, batches in found.items()
        for batch in batches
    )


def keys(read: Batches) -> Iterator[tuple[str, Any]]:
    """Each loader with each key that it read."""
    return ((loader, key) for loader, batches in read.items() for batch in batches for key in batch)


LONG = trying(EXAMPLES)


@LONG
@given(MAKER.operations("query"))
async def test_a_query_is_answered_as_graphql_core_does(made: Made) -> None:
    await compare(made)


@LONG
@given(MAKER.operations("mutation", depth=3))
async def test_a_mutation_is_answered_as_graphql_core_does_and_done_once(made: Made) -> None:
    await compare(made)

"""Random queries of the real schema on real projects: plans against graphql-core, the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from graphql import get_named_type, is_leaf_type
from hypothesis import given
from hypothesis import strategies as st

from projectgate.data.database import Database
from projectgate.resolvers.access import READ, Caller
from projectgate.schema.build import schema
from tests.conftest import migrated
from tests.make.examples import examples, trying
from tests.make.operations import Made, Maker
from tests.schema.compared import ALONG, BESIDE, compare, fill
from tests.schema.conftest import READER

# graphql-core leaves coroutines behind where an error ends an operation.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("random_queries"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

# `make fuzz` tries many more.
EXAMPLES = examples(80)
IDS = ["project-123", "project-1001", "project-1005", "project-full", "project-full1"]
STORES = ["store-oslo", "store-bergen", "store-1"]
OSLO = Caller("oslo", frozenset({READ}), frozenset({"store-oslo"}))
CALLERS = [
    READER,
    OSLO,
    Caller("nowhere", frozenset({READ}), frozenset()),
    Caller("nobody", frozenset()),
]
# What most operations succeed with, by the name of an argument.
USUAL: dict[str, Any] = {
    "Boolean": [True, False],
    "DateTime": ["2026-01-01T08:00:00Z", "2026-10-20T00:00:00+01:00"],
    "Decimal": ["0", "1.50", 1000, "1e5"],
    "ID": [*IDS, "claim", "nothing"],
    "Int": [1, 2, 3],
    "String": ["oslo", "a", "Active", "", "1", "æ ø"],
    "after": [None],
    "atVersion": [None, 1, 2],
    "before": [None],
    "first": [1, 2, 3, 5],
    "id": [*IDS, "claim", "return", "nothing"],
    "last": [None, None, None, 2],
    "page": [1, 1, 2],
    "query": [None, "", "project", "claim oslo", "bad", "SKU-0 10"],
    "take": [1, 2, 5],
    "value": [None, "x"],
}
FILTERS: list[Any] = [
    {"active": True},
    {"statuses": ["Active", "New", "OnHold"], "projectTypeIds": ["claim", "return"]},
    {"storeIds": ["store-oslo"], "not": {"isUrgent": True}},
    {"mainStoreIds": ["store-oslo", "store-bergen"]},
    {"products": {"statuses": ["Active", "Checked"]}},
    {"tags": {"any": ["project-full-0", "urgent"], "none": ["a"]}},
    {"or": [{"projectId": "project-123"}, {"projectId": "project-full"}]},
    {"created": {"from": "2026-01-01T00:00:00Z", "to": None}, "deadline": {}},
    {"projectValue": {"min": "-100.5", "max": "1e6"}, "and": []},
    {"formEntries": [{"key": "project-full-0", "value": "x"}]},
    {"customerName": "b", "city": "oslo"},
]
# What a project has that nothing is nested in, but for some of it.
_PROJECT: Any = schema._schema.type_map["Project"]
PLAIN = {
    name for name, field in _PROJECT.fields.items() if is_leaf_type(get_named_type(field.type))
} - {"name", "version", "created", "projectValue"}
USUAL_MAKER = Maker(schema._schema, USUAL | {"filter": FILTERS})
# Filters at random, which mostly find nothing; pages that may not be asked for.
ANY_MAKER = Maker(
    schema._schema,
    USUAL
    | {"first": [0, 1, 100, 101], "after": ["", "x"], "page": [0, 1, 20_000], "value": [None]},
)
# What is nested in single projects, alone and beside others; PostgreSQL has it read by joined statements.
NESTED_MAKER = Maker(
    schema._schema,
    USUAL | {"project.atVersion": [None, None, None, 1], "project.id": [*IDS, "nothing"]},
    avoid=lambda kind, field: (
        (kind == "Query" and field != "project") or (kind == "Project" and field in PLAIN)
    ),
)
SEEN: Counter[str] = Counter()


@pytest.fixture
def both_ways_of_a_plan_are_tried() -> Iterator[None]:
    """Fails when the operations of a test did not try plans, and plans that are given up, often enough."""
    before = SEEN.copy()
    yield
    seen = SEEN - before
    assert seen["plan"] > EXAMPLES / 3
    assert seen["bail-out"] > EXAMPLES / 10
    assert not seen["fallback"]


@pytest.fixture
def joined_reads_are_tried(filled: Database) -> Iterator[None]:
    """Fails when the operations of a test did not try both kinds of joined reads often enough, where there are any."""
    before = SEEN.copy()
    yield
    seen = SEEN - before
    assert seen["plan"] > EXAMPLES * 2 / 3
    assert not seen["fallback"]
    joined = [seen[ALONG], seen[BESIDE]]
    if filled.dialect == "postgresql":
        assert min(joined) > EXAMPLES / 15
    else:
        assert joined == [0, 0]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def filled(
    template: Callable[[str, str], Any],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Database]:
    """A database of each kind with a few projects of every kind; tests only read it."""
    folder = tmp_path_factory.mktemp("random")
    async with migrated(request.param, template, folder, request) as database:
        ids = await fill(database, made_up=10, full=12)
        assert set(IDS) <= set(ids)
        yield database


TRIED = trying(EXAMPLES)


@pytest.mark.usefixtures("both_ways_of_a_plan_are_tried")
@TRIED
@given(
    st.one_of(
        USUAL_MAKER.operations("query", depth=6),
        USUAL_MAKER.operations("query", depth=4),
        ANY_MAKER.operations("query", depth=3),
    ),
    st.sampled_from([READER, READER, READER, *CALLERS]),
)
async def test_a_query_of_projects_is_answered_as_graphql_core_does(
    filled: Database, made: Made, caller: Caller
) -> None:
    await tried(filled, made, caller)


@pytest.mark.usefixtures("joined_reads_are_tried")
@TRIED
@given(
    st.one_of(
        NESTED_MAKER.operations("query", depth=3, roots=1),
        NESTED_MAKER.operations("query", depth=5, roots=1),
        NESTED_MAKER.operations("query", depth=4),
    ),
    st.sampled_from([READER, READER, READER, OSLO]),
)
async def test_what_is_nested_in_single_projects_is_answered_as_graphql_core_does(
    filled: Database, made: Made, caller: Caller
) -> None:
    await tried(filled, made, caller)


async def tried(database: Database, made: Made, caller: Caller) -> None:
    """Holds a plan to graphql-core, and counts how it answered."""
    found = await compare(database, made, caller)
    SEEN.update([found.way, *found.joins])

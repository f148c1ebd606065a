"""The operations that we give away are answered by plans, as graphql-core answers them and for no more statements."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from random import Random
from typing import Any

import orjson
import pytest

from projectgate.data.database import Database
from projectgate.resolvers.access import READ, Caller
from projectgate.resolvers.context import Context
from tests.conftest import migrated
from tests.make.operations import Made
from tests.make.writes import ids_of
from tests.program import test_worked_claim as claim
from tests.schema.compared import PAIR, Twin, Wide, compare, compare_writes, fill, reading
from tests.schema.conftest import READER
from tests.schema.documents import documents

pytestmark = pytest.mark.anyio

# What the pages show to be refused as a whole.
REFUSED = {"errors.md/NoElements", "errors.md/NoCursor"}
OSLO = Caller("oslo", frozenset({READ}), frozenset({"store-oslo"}))
NOBODY = Caller("nobody", frozenset())
Databases = Callable[[str, str], Any]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def filled(
    request: pytest.FixtureRequest,
    template: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Database]:
    """A database of each kind with the demo, the examples and a full project; tests only read it."""
    folder = tmp_path_factory.mktemp("filled")
    async with migrated(request.param, template, folder, request) as database:
        await fill(database, made_up=30, full=1)
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
async def twins(
    request: pytest.FixtureRequest,
    template: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Twin, Twin]]:
    """Two databases of each kind that hold the same."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(2):
            folder = tmp_path_factory.mktemp("twin")
            database = await stack.enter_async_context(
                migrated(request.param, template, folder, request)
            )
            with ids_of(Random(0)):
                await fill(database, made_up=5, full=1)
            found.append(Twin(database))
        yield found[0], found[1]


def test_there_are_documents_of_every_origin() -> None:
    names = [*documents("query"), *documents("mutation")]
    assert {name.partition("/")[0] for name in names} == {
        "queries",
        "examples",
        "README.md",
        "schema.md",
        "errors.md",
    }
    assert len(names) > 50
    assert len(documents("subscription")) > 2


@pytest.mark.parametrize("name", documents("query"))
async def test_a_query_is_answered_by_its_plan_as_by_graphql_core(
    filled: Database, name: str
) -> None:
    way = "bail-out" if name in REFUSED else "plan"
    assert (await compare(filled, documents("query")[name])).way == way


@pytest.mark.parametrize("name", documents("query"))
async def test_a_query_finds_something(filled: Database, name: str) -> None:
    """What is compared with nothing would be compared with little."""
    made = documents("query")[name]
    if name in REFUSED:
        return
    answer, _ = await PAIR.compiled(made, Context(filled, READER))
    assert any(orjson.loads(answer.data).values())


@pytest.mark.parametrize("name", documents("query"))
async def test_a_query_by_someone_who_sees_one_store_or_nothing_is_answered_as_by_graphql_core(
    filled: Database, name: str
) -> None:
    made = documents("query")[name]
    way = "bail-out" if name in REFUSED else "plan"
    assert (await compare(filled, made, OSLO)).way == way
    assert (await compare(filled, made, NOBODY)).way == "bail-out"


async def test_a_plan_reads_less_of_rows_than_graphql_core_does(filled: Database) -> None:
    """Else the comparison with whole rows would compare a thing with itself."""
    made = documents("query")["queries/flat"]
    with reading(filled) as narrow:
        await PAIR.compiled(made, Context(filled, READER))
    with reading(filled) as wide:
        await PAIR.compiled(made, Wide(filled, READER))
    assert len(narrow.statements) == len(wide.statements) == 1
    assert len(narrow.statements[0]) < len(wide.statements[0]) / 2


async def test_mutations_one_after_the_other_are_answered_by_plans_as_by_graphql_core(
    twins: tuple[Twin, Twin],
) -> None:
    changed = 0
    for name, made in documents("mutation").items():
        answer, how = await compare_writes(*twins, made)
        assert how == "plan", name
        changed += '"changed":true' in answer.data
    assert changed > 5


async def test_the_worked_claim_is_answered_by_plans_as_by_graphql_core(
    twins: tuple[Twin, Twin],
) -> None:
    """Each operation has ids of earlier answers."""
    known: dict[str, Any] = {}
    for example in claim.EXAMPLES:
        made = Made(example.operation, claim._variables(example, known))
        answer, how = await compare_writes(*twins, made)
        assert how == "plan", example.name
        data = orjson.loads(answer.data)
        first, *_ = data.values()
        known[example.name] = data | first
    assert known["Complete"]["project"]["status"] == "Completed"


# The log of no elements is refused, wherever it stands; what else is selected depends on the writes.
GIVEN_UP = """mutation {
    first: patchProject(input: { id: "project-123", name: "One", tags: ["one"] }) {
        project { ...P }
    }
    rehearsed: patchProject(input: { id: "project-123", name: "Two", dryRun: true }) {
        project { ...P }
    }
    second: replaceProjectProducts(input: { projectId: "project-123", products: [{ skuId: "X" }] }) {
        project { ...P refused: log(first: 0) { nodes { text } } }
        changed
    }
    third: patchProject(input: { id: "project-123", name: "Three", expectedVersion: 3 }) {
        project { ...P }
        changes { path before after }
    }
}
fragment P on Project {
    version name tags products { skuId } versions(first: 2) { nodes { version operation } }
    log(first: 5) { nodes { text user } } availableActions { name allowed }
}"""


async def test_mutations_whose_plan_is_given_up_are_done_once_and_answered_as_they_were_done(
    twins: tuple[Twin, Twin],
) -> None:
    """Each payload tells of the project as that mutation left it, not as a later one did."""
    found, how = await compare_writes(*twins, Made(GIVEN_UP, {}))
    assert how == "bail-out"
    projects = [payload["project"] for payload in orjson.loads(found.data).values()]
    assert [one and one["version"] for one in projects] == [2, 3, None, 4]

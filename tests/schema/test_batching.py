"""What is nested in projects is read in batches: 100 projects cost the statements that 1 costs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.execution.explain import explained
from projectgate.resolvers.context import Context
from projectgate.schema.build import schema
from tests.conftest import migrated, recorded
from tests.make.documents import make_full_document, store_documents
from tests.schema.conftest import READER, answered
from tests.schema.whole import HISTORIES, fields, selected

pytestmark = pytest.mark.anyio

IDS = [f"project-{place}" for place in range(100)]
NESTED = [
    name
    for name, field in fields("Project").items()
    if name not in HISTORIES and ("{" in selected(name, field) or str(field.type).startswith("["))
]
# How many statements a field costs beside the one for the projects themselves; 1 where nothing else is said.
STATEMENTS = {"projectParts": 3, "changeOrders": 3, "availableActions": 8}
# PostgreSQL reads the tasks and the transactions of parts by one.
JOINED = {"projectParts": 2, "changeOrders": 2}
# What is said of a plan that does not know what is read of the rows.
WHOLE_ROWS = "# reads whole rows\n"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def full(
    request: pytest.FixtureRequest,
    template: Callable[[str, str], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Database]:
    """A database of each kind with 100 projects that have two of everything; tests only read it."""
    folder = tmp_path_factory.mktemp("full")
    async with migrated(request.param, template, folder, request) as database:
        await store_documents(database, [make_full_document(project_id) for project_id in IDS])
        yield database


def query(ids: list[str], chosen: str) -> str:
    """A query of projects with a selection: a field for each, for all of them a list."""
    if ids == IDS:
        return f"{{ projects(first: {len(IDS)}) {{ nodes {{ {chosen} }} }} }}"
    roots = " ".join(f'p{n}: project(id: "{name}") {{ ...chosen }}' for n, name in enumerate(ids))
    return f"{{ {roots} }} fragment chosen on Project {{ {chosen} }}"


async def counted(database: Database, ids: list[str], chosen: str) -> tuple[int, list[Any]]:
    """How many statements it takes to read projects with a selection, and the projects."""
    with recorded(database) as sent:
        answer = await answered(Context(database, READER), query(ids, chosen))
    assert answer.errors == []
    return len(sent), answer.data["projects"]["nodes"] if ids == IDS else list(answer.data.values())


@pytest.mark.parametrize("name", NESTED)
async def test_a_nested_field_costs_the_same_statements_for_100_projects_as_for_1(
    full: Database, name: str
) -> None:
    chosen = selected(name, fields("Project")[name])

    for_one, _ = await counted(full, IDS[:1], chosen)
    for_two, _ = await counted(full, IDS[:2], chosen)
    for_all, projects = await counted(full, IDS, chosen)

    statements = STATEMENTS | (JOINED if full.dialect == "postgresql" else {})
    assert for_all == for_two == 1 + statements.get(name, 1)
    # PostgreSQL reads what is nested in the only project along with it, where a plan knows all that is read of them.
    along = full.dialect == "postgresql" and WHOLE_ROWS not in explained(
        schema, query(IDS[:1], chosen), {}
    )
    assert for_one == for_all - along
    assert all(project[name] for project in projects)


@pytest.mark.parametrize("name", HISTORIES)
async def test_a_history_costs_the_same_statements_for_100_projects_as_for_1(
    full: Database, name: str
) -> None:
    for_all, projects = await counted(full, IDS, f"{name}(first: 2) {{ nodes {{ __typename }} }}")

    assert for_all == 2
    assert {len(project[name]["nodes"]) for project in projects} == {2 if name == "log" else 1}


async def test_a_query_of_five_levels_costs_the_same_statements_for_100_projects_as_for_1(
    full: Database,
) -> None:
    owned = """{
        tasks { properties { key value } } transactions { value } transactionSummary { value }
    }"""
    chosen = f"""
        partners {{ contacts {{ address {{ properties {{ key value }} }} }} }}
        projectParts {owned}
        changeOrders {owned}
        customer {{ addresses {{ properties {{ key }} }} }}
        products {{ properties {{ key }} }}
        transactions {{ value }}
    """

    for_one, _ = await counted(full, IDS[:1], chosen)
    for_all, projects = await counted(full, IDS, chosen)

    # Projects; five lists and the customer; transactions and tasks of two levels. PostgreSQL reads a level together.
    assert for_one == (1 + 6 + 2 * 2 if full.dialect == "sqlite" else 1 + 1 + 1)
    assert for_all == for_one
    contact = projects[99]["partners"][1]["contacts"][1]
    assert [item["key"] for item in contact["address"]["properties"]] == ["key-0", "key-1"]


async def test_a_level_of_transactions_costs_one_statement_however_often_it_is_selected(
    full: Database,
) -> None:
    chosen = "transactions { value } transactionSummary { value } again: transactions { cost }"

    assert (await counted(full, IDS, chosen))[0] == 2
    chosen = "valueBreakdown { total } projectTransactionTotal { value }"
    assert (await counted(full, IDS, chosen))[0] == 2

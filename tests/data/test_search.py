"""Pages of projects in every order: against Python's own sorting, page by page, and by the plans of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from sqlalchemy import Executable, text, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from projectgate.data import search
from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.data.search import Order, Position, ProjectSortOrder, Slice
from tests.conftest import recorded
from tests.make.answers import contact_name, current_step, partners, shown_name
from tests.make.projects import make_project, some_projects, store

pytestmark = pytest.mark.anyio

ALL = true()
ORDERS = [None, *ProjectSortOrder]


def folded(value: str | None) -> str | None:
    """A text sorts by its case-folded form; an empty one is none."""
    return value.casefold() if value else None


def partner_name(project: Project) -> str | None:
    """The name of the partner that a project is sorted by: the only one, else the first."""
    return next((partner.name for partner in partners(project)), None)


def step_name(project: Project) -> str | None:
    """The name of the current step."""
    step = current_step(project)
    return step and step.name  # type: ignore[no-any-return]


KEYS: dict[str, Callable[[Project], Any]] = {
    "CREATED": lambda project: project.created,
    "MODIFIED": lambda project: project.modified,
    "PROJECT_TYPE_NAME": lambda project: folded(project.project_type_name),
    "CUSTOMER": lambda project: folded(shown_name(project)),
    "PARTNER": lambda project: folded(partner_name(project)),
    "PROJECT_DEADLINE": lambda project: project.deadline,
    "PROJECT_VALUE": lambda project: project.project_value,
    "PROJECT_STORE_CONTACT": lambda project: folded(contact_name(project)),
    "PROJECT_CURRENT_WORKFLOW_STEP": lambda project: folded(step_name(project)),
}


def in_order(projects: list[Project], sort: ProjectSortOrder | None) -> list[str]:
    """The ids of projects in an order, by Python's own sorting."""
    if sort is None:
        return sorted(project.id for project in projects)
    name, _, direction = sort.name.rpartition("_")
    keyed = [(KEYS[name](project), project.id) for project in projects]
    descending = direction == "DESCENDING"
    having = sorted((pair for pair in keyed if pair[0] is not None), reverse=descending)
    lacking = sorted((pair[1] for pair in keyed if pair[0] is None), reverse=descending)
    return [project_id for _, project_id in having] + lacking


def test_there_are_18_sort_orders_over_the_nine_keys() -> None:
    assert len(ProjectSortOrder) == 18
    assert {sort.name.rpartition("_")[0] for sort in ProjectSortOrder} == set(KEYS)
    assert all(sort.name == sort.value for sort in ProjectSortOrder)


async def test_every_order_sorts_as_python_does(filled: tuple[Database, list[Project]]) -> None:
    database, projects = filled
    for sort in ORDERS:
        rows = await search.page(database, ALL, Order.of(sort), Slice(1000))
        assert [row.id for row in rows] == in_order(projects, sort), sort


async def test_the_generated_projects_have_ties_and_nulls_in_every_nullable_key() -> None:
    projects = some_projects(90)
    for name, key in KEYS.items():
        found = [key(project) for project in projects]
        assert len(set(found)) < len(found), name
        assert (None in found) == (name not in ("CREATED", "MODIFIED", "PROJECT_VALUE")), name


async def test_numbered_pages_of_every_order_join_to_the_full_set(
    filled: tuple[Database, list[Project]],
) -> None:
    database, projects = filled
    for sort in ORDERS:
        ids: list[str] = []
        for offset in range(0, len(projects) + 17, 17):
            rows = await search.page(database, ALL, Order.of(sort), Slice(17, offset=offset))
            ids += [row.id for row in rows]
        assert ids == in_order(projects, sort), sort


async def walked(
    database: Database, sort: ProjectSortOrder | None, size: int, *, backward: bool = False
) -> list[str]:
    """The ids of all pages from the front or from the back, in order."""
    order, ids = Order.of(sort), list[str]()
    position: Position | None = None
    while True:
        bound = {"before": position} if backward else {"after": position}
        wanted = Slice(size, backward=backward, **bound)  # type: ignore[arg-type]
        rows = await search.page(database, ALL, order, wanted)
        if not rows:
            return ids
        found = [row.id for row in rows]
        ids = found + ids if backward else ids + found
        position = order.position(rows[0 if backward else -1])


@pytest.mark.parametrize("backward", [False, True])
async def test_cursor_pages_of_every_order_join_to_the_full_set(
    filled: tuple[Database, list[Project]], backward: bool
) -> None:
    database, projects = filled
    for sort in ORDERS:
        # Pages of 7 end inside ties, at the border of the nulls, and inside the nulls.
        assert await walked(database, sort, 7, backward=backward) == in_order(projects, sort), sort


async def test_a_page_between_any_two_positions_has_the_rows_between_them(
    database: Database,
) -> None:
    deadlines = [None, None, make_project().created, make_project().modified]
    projects = [
        make_project(id=f"p{number}", deadline=deadline)
        for number, deadline in enumerate(deadlines)
    ]
    await store(database, projects)
    for sort in ProjectSortOrder:
        order, ids = Order.of(sort), in_order(projects, sort)
        rows = await search.page(database, ALL, order, Slice(10))
        places = [order.position(row) for row in rows]
        for start, after in enumerate(places):
            for end, before in enumerate(places):
                for backward in (False, True):
                    wanted = Slice(10, after=after, before=before, backward=backward)
                    found = await search.page(database, ALL, order, wanted)
                    assert [row.id for row in found] == ids[start + 1 : end], (sort, wanted)


@pytest.mark.parametrize("backward", [False, True])
async def test_projects_there_throughout_appear_once_while_others_are_inserted(
    database: Database, backward: bool
) -> None:
    throughout = some_projects(40)
    await store(database, throughout)
    arriving = iter(some_projects(400, seed=2))
    for sort in ORDERS:
        order, ids = Order.of(sort), list[str]()
        position: Position | None = None
        while True:
            bound = {"before": position} if backward else {"after": position}
            wanted = Slice(9, backward=backward, **bound)  # type: ignore[arg-type]
            rows = await search.page(database, ALL, order, wanted)
            if not rows:
                break
            ids += [row.id for row in (rows[::-1] if backward else rows)]
            position = order.position(rows[0 if backward else -1])
            if (new := next(arriving, None)) is not None:
                new.id = f"{new.id}-{sort and sort.name}"
                await store(database, [new])
        assert len(ids) == len(set(ids)), sort
        kept = {project.id for project in throughout}
        expected = in_order(throughout, sort)
        found = [one for one in ids if one in kept]
        assert (found[::-1] if backward else found) == expected, sort


async def test_names_of_any_length_can_be_stored_and_sorted_by(database: Database) -> None:
    # Letters at random, which no database can compress.
    letters = Random(1)
    name = "".join(chr(letters.randrange(0x4E00, 0x9000)) for _ in range(5000))
    long = make_project(
        id="long",
        project_type_name=name,
        customer={"name": name},
        partners=[{"id": "p", "name": name}],
        store_contact={"first_name": name},
        workflow_steps=[{"name": name, "current": True}],
    )
    await store(database, [long, make_project(id="short", customer={"name": "z"})])
    rows = await search.page(
        database, ALL, Order.of(ProjectSortOrder.CUSTOMER_DESCENDING), Slice(2)
    )
    assert [row.id for row in rows] == ["long", "short"]


async def test_a_page_is_one_statement(filled: tuple[Database, list[Project]]) -> None:
    database, _ = filled
    with recorded(database) as sent:
        for sort in ORDERS:
            await search.page(database, ALL, Order.of(sort), Slice(20, offset=20))
    assert len(sent) == len(ORDERS)


class Explain(Executable, ClauseElement):
    """The plan of a statement, with what running it really read."""

    inherit_cache = False

    def __init__(self, statement: Executable) -> None:
        self.statement = statement


@compiles(Explain)
def _explain(element: Explain, compiler: SQLCompiler, **options: Any) -> str:
    query = compiler.process(element.statement, **options)  # type: ignore[arg-type]
    return f"explain (analyze, buffers, format json) {query}"


async def plan_of(database: Database, statement: Executable) -> dict[str, Any]:
    """The root of PostgreSQL's plan."""
    ((found,),) = await database.run(Explain(statement))
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """All nodes of a plan, from the root."""
    return [plan, *(node for inner in plan.get("Plans", ()) for node in nodes(inner))]


# Five thousand rows, of which every fourth has no key, with ties.
FILL = """
insert into project (
    id, created, modified, project_type_name_key, customer_key, partner_key, deadline, project_value,
    store_contact_key, workflow_step_key, store_id, project_budget_value, project_additional_value, version
)
select 'p' || n, moment, moment, word, word, word, case when word is null then null else moment end,
    n % 900, word, word, 'store-' || n % 3, 0, 0, 1
from (
    select n, case when n % 4 = 0 then null else 'word ' || n % 700 end as word,
        timestamptz '2026-01-01Z' + (n % 800) * interval '1 hour' as moment
    from generate_series(1, {rows}) as n
) as made
"""


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_page_anywhere_in_any_order_is_a_range_of_an_index(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.run(text(FILL.format(rows=5000)))
        await transaction.run(text("analyze project"))
    for sort in ORDERS:
        order = Order.of(sort)
        middles = [
            (await search.page(database, ALL, order, Slice(1, offset=offset)))[0]
            # In the rows that have the key, just before the nulls, in the nulls.
            for offset in (1800, 3745, 4400)
        ]
        for backward in (False, True):
            for place in (None, *map(order.position, middles)):
                bound = {"before": place} if backward else {"after": place}
                wanted = Slice(21, backward=backward, **bound)  # type: ignore[arg-type]
                plan = await plan_of(database, search.statement(ALL, order, wanted))
                assert_index_ranges(plan, started=place is not None)


def assert_index_ranges(plan: dict[str, Any], *, started: bool) -> None:
    """Holds when a plan reads the table by index only, and little of it."""
    for node in nodes(plan):
        if node.get("Relation Name") == "project":
            assert node["Node Type"] in ("Index Scan", "Index Only Scan"), node
            # The index of the rows without a key is a range by itself.
            nulls_only = node["Index Name"].startswith("ix_project_id_no_")
            assert "Index Cond" in node or nulls_only or not started, node
            assert "Filter" not in node, node
        if node["Node Type"] == "Sort":
            assert node["Actual Rows"] <= 42, node
    # A walk down the index and 21 rows, in two ranges at most, wherever the page is.
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100, plan

"""Searches as callers make them: their limits, their cursors, what they cost, and whose projects they find."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.facets import ProjectFacetField
from projectgate.data.filters import (
    AmountRange,
    FormEntryFilter,
    ProductFilter,
    ProjectFilter,
    TagFilter,
)
from projectgate.data.search import ProjectSortOrder
from projectgate.data.transactions import summary
from projectgate.resolvers import search
from projectgate.resolvers.access import Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.errors import Forbidden
from tests.conftest import recorded
from tests.make.answers import stores
from tests.make.callers import READER, asked_by, refusal
from tests.make.projects import NOON, make_project, many_projects, some_projects, store

pytestmark = pytest.mark.anyio

DEADLINE = ProjectSortOrder.PROJECT_DEADLINE_DESCENDING


@pytest.fixture
async def unread() -> Context:
    """A context whose database is never read: for searches that are refused."""
    return asked_by(Database("sqlite+aiosqlite:///:memory:"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"page": 0}, "page is 0; pages count from 1"),
        ({"page": -3}, "page is -3"),
        ({"take": 0}, "take is 0; the limits are 1 and 100"),
        ({"take": 101}, "take is 101; the limits are 1 and 100"),
        ({"take": 100, "page": 101}, "take * page is 10,100; the limit is 10,000"),
        ({"query": "a\0b"}, "query has the character U+0000"),
        ({"query": "a\ud800b"}, "half of a surrogate pair"),
        ({"query": "x" * 1001}, "query has 1,001 characters; the limit is 1,000"),
        ({"query": " ".join(map(str, range(51)))}, "query has 51 words; the limit is 50"),
    ],
)
async def test_an_argument_out_of_range_is_refused_with_value_and_limit(
    unread: Context, arguments: dict[str, Any], said: str
) -> None:
    error = refusal(lambda: search.search_projects(unread, **arguments))
    assert error.code == "BAD_USER_INPUT"
    assert said in error.message


async def test_too_deep_a_page_points_to_cursors(database: Database) -> None:
    error = refusal(lambda: search.search_projects(asked_by(database), take=10, page=1001))
    assert "`projects`" in error.message
    assert await search.search_projects(asked_by(database), take=10, page=1000).result() == []


def nested(levels: int) -> ProjectFilter:
    """A filter with so many levels."""
    return ProjectFilter(not_=nested(levels - 1)) if levels > 1 else ProjectFilter(active=True)


FIELDS = [ProjectFilter(project_id="p", project_number="n")] * 99

REFUSED_FILTERS = [
    (nested(9), "filter.not.not.not.not.not.not.not.not is 9 filters deep; the limit is 8"),
    (nested(900), "9 filters deep"),
    (ProjectFilter(statuses=["s"] * 501), "filter.statuses has 501 values; the limit is 500"),
    (
        ProjectFilter(or_=[ProjectFilter(tags=TagFilter(any=["t"] * 501))]),
        "filter.or[0].tags.any has 501 values",
    ),
    (
        ProjectFilter(or_=[*FIELDS, ProjectFilter(active=True, is_urgent=True)]),
        "more than 200 fields",
    ),
    (
        ProjectFilter(or_=[ProjectFilter(statuses=["s"] * 500)] * 10, active=True),
        "more than 5,000 values",
    ),
    (ProjectFilter(form_entries=[FormEntryFilter("k")] * 201), "more than 200 fields"),
    (ProjectFilter(email="a\0"), "filter.email has the character U+0000"),
    (
        ProjectFilter(products=ProductFilter(sku_ids=["a", "\udfff"])),
        "filter.products.skuIds[1] has the character U+0000 or half",
    ),
    (ProjectFilter(customer_name="x" * 1001), "filter.customerName has 1,001 characters"),
    (ProjectFilter(city=" ".join(map(str, range(51)))), "filter.city has 51 words"),
    (
        ProjectFilter(project_value=AmountRange(min=Decimal("0.00000000001"))),
        "filter.projectValue.min is 0.00000000001; the limits are 28 digits",
    ),
    (
        ProjectFilter(project_value=AmountRange(min=Decimal("-1" + "0" * 27 + ".00000000001"))),
        "the limits are 28 digits before the point and 10 after it",
    ),
    (
        ProjectFilter(project_value=AmountRange(max=Decimal(10) ** 28)),
        "filter.projectValue.max is 1000",
    ),
]


@pytest.mark.parametrize(("wanted", "said"), REFUSED_FILTERS)
async def test_a_filter_beyond_its_limits_is_refused_by_every_search(
    unread: Context, wanted: ProjectFilter, said: str
) -> None:
    for ask in (
        lambda: search.search_projects(unread, wanted=wanted),
        lambda: search.projects(unread, wanted=wanted),
        lambda: search.transaction_summary(unread, wanted=wanted),
    ):
        error = refusal(ask)
        assert error.code == "BAD_USER_INPUT"
        assert said in error.message


async def test_a_filter_at_its_limits_is_answered(database: Database) -> None:
    await store(database, [make_project()])
    for wanted in (
        nested(8),
        ProjectFilter(or_=[*FIELDS, ProjectFilter(active=True)]),
        ProjectFilter(not_=ProjectFilter(or_=[ProjectFilter(statuses=["s"] * 500)] * 10)),
        ProjectFilter(project_value=AmountRange(max=Decimal("9" * 28 + ".9999999999"))),
        ProjectFilter(
            not_=ProjectFilter(
                customer_name=" ".join(map(str, range(50))),
                contact_person_emails=["é" * 1000] * 500,
            )
        ),
    ):
        page = search.search_projects(asked_by(database), wanted=wanted)
        assert await page.total_hits() == len(await page.result())


async def test_who_has_no_role_is_refused(unread: Context) -> None:
    context = Context(unread.database, Caller("nobody", frozenset()))
    for ask in (search.search_projects, search.projects, search.transaction_summary):
        with pytest.raises(Forbidden):
            ask(context)


async def test_a_page_costs_one_statement_and_each_total_one_more(database: Database) -> None:
    await store(database, some_projects(30))
    page = search.search_projects(asked_by(database), take=7, page=2)
    with recorded(database) as sent:
        assert len(await page.result()) == 7
        assert await page.has_next_page()
        assert len(sent) == 1
        assert (await page.total_hits(), await page.total_pages()) == (30, 5)
        assert len(sent) == 2
        assert {one.field for one in await page.facets()} == set(ProjectFacetField)
        assert len(sent) == 3
        await page.result(), await page.total_hits(), await page.facets()
        assert len(sent) == 3


async def test_a_count_alone_reads_no_page(database: Database) -> None:
    with recorded(database) as sent:
        assert await search.search_projects(asked_by(database)).total_hits() == 0
    assert len(sent) == 1
    assert "count" in sent[0]


async def test_numbered_pages_say_whether_there_is_more(database: Database) -> None:
    await store(database, some_projects(20))
    context = asked_by(database)
    told = [
        (await page.has_next_page(), len(await page.result()), await page.total_pages())
        for page in (search.search_projects(context, take=10, page=one) for one in (1, 2, 3))
    ]
    assert told == [(True, 10, 2), (False, 10, 2), (False, 0, 2)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"first": 0}, "first is 0; the limits are 1 and 100"),
        ({"first": 101}, "first is 101"),
        ({"last": -1}, "last is -1"),
        ({"first": 1, "last": 1}, "give one of them"),
    ],
)
async def test_a_page_between_cursors_has_limits(
    unread: Context, arguments: dict[str, Any], said: str
) -> None:
    error = refusal(lambda: search.projects(unread, **arguments))
    assert (error.code, said in error.message) == ("BAD_USER_INPUT", True)


async def test_without_first_and_last_a_page_has_the_first_20(database: Database) -> None:
    await store(database, some_projects(30))
    everything = search.projects(asked_by(database), first=100)
    page = search.projects(asked_by(database))
    assert await page.nodes() == (await everything.nodes())[:20]


async def test_urgency_is_told_by_the_clock(database: Database) -> None:
    await store(database, [make_project(deadline=NOON)])
    urgent = ProjectFilter(is_urgent=True)
    for later, expected in ((timedelta(0), 0), (timedelta(microseconds=1), 1)):
        context = Context(database, READER, lambda: NOON + later)  # noqa: B023
        assert await search.search_projects(context, wanted=urgent).total_hits() == expected


async def test_two_callers_of_different_stores_see_their_own_projects_everywhere(
    database: Database,
) -> None:
    projects = many_projects()
    await store(database, projects)
    for scope in (["store-oslo"], ["store-bergen"], [], None):
        context = asked_by(database, scope)
        seen = [p for p in projects if scope is None or stores(p) & set(scope)]
        ids = {project.id for project in seen}
        page = search.projects(context, first=100, sort_order=DEADLINE)
        found = {row.id for row in await page.nodes()}
        while await (info := await page.page_info()).has_next_page:
            page = search.projects(context, 50, info.end_cursor, sort_order=DEADLINE)
            found |= {row.id for row in await page.nodes()}
        numbered = search.search_projects(context, take=100, page=1)
        assert found == ids
        assert {row.id for row in await numbered.result()} <= ids
        assert await numbered.total_hits() == await page.total_count() == len(ids)
        tags = {value.value: value.count for value in (await page.facets())[-1].values}
        assert tags == {
            tag: sum(tag in (project.tags or ()) for project in seen)
            for project in seen
            for tag in project.tags or ()
        }
        sums = search.transaction_summary(context)
        assert await sums.total_hits() == len(ids)
        levels = [level for project in seen for level in project.levels().values()]
        assert await sums.total() == summary(levels)

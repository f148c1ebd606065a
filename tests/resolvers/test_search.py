"""Searches as callers make them: their limits, their cursors, what they cost, and whose projects they find."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

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
from projectgate.resolvers.access import READ, Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.errors import BadUserInput, Forbidden
from tests.conftest import recorded
from tests.make.answers import stores
from tests.make.projects import NOON, make_project, many_projects, some_projects, store

pytestmark = pytest.mark.anyio

READER = Caller("reader", frozenset({READ}))
CREATED = ProjectSortOrder.CREATED_ASCENDING
DEADLINE = ProjectSortOrder.PROJECT_DEADLINE_DESCENDING


def asked_by(database: Database, scope: list[str] | None = None) -> Context:
    """The context of a reader of these stores, at noon."""
    caller = replace(READER, stores=None if scope is None else frozenset(scope))
    return Context(database, caller, lambda: NOON)


def refusal(ask: Callable[[], Any]) -> BadUserInput:
    """The error of a search that is refused before it runs."""
    with pytest.raises(BadUserInput) as caught:
        ask()
    return caught.value


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
    database: Database, arguments: dict[str, Any], said: str
) -> None:
    error = refusal(lambda: search.search_projects(asked_by(database), **arguments))
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
    database: Database, wanted: ProjectFilter, said: str
) -> None:
    context = asked_by(database)
    for ask in (
        lambda: search.search_projects(context, wanted=wanted),
        lambda: search.projects(context, wanted=wanted),
        lambda: search.transaction_summary(context, wanted=wanted),
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


async def test_who_has_no_role_is_refused(database: Database) -> None:
    context = Context(database, Caller("nobody", frozenset()))
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
    database: Database, arguments: dict[str, Any], said: str
) -> None:
    error = refusal(lambda: search.projects(asked_by(database), **arguments))
    assert (error.code, said in error.message) == ("BAD_USER_INPUT", True)


async def test_without_first_and_last_a_page_has_the_first_20(database: Database) -> None:
    await store(database, some_projects(30))
    everything = search.projects(asked_by(database), first=100)
    page = search.projects(asked_by(database))
    assert await page.nodes() == (await everything.nodes())[:20]


@pytest.mark.parametrize(
    "sort", [None, CREATED, DEADLINE, ProjectSortOrder.PROJECT_VALUE_DESCENDING]
)
async def test_cursors_lead_through_the_whole_list_both_ways(
    database: Database, sort: ProjectSortOrder | None
) -> None:
    await store(database, some_projects(45))
    context = asked_by(database)
    everything = [
        row.id for row in await search.projects(context, first=100, sort_order=sort).nodes()
    ]
    forward: list[str] = []
    backward: list[str] = []
    after = before = None
    for number in range(5):
        page = search.projects(context, first=10, after=after, sort_order=sort)
        info = await page.page_info()
        assert await info.has_next_page == (number < 4)
        assert await info.has_previous_page == (number > 0)
        forward += [edge.node.id for edge in await page.edges()]
        after = info.end_cursor
        page = search.projects(context, last=10, before=before, sort_order=sort)
        info = await page.page_info()
        assert await info.has_previous_page == (number < 4)
        assert await info.has_next_page == (number > 0)
        backward = [edge.node.id for edge in await page.edges()] + backward
        before = info.start_cursor
    assert len(everything) == 45
    assert forward == backward == everything


async def test_an_empty_page_says_what_is_around_it(database: Database) -> None:
    await store(database, [make_project(id="a"), make_project(id="b")])
    context = asked_by(database)
    a, b = [edge.cursor for edge in await search.projects(context).edges()]
    for arguments, before_it, after_it in (
        ({"after": b}, True, False),
        ({"before": a, "last": 5}, False, True),
        ({"after": a, "before": b}, True, True),
    ):
        page = search.projects(context, **arguments)
        info = await page.page_info()
        assert (info.start_cursor, info.end_cursor) == (None, None)
        around = (await info.has_previous_page, await info.has_next_page)
        assert around == (before_it, after_it), arguments
    nothing = await search.projects(context, query="nowhere").page_info()
    assert (await nothing.has_previous_page, await nothing.has_next_page) == (False, False)


async def test_nothing_is_before_a_page_once_what_was_there_is_gone(database: Database) -> None:
    await store(
        database, [make_project(id="a", status="New"), make_project(id="b", status="Active")]
    )
    context = asked_by(database)
    active = ProjectFilter(statuses=["Active"])
    cursor = (await search.projects(context, wanted=active).edges())[0].cursor
    page = search.projects(context, after=cursor, wanted=active)
    assert await (await page.page_info()).has_previous_page
    async with database.transaction() as transaction:
        await transaction.run(text("update project set status = 'New' where id = 'b'"))
    page = search.projects(context, after=cursor, wanted=active)
    assert not await (await page.page_info()).has_previous_page


async def test_what_is_around_a_page_costs_nothing_unless_asked_for(database: Database) -> None:
    await store(database, some_projects(20))
    context = asked_by(database)
    after = (await search.projects(context, first=5).page_info()).end_cursor
    with recorded(database) as sent:
        info = await search.projects(context, first=5, after=after).page_info()
        assert await info.has_next_page
        assert len(sent) == 1
        assert await info.has_previous_page
        assert len(sent) == 2


def cursor_of(*parts: Any) -> str:
    """A cursor made by hand."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def mark_of(cursor: str) -> str:
    """The fingerprint in a cursor."""
    return str(json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[1])


async def test_a_cursor_that_is_none_of_ours_is_refused(database: Database) -> None:
    await store(database, [make_project(deadline=NOON)])
    context = asked_by(database)
    mark = mark_of((await search.projects(context).edges())[0].cursor)
    value = ProjectSortOrder.PROJECT_VALUE_ASCENDING
    customer = ProjectSortOrder.CUSTOMER_ASCENDING
    garbage: list[tuple[ProjectSortOrder | None, str]] = [
        (None, ""),
        (None, "x"),
        (None, "é"),
        (None, "!!!!"),
        (None, "\0"),
        (None, "\ud800"),
        (None, "A" * 100_000),
        (None, cursor_of()),
        (None, cursor_of("NAME_ASCENDING", mark, "a", "a")),
        (None, cursor_of([], mark, "a", "a")),
        (None, cursor_of(None, mark, None, "a")),
        (None, cursor_of(None, mark, 1, "a")),
        (None, cursor_of(None, mark, "a", None)),
        (None, cursor_of(None, mark, "a", "\0")),
        (None, cursor_of(None, mark, "a", "a", "a")),
        (None, base64.urlsafe_b64encode(b'"abcd"').decode()),
        (None, base64.urlsafe_b64encode(b"[" * 90_000).decode()),
        (CREATED, cursor_of(CREATED.value, mark, None, "a")),
        (CREATED, cursor_of(CREATED.value, mark, "today", "a")),
        (CREATED, cursor_of(CREATED.value, mark, "0001-01-01T00:00:00+01:00", "a")),
        (value, cursor_of(value.value, mark, "1e99", "a")),
        (value, cursor_of(value.value, mark, "1e999999999", "a")),
        (value, cursor_of(value.value, mark, "NaN", "a")),
        (value, cursor_of(value.value, mark, "1e-11", "a")),
        (value, cursor_of(value.value, mark, "one", "a")),
        (customer, cursor_of(customer.value, mark, "\0", "a")),
        (customer, cursor_of(customer.value, mark, True, "a")),
    ]
    for sort, cursor in garbage:
        for name in ("after", "before"):
            arguments: dict[str, Any] = {name: cursor, "sort_order": sort}
            error = refusal(lambda: search.projects(context, **arguments))  # noqa: B023
            assert error.code == "INVALID_CURSOR", cursor[:99]
            assert f"{name} is " in error.message
            assert "no cursor of `projects`" in error.message
            assert len(error.message) < 300
    # The same by hand, but right.
    page = search.projects(
        context, after=cursor_of(customer.value, mark, None, ""), sort_order=customer
    )
    assert len(await page.nodes()) == 1


async def test_a_cursor_of_another_list_is_refused_and_told_which(database: Database) -> None:
    await store(database, some_projects(3))
    context = asked_by(database)
    wanted = ProjectFilter(not_=ProjectFilter(statuses=["Gone"]))
    cursor = (await search.projects(context, sort_order=CREATED, wanted=wanted).edges())[0].cursor
    assert await search.projects(context, after=cursor, sort_order=CREATED, wanted=wanted).nodes()
    error = refusal(lambda: search.projects(context, after=cursor, wanted=wanted))
    assert error.code == "INVALID_CURSOR"
    assert "sortOrder CREATED_ASCENDING, but this one has no sortOrder" in error.message
    for arguments in ({}, {"wanted": wanted, "query": "a"}, {"wanted": ProjectFilter(active=True)}):
        other: dict[str, Any] = {"sort_order": CREATED, **arguments}
        error = refusal(lambda: search.projects(context, before=cursor, **other))  # noqa: B023
        assert error.code == "INVALID_CURSOR"
        assert "before is a cursor of a list with another filter or query" in error.message


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

"""Cursors of lists of projects: where they lead, what is around a page, and which of them are refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sqlalchemy import text

from projectgate.data.database import Database
from projectgate.data.filters import ProjectFilter
from projectgate.data.search import ProjectSortOrder
from projectgate.resolvers import search
from tests.conftest import recorded
from tests.make.callers import asked_by, refusal
from tests.make.projects import NOON, make_project, some_projects, store

pytestmark = pytest.mark.anyio

CREATED = ProjectSortOrder.CREATED_ASCENDING
DEADLINE = ProjectSortOrder.PROJECT_DEADLINE_DESCENDING


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

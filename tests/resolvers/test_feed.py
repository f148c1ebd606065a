"""The change feed read with cursors: every change once, in one order, whoever writes and reads at the same time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from projectgate.data import feed as positions_of
from projectgate.data.database import Database
from projectgate.resolvers import feed, histories, opaque
from projectgate.resolvers.access import Caller
from projectgate.resolvers.changes import change, create
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.errors import BadUserInput, Forbidden
from projectgate.resolvers.feed import FeedChange
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from projectgate.resolvers.updates import PatchProject
from tests.conftest import recorded
from tests.make.callers import READER
from tests.make.projects import NOON, make_project, store
from tests.make.versions import in_order, positions, write
from tests.make.writes import (
    Clock,
    admin,
    changed_paths,
    imported,
    imported_types,
    make_claim,
    make_type,
    writing,
)

pytestmark = pytest.mark.anyio

WRITERS = 8
ROUNDS = 16


async def _read(
    database: Database, caller: Caller = READER, after: str | None = None, first: int = 1000
) -> list[FeedChange]:
    """Everything after a cursor, page by page, as far as there is more now."""
    found: list[FeedChange] = []
    while True:
        page = await feed.changes(database, caller, after, first)
        assert len(page.changes) <= first
        found += page.changes
        after = page.cursor
        if not page.more:
            return found


async def _poll(
    database: Database, written: asyncio.Event, first: int, found: list[FeedChange]
) -> None:
    """Finds everything that comes, with a cursor, until the writers are done and nothing is left."""
    after = None
    while True:
        last_time = written.is_set()
        page = await feed.changes(database, READER, after, first)
        found += page.changes
        after = page.cursor
        if not page.more:
            if last_time:
                return
            await asyncio.sleep(0.005)


async def _patch(database: Database, project_id: str, name: str, clock: Any = None) -> Outcome:
    command = PatchProject(project_id=project_id, given={"name": name})
    outcome = await change(writing(database, clock=clock), command)
    assert outcome.faults == []
    return outcome


async def test_readers_see_every_change_of_8_writers_once_and_in_one_order(
    database: Database,
) -> None:
    """Clocks differ by hours; two readers poll meanwhile, one of them as another program, and one reads later."""
    await imported_types(database, make_type())
    names = [f"project-{number}" for number in range(5)]
    await imported(database, *(make_claim(id=name) for name in names))
    written = asyncio.Event()
    other = Database(database.url.render_as_string(hide_password=False))
    seen: list[list[FeedChange]] = [[], []]
    readers = [
        asyncio.create_task(_poll(database, written, 7, seen[0])),
        asyncio.create_task(_poll(other, written, 100, seen[1])),
    ]

    async def writer(number: int) -> None:
        random = Random(number)
        clock = Clock(NOON + timedelta(hours=random.randint(-50, 50)))
        for turn in range(ROUNDS):
            name = random.choice(names)
            if turn % 4 == 1:
                update = StatusUpdate(f"Status {number} {turn}", "SKU-001")
                command = UpdateProductStatus(project_id=name, product_status_updates=[update])
                await change(writing(database, clock=clock), command)
            elif turn % 8 == 2:
                new = CreateProject(project_type_id="claim")
                assert (await create(writing(database, clock=clock), new)).faults == []
            else:
                await _patch(database, name, f"Name {number} {turn}", clock)

    async def importer() -> None:
        for number in range(6):
            new = [make_claim(id=f"new-{number}-{place}") for place in range(5)]
            await imported(database, *new)

    try:
        await asyncio.gather(importer(), *(writer(number) for number in range(WRITERS)))
        # They read while others write, though one of them may find the database busy for a while.
        rounds = 1
        async with asyncio.timeout(60):
            while not all(seen):
                await writer(WRITERS + rounds)
                rounds += 1
    finally:
        written.set()
        await asyncio.gather(*readers)
        await other.close()
    given = await positions(database)
    assert len(given) == 5 + 30 + (WRITERS + rounds - 1) * ROUNDS
    assert sorted(in_order(seen[0])) == sorted(given)
    order: dict[str, list[int]] = {}
    for project_id, version in in_order(seen[0]):
        order.setdefault(project_id, []).append(version)
    for found in order.values():
        assert found == list(range(1, len(found) + 1))
    assert seen[1] == seen[0]
    assert await _read(database, first=13) == seen[0]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_change_that_is_committed_late_is_seen_once(database: Database) -> None:
    """A reader polls before, between and after two commits in the other order than the writes."""
    await store(database, [make_project(id=one) for one in "ab"])
    start = await feed.newest(database)
    async with database.transaction() as early:
        await write(early, ("a", 1, 0))
        async with database.transaction() as late:
            await write(late, ("b", 1, 1), ("b", 2, 2))
            before = await feed.changes(database, READER, start, 10)
        between = await feed.changes(database, READER, before.cursor, 10)
        now = await feed.newest(database)
    after = await feed.changes(database, READER, between.cursor, 10)
    seen = [in_order(page.changes) for page in (before, between, after)]
    assert seen == [[], [("b", 1), ("b", 2)], [("a", 1)]]
    assert in_order(await _read(database)) == [("b", 1), ("b", 2), ("a", 1)]
    assert in_order(await _read(database, after=now)) == [("a", 1)]


async def test_every_cursor_leads_to_exactly_the_rest(database: Database) -> None:
    await imported(database, *(make_claim(id=f"project-{number}") for number in range(3)))
    for turn in range(6):
        await _patch(database, f"project-{turn % 2}", f"Name {turn}")
    everything = await _read(database, first=2)
    assert len(everything) == 9
    for place, seen in enumerate(everything, 1):
        assert await _read(database, after=seen.cursor) == everything[place:]
    page = await feed.changes(database, READER, None, 4)
    assert (page.changes, page.cursor, page.more) == (everything[:4], everything[3].cursor, True)
    await _patch(database, "project-2", "Last")
    assert await _read(database, after=page.cursor) == [
        *everything[4:],
        *await _read(database, after=everything[-1].cursor),
    ]


async def test_a_change_tells_what_the_write_told(database: Database) -> None:
    """The first one of a project has everything that it began with, as its history shows it."""
    await imported(database, make_claim(customer={"id": "c", "birth_date": "1980-01-01"}))
    clock = Clock()
    outcome = await _patch(database, "project-1", "New name", clock)
    first, second = await _read(database)
    assert (second.operation, second.actor, second.at) == ("patchProject", "anna", clock.now)
    assert (second.changes, [str(one.path) for one in second.changes]) == (
        outcome.changes,
        changed_paths(outcome),
    )
    loader = writing(database).loaders.versions
    (_, version) = await loader.load(("project-1", 2, None))
    assert first.changes == histories.changes_of(version)
    assert "customer" in {change.segments[0] for change in first.changes}
    assert "1980" not in repr(first.changes)
    assert (first.operation, first.actor) == ("import", "importer")


async def test_a_reader_of_some_stores_passes_what_is_not_theirs(database: Database) -> None:
    """In reads of bounded length: a page can be empty and yet lead on."""
    mine = make_project(id="mine", store_id="bergen")
    also = make_project(id="also", stores=[{"store_id": "bergen"}])
    await store(database, [mine, also, make_project(id="other", store_id="oslo")])
    many = positions_of.WINDOW + 10
    async with database.transaction() as transaction:
        await write(transaction, *(("other", number, 0) for number in range(1, many + 1)))
        await write(transaction, ("mine", 1, 1), ("also", 1, 2), ("other", many + 1, 3))
    bergen = admin("berit", "bergen")
    assert in_order(await _read(database, bergen)) == [("mine", 1), ("also", 1)]
    page = await feed.changes(database, bergen, None, 1)
    assert (page.changes, page.more) == ([], True)
    assert len(await _read(database, after=page.cursor)) == many + 3 - positions_of.WINDOW
    page = await feed.changes(database, bergen, page.cursor, 1)
    assert (in_order(page.changes), page.more) == ([("mine", 1)], True)
    page = await feed.changes(database, bergen, page.cursor, 1)
    assert (in_order(page.changes), page.more) == ([("also", 1)], False)
    assert page.cursor == await feed.newest(database)
    assert await _read(database, admin("nils", "nowhere")) == []


async def test_a_project_is_seen_by_whom_it_belongs_to_now(database: Database) -> None:
    await imported(database, make_claim(store_id="oslo"))
    oslo, bergen = admin("ola", "oslo"), admin("berit", "bergen")
    assert in_order(await _read(database, oslo)) == [("project-1", 1)]
    command = PatchProject(project_id="project-1", given={"store_id": "bergen"})
    assert (await change(writing(database), command)).faults == []
    assert await _read(database, oslo) == []
    assert in_order(await _read(database, bergen)) == [("project-1", 1), ("project-1", 2)]


async def test_the_newest_cursor_is_after_all_that_is_there(database: Database) -> None:
    assert await _read(database, after=await feed.newest(database)) == []
    await imported(database, *(make_claim(id=f"project-{number}") for number in range(3)))
    now = await feed.newest(database)
    assert await _read(database, after=now) == []
    await _patch(database, "project-1", "Later")
    assert in_order(await _read(database, after=now)) == [("project-1", 2)]


async def test_reading_nothing_new_is_one_statement_and_waits_for_no_lock(
    database: Database,
) -> None:
    """Another reader holds the numbers, on SQLite even the database."""
    await imported(database, make_claim())
    after = await feed.newest(database)
    async with database.transaction() as holding:
        await positions_of.number(holding)
        with recorded(database) as sent:
            async with asyncio.timeout(5):
                page = await feed.changes(database, READER, after, 10)
                assert await feed.newest(database) == after
        assert (page.changes, page.cursor, page.more) == ([], after, False)
        assert len(sent) == 2
        assert not any("for update" in statement.lower() for statement in sent)
        with recorded(database) as sent:
            async with asyncio.timeout(5):
                assert len((await feed.changes(database, READER, None, 10)).changes) == 1
        assert len(sent) == 2


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_writers_do_not_wait_for_who_numbers(database: Database) -> None:
    """A reader has numbered the project's versions and does not commit; the project is written all the same."""
    await imported_types(database, make_type())
    await imported(database, make_claim())
    async with database.transaction() as holding:
        assert (await positions_of.number(holding)).last == 1
        async with asyncio.timeout(10):
            for turn in range(3):
                await _patch(database, "project-1", f"Name {turn}")
            await create(writing(database), CreateProject(project_type_id="claim"))
            await imported(database, make_claim(id="project-2"))
        holding.discard()
    assert sorted(in_order(await _read(database))) == sorted(await positions(database))
    assert len(await _read(database)) == 6


async def test_a_reader_cut_off_while_numbering_is_as_if_it_never_read(database: Database) -> None:
    await imported(database, *(make_claim(id=f"project-{number}") for number in range(50)))
    for delay in (0, 0.001, 0.003, 0.01):
        reading = asyncio.create_task(feed.changes(database, READER, None, 10))
        await asyncio.sleep(delay)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        # In one statement: a commit on its way may still arrive between two.
        there = "select (select last from change_feed), count(position) from project_version"
        (row,) = await database.run(text(there))
        assert tuple(row) in [(0, 0), (50, 50)]
    assert len(await _read(database)) == 50


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "\0",
        "\ud800",
        "A" * 100_000,
        opaque.written(),
        opaque.written("feed"),
        opaque.written("feed", "1"),
        opaque.written("feed", True),
        opaque.written("feed", 1.0),
        opaque.written("feed", None),
        opaque.written("feed", -1),
        opaque.written("feed", 2**63),
        opaque.written("feed", 1, 1),
        opaque.written("log", 1),
        opaque.written("versions", "project-1", 1),
        # Of a database that was further on, before a backup was restored.
        opaque.written("feed", 2),
    ],
)
async def test_what_is_no_cursor_of_this_feed_is_refused(database: Database, cursor: str) -> None:
    await imported(database, make_claim())
    await feed.newest(database)
    with pytest.raises(BadUserInput, match=r"after is .*; give the cursor of a page") as caught:
        await feed.changes(database, READER, cursor, 10)
    assert caught.value.code == "INVALID_CURSOR"
    assert len(caught.value.message) < 300


async def test_a_page_has_limits_and_reading_needs_a_role(database: Database) -> None:
    for first in (0, -1, 1001):
        with pytest.raises(BadUserInput, match=rf"first is {first}; the limits are 1 and 1000"):
            await feed.changes(database, READER, None, first)
    with pytest.raises(Forbidden):
        await feed.changes(database, Caller("nobody", frozenset()), None, 10)

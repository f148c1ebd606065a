"""Changes handed to whoever follows: each once, in one order, at the cost of one for many."""

from __future__ import annotations

import asyncio
import weakref
from random import Random

import pytest

from projectgate.data import wakeups
from projectgate.data.database import Database
from projectgate.resolvers import feed, live, opaque
from projectgate.resolvers.live import Following, Live
from projectgate.resolvers.live_changes import LiveChange
from tests.conftest import recorded
from tests.make.callers import READER
from tests.make.following import SECONDS, patch, take, until
from tests.make.versions import in_order
from tests.make.writes import imported, make_claim

pytestmark = pytest.mark.anyio


async def test_who_follows_from_now_hears_of_later_writes_only(
    database: Database, hub: Live
) -> None:
    await imported(database, make_claim(), make_claim(id="project-2"))
    follower = await hub.follow(READER)
    await patch(database, name="New")
    (change,) = await take(follower, 1)
    assert (change.project_id, change.version, change.actor) == ("project-1", 2, "anna")
    assert change.operation == "patchProject"
    assert [one.path for one in change.changes] == ["name"]
    await follower.aclose()


async def test_who_has_a_cursor_hears_of_everything_after_it_first(
    database: Database, hub: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PAGE", 3)
    await imported(database, *(make_claim(id=f"project-{number}") for number in range(10)))
    beginning = opaque.written("feed", 0)
    old = await take(await hub.follow(READER, after=beginning), 10)
    follower = await hub.follow(READER, after=old[3].cursor)
    found = await take(follower, 6)
    assert in_order(found) == in_order(old[4:])
    await patch(database, name="New")
    assert in_order(await take(follower, 1)) == [("project-1", 2)]


async def test_who_reads_slowly_keeps_no_change_that_it_was_given(
    database: Database, hub: Live
) -> None:
    await imported(database, *(make_claim(id=f"project-{number}") for number in range(10)))
    follower = await hub.follow(READER, after=opaque.written("feed", 0))

    async def given() -> weakref.ref[LiveChange]:
        change = await anext(follower)
        assert await change.revision() is not None
        return weakref.ref(change)

    assert [(await given())() for _ in range(9)] == [None] * 9
    await follower.aclose()


async def stay(follower: Following, random: Random, *, slow: bool) -> list[LiveChange]:
    """What a follower is told until it leaves."""
    found = []
    async for one in follower:
        found.append(one)
        if slow:
            await asyncio.sleep(random.random() / 50)
        if one.project_id == "end" or random.random() < 0.1:
            break
    await follower.aclose()
    return found


async def return_until_end(hub: Live, start: str, number: int) -> list[LiveChange]:
    """What somebody is told who leaves at random and comes back with the last cursor."""
    random, cursor, found = Random(number), start, list[LiveChange]()
    async with asyncio.timeout(SECONDS):
        while not found or found[-1].project_id != "end":
            follower = await hub.follow(READER, after=cursor)
            found += await stay(follower, random, slow=number % 3 == 1)
            cursor = found[-1].cursor
    return found


async def test_nobody_misses_anything_or_hears_it_twice_while_8_write(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who follows leaves at random and comes back with the cursor; some are slow; there are two processes."""
    monkeypatch.setattr(live, "PAGE", 7)
    monkeypatch.setattr(live, "KEPT", 20)
    monkeypatch.setattr(live, "FRESH", 0.05)
    names = [f"project-{number}" for number in range(6)]
    await imported(database, *(make_claim(id=name) for name in [*names, "end"]))
    start = await feed.newest(database)
    other = Database(database.url.render_as_string(hide_password=False))
    hubs = [Live(database), Live(other)]

    async def write(number: int) -> None:
        random = Random(number)
        for turn in range(12):
            await patch(database, random.choice(names), name=f"Name {number} {turn}")

    following = [
        asyncio.create_task(return_until_end(hubs[number % 2], start, number))
        for number in range(6)
    ]
    try:
        await asyncio.gather(*map(write, range(8)))
        await patch(database, "end", name="End")
        seen = await asyncio.gather(*following)
    finally:
        for hub in hubs:
            await hub.close()
        await other.close()
    page = await feed.changes(database, READER, start, 1000)
    assert len(page.changes) == 8 * 12 + 1
    for found in seen:
        assert [one.cursor for one in found] == [one.cursor for one in page.changes]


async def test_the_project_of_a_change_is_as_the_write_left_it_and_read_once_for_all(
    database: Database, hub: Live
) -> None:
    await imported(database, make_claim())
    followers = [await hub.follow(READER) for _ in range(5)]
    await patch(database, name="First")
    await patch(database, name="Second")
    changes = [(await take(one, 1))[0] for one in followers]
    with recorded(database) as sent:
        revisions = await asyncio.gather(*(one.revision() for one in changes))
    assert {one.project.name for one in revisions if one} == {"First"}
    assert len(sent) == len({id(one) for one in changes}) == 1
    for follower in followers:
        await follower.aclose()


async def test_a_change_costs_as_many_statements_for_100_followers_as_for_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks without being told, so that no look is counted."""
    monkeypatch.setattr(wakeups, "ALONE", SECONDS)
    monkeypatch.setattr(wakeups, "TOLD", SECONDS)
    await imported(database, make_claim())
    counts = []
    for number in (1, 100):
        hub = Live(database)
        followers = [await hub.follow(READER) for _ in range(number)]
        with recorded(database) as sent:
            waiting = [asyncio.create_task(take(one, 1)) for one in followers]
            await until(lambda: hub.followers == number)  # noqa: B023
            await asyncio.sleep(0.5)  # its first look
            sent.clear()
            await patch(database, name=f"For {number}")
            await asyncio.gather(*waiting)
        # Those of the write itself are among them.
        counts.append(len(sent))
        for follower in followers:
            await follower.aclose()
        await hub.close()
    assert counts[1] <= counts[0] + 2


async def test_nothing_runs_once_nobody_follows(database: Database, hub: Live) -> None:
    before = asyncio.all_tasks()
    for _ in range(3):
        followers = [await hub.follow(READER) for _ in range(10)]
        waiting = [asyncio.create_task(take(one, 1)) for one in followers]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        for follower in followers:
            await follower.aclose()
    await until(lambda: not asyncio.all_tasks() - before)

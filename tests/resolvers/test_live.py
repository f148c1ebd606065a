"""Changes handed to whoever follows: each once, in one order, to those who may see it, at the cost of one for many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from projectgate.data import migrate, wakeups
from projectgate.data.database import Database
from projectgate.data.failures import UNREACHABLE
from projectgate.resolvers import feed, live, opaque
from projectgate.resolvers.access import Caller
from projectgate.resolvers.changes import change
from projectgate.resolvers.errors import BadUserInput, Forbidden
from projectgate.resolvers.live import Following, Live
from projectgate.resolvers.live_changes import LIST_LIMIT, LiveChange
from projectgate.resolvers.updates import PatchProject
from tests.conftest import recorded, restarted, started_postgres
from tests.make.callers import READER
from tests.make.versions import in_order
from tests.make.writes import Clock, admin, imported, make_claim, writing

pytestmark = pytest.mark.anyio

SECONDS = 60


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[Live]:
    hub = Live(database)
    yield hub
    await hub.close()


# Writes that are numbered together are in the order of their times.
CLOCK = Clock()


async def patch(database: Database, project_id: str = "project-1", **given: Any) -> None:
    command = PatchProject(project_id=project_id, given=given)
    assert (await change(writing(database, clock=CLOCK), command)).faults == []


async def take(follower: Following, count: int) -> list[LiveChange]:
    """The next changes, so many."""
    async with asyncio.timeout(SECONDS):
        return [await anext(follower) for _ in range(count)]


async def until_end(follower: Following, end: str) -> list[LiveChange]:
    """All changes up to that of a project that is written last."""
    found: list[LiveChange] = []
    async with asyncio.timeout(SECONDS):
        async for change in follower:
            found.append(change)
            if change.project_id == end:
                break
    await follower.aclose()
    return found


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


async def test_a_caller_hears_of_its_own_stores_only(database: Database, hub: Live) -> None:
    await imported(
        database,
        make_claim(id="mine", store_id="oslo"),
        make_claim(id="also", store_id="bergen", stores=[{"store_id": "oslo"}]),
        make_claim(id="other", store_id="bergen"),
        make_claim(id="end", store_id="oslo"),
    )
    follower = await hub.follow(admin("ola", "oslo"))
    nobody = await hub.follow(admin("nils", "nowhere"))
    silent = asyncio.create_task(take(nobody, 1))
    for name in ("other", "also", "other", "mine", "end"):
        await patch(database, name, name="New")
    assert in_order(await until_end(follower, "end")) == [("also", 2), ("mine", 2), ("end", 2)]
    assert not silent.done()
    silent.cancel()
    await nobody.aclose()


async def test_a_project_that_leaves_the_stores_of_a_caller_is_heard_of_no_more(
    database: Database, hub: Live
) -> None:
    await imported(database, make_claim(store_id="oslo"), make_claim(id="end", store_id="oslo"))
    oslo = await hub.follow(admin("ola", "oslo"))
    bergen = await hub.follow(admin("berit", "bergen"))
    arriving = asyncio.create_task(take(bergen, 2))
    await patch(database, name="New")
    assert in_order(await take(oslo, 1)) == [("project-1", 2)]
    await patch(database, store_id="bergen")
    await patch(database, name="Newer")
    await patch(database, "end", name="End")
    assert in_order(await until_end(oslo, "end")) == [("end", 2)]
    assert in_order(await arriving) == [("project-1", 3), ("project-1", 4)]
    await bergen.aclose()


async def test_what_was_read_a_while_ago_is_asked_for_anew(
    database: Database, hub: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow reader has a page of two changes; the project moves away before it takes the second."""
    await imported(
        database, make_claim(store_id="oslo"), make_claim(id="project-2", store_id="oslo")
    )
    follower = await hub.follow(admin("ola", "oslo"), after=opaque.written("feed", 0))
    assert len(await take(follower, 1)) == 1
    await patch(database, "project-2", store_id="bergen")
    await patch(database, "project-1", name="New")
    monkeypatch.setattr(live, "FRESH", 0.5)
    await asyncio.sleep(1)
    assert in_order(await take(follower, 1)) == [("project-1", 2)]
    await follower.aclose()


@pytest.mark.parametrize(
    ("projects", "stores", "expected"),
    [
        (["a", "c", "unknown"], None, "ac"),
        (None, ["oslo"], "ab"),
        (None, ["bergen", "oslo"], "abc"),
        (["b", "c"], ["oslo"], "b"),
        (["a"], ["bergen"], ""),
    ],
)
async def test_only_what_is_wanted_is_told(
    database: Database, hub: Live, projects: Any, stores: Any, expected: str
) -> None:
    await imported(
        database,
        make_claim(id="a", store_id="oslo"),
        make_claim(id="b", store_id="bergen", stores=[{"store_id": "oslo"}]),
        make_claim(id="c", store_id="bergen"),
        make_claim(id="d", store_id=None),
    )
    # One that takes all is there too, and reads first.
    everything = await hub.follow(READER)
    whole = asyncio.create_task(take(everything, 5))
    start = await feed.newest(database)
    now = await hub.follow(READER, projects, stores)
    found: list[LiveChange] = []

    async def listen(follower: Following, told: list[LiveChange]) -> None:
        async for one in follower:
            told.append(one)

    listening = asyncio.create_task(listen(now, found))
    for number, name in enumerate("abcda"):
        await patch(database, name, name=f"New {number}")
    await whole
    again = await hub.follow(READER, projects, stores, start)
    later: list[LiveChange] = []
    reading = asyncio.create_task(listen(again, later))
    await until_quiet(database, [now, again])
    for task in (listening, reading):
        task.cancel()
    wanted = [name for name in "abcda" if name in expected]
    for told in (found, later):
        assert [one.project_id for one in told] == wanted
    for follower in (everything, now, again):
        await follower.aclose()


async def until_quiet(database: Database, followers: Sequence[Following]) -> None:
    """Returns when all have been told what there is."""
    newest = await feed.newest(database)
    await until(lambda: all(one.cursor == newest for one in followers))


async def until(holds: Callable[[], object]) -> None:
    """Returns once something holds."""
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


async def test_a_store_beyond_the_callers_own_adds_nothing(database: Database, hub: Live) -> None:
    await imported(
        database,
        make_claim(id="other", store_id="bergen"),
        make_claim(id="end", store_id="oslo", stores=[{"store_id": "bergen"}]),
    )
    follower = await hub.follow(admin("ola", "oslo"), stores=["bergen"])
    await patch(database, "other", name="New")
    await patch(database, "end", name="End")
    assert in_order(await until_end(follower, "end")) == [("end", 2)]


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


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_another_process_is_told_by_the_database(
    database: Database, hub: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would look by itself after a minute."""
    for name in ("ALONE", "TOLD"):
        monkeypatch.setattr(wakeups, name, 60.0)
    await imported(database, make_claim())
    follower = await hub.follow(READER)
    waiting = asyncio.create_task(take(follower, 2))
    other = Database(database.url.render_as_string(hide_password=False))
    await until(lambda: database.wakeups.hears)
    await patch(other, name="New")
    await patch(other, name="Newer")
    async with asyncio.timeout(30):
        await waiting
    await other.close()
    await follower.aclose()


async def test_another_process_is_heard_of_without_being_told(
    database: Database, hub: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the writer was killed before it could tell, and between processes on SQLite."""
    monkeypatch.setattr(wakeups, "TOLD", 0.2)
    await imported(database, make_claim())
    follower = await hub.follow(READER)
    waiting = asyncio.create_task(take(follower, 1))
    other = Database(database.url.render_as_string(hide_password=False))
    monkeypatch.setattr(other.wakeups, "tell", lambda: None)
    await patch(other, name="New")
    assert in_order(await waiting) == [("project-1", 2)]
    await other.close()
    await follower.aclose()


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_whoever_listens_connects_anew_when_the_server_ends_it(
    database: Database, hub: Live
) -> None:
    await imported(database, make_claim())
    follower = await hub.follow(READER)
    waiting = asyncio.create_task(take(follower, 1))
    listens = "query like '%LISTEN%' and pid <> pg_backend_pid() and datname = current_database()"
    ended = text(f"select pg_terminate_backend(pid) from pg_stat_activity where {listens}")
    for _ in range(2):
        await until(lambda: database.wakeups.hears)
        assert await database.run(ended)
        await until(lambda: not database.wakeups.hears)
    await patch(database, name="New")
    assert len(await waiting) == 1
    await follower.aclose()


async def test_who_follows_while_the_database_restarts_misses_nothing() -> None:
    """Its stream stays open, and goes on by itself."""
    with started_postgres() as (server, url):
        database = Database(url)
        await migrate.upgrade(database)
        await imported(database, make_claim())
        hub = Live(database)
        follower = await hub.follow(READER)
        waiting = asyncio.create_task(take(follower, 3))
        await patch(database, name="Before")
        for turn in range(2):
            await asyncio.to_thread(restarted, server, "fast")
            await written_in_the_end(database, f"After {turn}")
        assert in_order(await waiting) == [("project-1", number) for number in (2, 3, 4)]
        await follower.aclose()
        await hub.close()
        await database.close()


async def test_who_begins_to_follow_while_the_database_restarts_waits_for_it() -> None:
    with started_postgres() as (server, url):
        database = Database(url)
        await migrate.upgrade(database)
        await imported(database, make_claim())
        hub = Live(database)
        cursor = (await hub.follow(READER)).cursor
        restart = asyncio.create_task(asyncio.to_thread(restarted, server, "fast"))
        begun = []
        while not restart.done():
            begun.append(asyncio.create_task(hub.follow(READER, after=cursor)))
            await asyncio.sleep(0.01)
        await restart
        followers = await asyncio.gather(*begun)
        assert {follower.cursor for follower in followers} == {cursor}
        await hub.close()
        await database.close()


async def written_in_the_end(database: Database, name: str) -> None:
    """Writes once the database takes it: a connection that is lost is noticed by the write that fails."""
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(*UNREACHABLE):
                await patch(database, name=name)
                return
            await asyncio.sleep(0.1)


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


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ({"projects": []}, "BAD_USER_INPUT", "projectIds has 0 ids; the limits are 1 and 500"),
        ({"stores": []}, "BAD_USER_INPUT", "storeIds has 0 ids; the limits are 1 and 500"),
        ({"stores": ["s"] * (LIST_LIMIT + 1)}, "BAD_USER_INPUT", "storeIds has 501 ids"),
        ({"projects": ["\0"]}, "BAD_USER_INPUT", "projectIds has an id with a character"),
        ({"stores": ["\ud800"]}, "BAD_USER_INPUT", "storeIds has an id with a character"),
        ({"after": ""}, "INVALID_CURSOR", "after is '', which is no cursor of the change feed"),
        ({"after": opaque.written("log", 1)}, "INVALID_CURSOR", "or leave it out to begin now"),
        ({"after": opaque.written("feed", 9)}, "INVALID_CURSOR", "this database does not have"),
    ],
)
async def test_what_cannot_be_followed_is_refused(
    hub: Live, arguments: Any, code: str, message: str
) -> None:
    with pytest.raises(BadUserInput) as caught:
        await hub.follow(READER, **arguments)
    assert caught.value.code == code
    assert message in caught.value.message


async def test_following_needs_a_role(hub: Live) -> None:
    with pytest.raises(Forbidden):
        await hub.follow(Caller("nobody", frozenset()))

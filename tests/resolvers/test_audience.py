"""Who hears of a change: callers that may see the project, and of those who want to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers import feed, live, opaque
from projectgate.resolvers.access import Caller
from projectgate.resolvers.errors import BadUserInput, Forbidden
from projectgate.resolvers.live import Following, Live
from projectgate.resolvers.live_changes import LIST_LIMIT, LiveChange
from tests.make.callers import READER
from tests.make.following import patch, take, until, until_end
from tests.make.versions import in_order
from tests.make.writes import admin, imported, make_claim

pytestmark = pytest.mark.anyio


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

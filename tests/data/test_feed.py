"""The change feed: positions that readers give to versions, in one order, all or none of a numbering."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert

from projectgate.data import feed, migrate, versions
from projectgate.data.access import visible
from projectgate.data.database import Database
from projectgate.data.feed import Head, Numbered, Reach
from projectgate.data.projects import PROJECTS, row_of
from tests.conftest import recorded
from tests.make.projects import NOON, make_project, store
from tests.make.versions import in_order, make_version, positions, write
from tests.make.writes import dump

pytestmark = pytest.mark.anyio

EVERYTHING = 2**62


async def _number(database: Database, batch: int = feed.BATCH) -> Numbered:
    async with database.transaction() as transaction:
        return await feed.number(transaction, batch)


async def _projects(database: Database, *ids: str) -> None:
    await store(database, [make_project(id=one) for one in ids])


async def _order(database: Database) -> list[tuple[str, int]]:
    found = await feed.between(database, 0, EVERYTHING, visible(None), 10_000)
    return in_order(entry.version for entry in found)


async def test_versions_are_numbered_by_time_without_a_gap(database: Database) -> None:
    await _projects(database, "b", "a", "B")
    async with database.transaction() as transaction:
        await write(transaction, ("b", 1, 5), ("a", 1, 5), ("B", 1, 5), ("b", 2, 9), ("a", 2, 7))
    assert await feed.head(database) == Head(0, pending=True)
    assert await _number(database) == Numbered(5, complete=True)
    assert await _order(database) == [("B", 1), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert sorted((await positions(database)).values(), key=str) == [1, 2, 3, 4, 5]
    assert await feed.head(database) == Head(5, pending=False)


async def test_a_projects_versions_are_in_their_order_whatever_the_clocks_said(
    database: Database,
) -> None:
    """Version 3 of `a` was written by a machine whose clock is 50 minutes behind."""
    await _projects(database, "a", "b")
    async with database.transaction() as transaction:
        await write(transaction, ("a", 1, 0), ("a", 2, 60), ("a", 3, 10), ("a", 4, 61))
        await write(transaction, ("b", 1, 5), ("b", 2, 60), ("b", 3, 30))
    await _number(database)
    assert await _order(database) == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("a", 3),
        ("b", 2),
        ("b", 3),
        ("a", 4),
    ]


@pytest.mark.parametrize("batch", [1, 2, 5, 100])
async def test_however_few_are_numbered_at_once_all_are_in_the_end(
    database: Database, batch: int
) -> None:
    """A version never comes before an earlier one of its project, although its time is earlier."""
    await _projects(database, "a", "b", "c")
    rows = [(one, number, 100 - number) for one in "abc" for number in range(1, 8)]
    async with database.transaction() as transaction:
        await write(transaction, *rows)
    while not (numbered := await _number(database, batch)).complete:
        assert await feed.head(database) == Head(numbered.last, numbered.last < len(rows))
    order = await _order(database)
    assert sorted(order) == sorted((one, number) for one, number, _ in rows)
    for one in "abc":
        assert [number for project_id, number in order if project_id == one] == list(range(1, 8))
    assert sorted(filter(None, (await positions(database)).values())) == list(range(1, 22))


async def test_later_versions_come_after_whatever_has_a_position(database: Database) -> None:
    """Also with an earlier time: what readers have seen stays as it is."""
    await _projects(database, "a", "b")
    async with database.transaction() as transaction:
        await write(transaction, ("a", 1, 50))
    await _number(database)
    async with database.transaction() as transaction:
        await write(transaction, ("b", 1, 0), ("a", 2, 10))
    await _number(database)
    assert await _order(database) == [("a", 1), ("b", 1), ("a", 2)]


async def test_numbering_twice_or_nothing_changes_nothing(database: Database) -> None:
    assert await _number(database) == Numbered(0, complete=True)
    await _projects(database, "a")
    async with database.transaction() as transaction:
        await write(transaction, ("a", 1, 0), ("a", 2, 1))
    await _number(database)
    before = await dump(database)
    assert await _number(database) == Numbered(2, complete=True)
    assert await dump(database) == before


async def test_readers_that_number_at_once_give_each_version_one_position(
    database: Database,
) -> None:
    await _projects(database, *"abcdefgh")
    async with database.transaction() as transaction:
        await write(
            transaction, *((one, number, number) for one in "abcdefgh" for number in (1, 2))
        )
    await asyncio.gather(*(_number(database, batch=3) for _ in range(12)))
    given = await positions(database)
    assert sorted(filter(None, given.values())) == list(range(1, 17))
    assert await feed.head(database) == Head(16, pending=False)


async def test_a_numbering_that_ends_before_its_commit_leaves_everything_as_it_was(
    database: Database,
) -> None:
    await _projects(database, "a", "b")
    async with database.transaction() as transaction:
        await write(transaction, ("a", 1, 0), ("b", 1, 1))
    before = await dump(database)

    async def numbering() -> None:
        async with database.transaction() as transaction:
            assert (await feed.number(transaction)).last == 2
            raise KeyError("killed")

    with pytest.raises(KeyError):
        await numbering()
    assert await dump(database) == before
    assert await _number(database) == Numbered(2, complete=True)


async def test_numbering_touches_nothing_but_positions(database: Database) -> None:
    """What versions say of a project stays: its history, and its state at each of them."""
    await _projects(database, "a")
    async with database.transaction() as transaction:
        await write(transaction, *(("a", number, number) for number in range(1, 6)))

    async def read() -> object:
        states = [await versions.state_at(database, "a", number) for number in range(1, 7)]
        return states, dict(await versions.newest(database, ["a"], 10, None))

    rows, history = await dump(database), await read()
    await _number(database)
    assert await read() == history
    numbered = await dump(database)
    changed = {name for name in rows if rows[name] != numbered[name]}
    assert changed == {"project_version", "change_feed"}


async def test_a_window_tells_how_far_a_read_goes(database: Database) -> None:
    await _projects(database, "a")
    assert await feed.reach(database, 0) == Reach(0, pending=False, end=None, full=False)
    async with database.transaction() as transaction:
        await write(transaction, *(("a", number, number) for number in range(1, feed.WINDOW + 6)))
    assert await feed.reach(database, 0) == Reach(0, pending=True, end=None, full=False)
    while not (await _number(database)).complete:
        pass
    last = feed.WINDOW + 5
    assert await feed.reach(database, 0) == Reach(last, pending=False, end=feed.WINDOW, full=True)
    assert await feed.reach(database, 5) == Reach(last, pending=False, end=last, full=True)
    with recorded(database) as sent:
        assert await feed.reach(database, 6) == Reach(last, pending=False, end=last, full=False)
    assert len(sent) == 1


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_transaction_that_commits_late_comes_late_and_is_not_missed(
    database: Database,
) -> None:
    """It wrote first and commits last; what a reader was given meanwhile keeps its place."""
    await _projects(database, "a", "b", "c")
    async with database.transaction() as early:
        await write(early, ("a", 1, 0))
        async with database.transaction() as late:
            await write(late, ("b", 1, 1))
            assert await _number(database) == Numbered(0, complete=True)
        assert await _number(database) == Numbered(1, complete=True)
        async with database.transaction() as later:
            await write(later, ("c", 1, 2), ("b", 2, 3))
    assert await _number(database) == Numbered(4, complete=True)
    assert await _order(database) == [("b", 1), ("a", 1), ("c", 1), ("b", 2)]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_who_waits_for_another_numbering_sees_what_it_left(database: Database) -> None:
    """Neither the same positions again nor the same versions."""
    await _projects(database, "a", "b")
    async with database.transaction() as transaction:
        await write(transaction, ("a", 1, 0))
    async with database.transaction() as first:
        assert (await feed.number(first)).last == 1
        second = asyncio.create_task(_number(database))
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done
        async with database.transaction() as transaction:
            await write(transaction, ("b", 1, 1))
    assert await second == Numbered(2, complete=True)
    assert await positions(database) == {("a", 1): 1, ("b", 1): 2}


async def test_what_was_written_before_there_was_a_feed_is_in_it(empty_database: Database) -> None:
    """In the order that numbering would have given."""
    await migrate.upgrade(empty_database, "0002")
    rows = [("a", 1, 0), ("a", 2, 60), ("a", 3, 10), ("b", 1, 5), ("b", 2, 60), ("b", 3, 30)]
    async with empty_database.transaction() as transaction:
        projects = [row_of(make_project(id=one), 1)._asdict() for one in "ab"]
        await transaction.run(insert(PROJECTS), projects)
        await write(transaction, *rows)
    await migrate.upgrade(empty_database)
    assert await feed.head(empty_database) == Head(6, pending=False)
    migrated = await positions(empty_database)
    async with empty_database.transaction() as transaction:
        await versions.insert_many(transaction, [make_version("a", 4, NOON - timedelta(days=1))])
    await _number(empty_database)
    assert await positions(empty_database) == migrated | {("a", 4): 7}
    assert await _order(empty_database) == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("a", 3),
        ("b", 2),
        ("b", 3),
        ("a", 4),
    ]

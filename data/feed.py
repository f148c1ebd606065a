"""The change feed: every version of every project once, in one stable order. Readers number, writers do not.

A version is written without a position. A reader that has come to the end gives positions to what was committed
meanwhile: in a transaction that holds the one row of `change_feed`, which no writer ever looks at. These transactions
follow each other, so positions become visible in increasing order, and "position above mine" never misses a row,
in whichever order the writers took their times, began or committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    Table,
    bindparam,
    exists,
    func,
    select,
    true,
    union_all,
    update,
)

from .among import among
from .base import METADATA
from .collections import Source
from .projects import PROJECTS
from .stores import STORES
from .versions import FIRST_STATE, VERSIONS, Version

# How many positions a read looks at, whoever may see them.
WINDOW = 1000
# The oldest so many rows are numbered at once, with whatever else of their projects waits.
BATCH = 1000

FEED = Table(
    "change_feed",
    METADATA,
    # One row, made by the migration. Not counted up: a sequence is not the same on every node.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
)

_PENDING: ColumnElement[bool] = VERSIONS.c.position.is_(None)

_NUMBER = (
    update(VERSIONS)
    .where(
        VERSIONS.c.project_id == bindparam("of_project"),
        VERSIONS.c.version == bindparam("of_version"),
    )
    .values(position=bindparam("given"))
)


class Head(NamedTuple):
    """The last position that was given, and whether versions wait for theirs."""

    last: int
    pending: bool


class Reach(NamedTuple):
    """What there is above a position: up to where a read may go (None: nothing), and whether there is more.

    `full` says that the window ends before the feed does, or just there.
    """

    last: int
    pending: bool
    end: int | None
    full: bool


class Numbered(NamedTuple):
    """The last position given, and whether everything that was committed before has one."""

    last: int
    complete: bool


class Entry(NamedTuple):
    """A version with its place in the feed; only a first version has its snapshot."""

    position: int
    version: Version


async def head(source: Source) -> Head:
    """Where the feed is now, in one statement that takes no lock."""
    (row,) = await source.run(select(FEED.c.last, exists().where(_PENDING)))
    return Head._make(row)


async def reach(source: Source, position: int) -> Reach:
    """How far one read from a position goes, in one statement that takes no lock."""
    window = (
        select(VERSIONS.c.position)
        .where(VERSIONS.c.position > position)
        .order_by(VERSIONS.c.position)
        .limit(WINDOW)
        .subquery()
    )
    ends = select(func.max(window.c.position).label("end"), func.count().label("rows")).subquery()
    statement = select(FEED.c.last, exists().where(_PENDING).label("pending"), ends)
    (row,) = await source.run(statement.join_from(FEED, ends, true()))
    return Reach(row.last, row.pending, row.end, row.rows == WINDOW)


async def between(
    source: Source, position: int, end: int, visible: ColumnElement[bool], limit: int
) -> list[Entry]:
    """The first entries above a position and not above `end`, of projects that are visible now."""
    columns = [VERSIONS.c[name] for name in Version._fields if name != "snapshot"]
    statement = (
        select(VERSIONS.c.position, *columns, FIRST_STATE)
        .join_from(VERSIONS, PROJECTS, PROJECTS.c.id == VERSIONS.c.project_id)
        .where(VERSIONS.c.position > position, VERSIONS.c.position <= end, visible)
        .order_by(VERSIONS.c.position)
        .limit(limit)
    )
    return [Entry(row[0], Version._make(row[1:])) for row in await source.run(statement)]


async def stores_of(source: Source, ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The stores that projects belong to now, the main one and the additional ones.

    Shape: project id -> store ids; a project without any has no entry.
    """
    main, others = PROJECTS.c, STORES.table.c
    statement = union_all(
        select(main.id, main.store_id).where(among(main.id, ids), main.store_id.is_not(None)),
        select(others.project_id, others.store_id).where(among(others.project_id, ids)),
    )
    found: dict[str, set[str]] = defaultdict(set)
    for project_id, store_id in await source.run(statement):
        found[project_id].add(store_id)
    return {project_id: frozenset(stores) for project_id, stores in found.items()}


async def number(source: Source, batch: int = BATCH) -> Numbered:
    """Gives positions to the oldest versions that have none; runs inside a transaction.

    The order is by time; a project's own versions are in their order whatever the clocks said.
    """
    # First: what the next statement sees then includes all that earlier numbering left.
    ((last,),) = await source.run(select(FEED.c.last).with_for_update())
    oldest = (
        select(VERSIONS.c.project_id)
        .where(_PENDING)
        .order_by(VERSIONS.c.at, VERSIONS.c.project_id)
        .limit(batch)
        .subquery()
    )
    # All that waits of a project, in one statement. Its versions are written one after the other, so whoever sees
    # one sees the earlier ones: none can come to light later, below a number already given.
    waiting = (
        select(VERSIONS.c.project_id, VERSIONS.c.version, VERSIONS.c.at)
        .where(_PENDING, VERSIONS.c.project_id.in_(select(oldest.c.project_id)))
        .order_by(VERSIONS.c.project_id, VERSIONS.c.version)
    )
    rows = await source.run(waiting)
    places = []
    project_id, latest = None, None
    for row in rows:
        latest = max(latest, row.at) if latest and row.project_id == project_id else row.at
        project_id = row.project_id
        places.append((latest, row.project_id, row.version))
    given = [
        {"of_project": place[1], "of_version": place[2], "given": position}
        for position, place in enumerate(sorted(places), last + 1)
    ]
    if given:
        last += len(given)
        await source.run(_NUMBER, given)
        await source.run(update(FEED).values(last=last))
    return Numbered(last, len(rows) < batch)

"""The change feed as callers read it: every change after a cursor once, in one order that is the same for all.

A reader keeps the cursor of a page and asks again with it, after a second or a year. Whoever comes to the end numbers
what was committed meanwhile; `data/feed.py` tells why nothing is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from ..data import feed
from ..data.access import visible
from ..data.database import Database
from ..data.differences import Change
from . import opaque
from .access import Caller, require_read
from .errors import BadUserInput
from .histories import changes_of

LIMIT = 1000
# What tells the cursors of the feed from others.
_KIND = "feed"
# Positions as databases hold them: in eight bytes.
_POSITIONS = range(2**63)
_READ_ON = "give the cursor of a page of it, or leave it out for the very beginning"
_FOLLOW = "give the cursor of a change that you were told, or leave it out to begin now"
# Whose projects: those of these stores, or all of them.
Scope: TypeAlias = frozenset[str] | None


class FeedChange(NamedTuple):
    """A write: which project and version, by whom, when, and what it changed as callers see it."""

    cursor: str
    project_id: str
    version: int
    operation: str
    actor: str
    at: datetime
    changes: Sequence[Change]


class FeedPage(NamedTuple):
    """Changes in the order of the feed, the cursor to go on from, and whether to go on at once.

    A page without changes can have more: what it passed belongs to projects that the caller does not see.
    """

    changes: Sequence[FeedChange]
    cursor: str
    more: bool


async def changes(database: Database, caller: Caller, after: str | None, first: int) -> FeedPage:
    """The changes after a cursor, or from the very beginning, of projects that the caller sees now.

    A cursor moves past what its caller did not see, also if the project comes into the caller's stores later.

    Raises: Forbidden; BadUserInput for a page size outside 1..1000, and INVALID_CURSOR for what is no cursor of
    this feed.
    """
    require_read(caller)
    if not 1 <= first <= LIMIT:
        raise BadUserInput(
            f"first is {first}; the limits are 1 and {LIMIT}: for more, go on from the page's cursor"
        )
    start = 0 if after is None else _position(after)
    page = await _page(database, caller.stores, start, await _ahead(database, start, after), first)
    return FeedPage([_change(entry) for entry in page.entries], cursor_of(page.end), page.more)


class Stretch(NamedTuple):
    """What there is after a position, up to and with another one, and whether to go on at once."""

    entries: Sequence[feed.Entry]
    end: int
    more: bool


async def stretches(
    database: Database, starts: Mapping[Scope, int], first: int
) -> dict[Scope, Stretch]:
    """The first entries after a position for each of several scopes, of projects that are in it now.

    They are looked for together, so that each costs one statement where there is something new, and none where not.
    """
    reach = await _ahead(database, min(starts.values()))
    return {
        scope: await _page(database, scope, start, reach, first) for scope, start in starts.items()
    }


async def _ahead(database: Database, start: int, after: str | None = None) -> feed.Reach:
    """What there is above a position; where there is nothing, what waits for its position is numbered first."""
    reach = await feed.reach(database, start)
    if after is not None and start > reach.last:
        raise _unreached(after)
    if reach.end is None and reach.pending:
        async with database.transaction() as transaction:
            await feed.number(transaction)
        reach = await feed.reach(database, start)
    return reach


async def _page(
    database: Database, scope: Scope, start: int, reach: feed.Reach, first: int
) -> Stretch:
    if reach.end is None or reach.end <= start:
        return Stretch([], start, reach.pending or reach.full)
    # One more than asked for tells whether the window has more.
    found = await feed.between(database, start, reach.end, visible(scope), first + 1)
    if len(found) > first:
        return Stretch(found[:first], found[first - 1].position, more=True)
    return Stretch(found, reach.end, reach.full or reach.pending)


async def newest(database: Database) -> str:
    """The cursor of now: all that is committed so far is before it, and whatever is committed later after it."""
    return cursor_of(await now(database))


async def now(database: Database) -> int:
    """The position of now."""
    last, pending = await feed.head(database)
    while pending:
        async with database.transaction() as transaction:
            numbered = await feed.number(transaction)
        last, pending = numbered.last, not numbered.complete
    return last


async def known(database: Database, after: str) -> int:
    """The position of a cursor that somebody follows on from. Raises: BadUserInput with INVALID_CURSOR."""
    position = _position(after, _FOLLOW)
    if position > (await feed.head(database)).last:
        raise _unreached(after, _FOLLOW)
    return position


def _unreached(after: str, way_out: str = _READ_ON) -> BadUserInput:
    # A backup was restored. Going on would pass over what is written until this position is reached again.
    return _refused(after, "a cursor of changes that this database does not have", way_out)


def earliest(cursors: Iterable[str]) -> str | None:
    """Of several cursors the one to go on from without missing anything; None of none."""
    return min(cursors, key=_position, default=None)


def _change(entry: feed.Entry) -> FeedChange:
    version = entry.version
    return FeedChange(
        cursor_of(entry.position),
        version.project_id,
        version.version,
        version.operation,
        version.actor,
        version.at,
        changes_of(version),
    )


def cursor_of(position: int) -> str:
    """The cursor of a position."""
    return opaque.written(_KIND, position)


def _position(cursor: str, way_out: str = _READ_ON) -> int:
    try:
        kind, position = opaque.read(cursor)
    except ValueError:
        kind = position = None
    if kind != _KIND or type(position) is not int or position not in _POSITIONS:
        raise _refused(cursor, "no cursor of the change feed", way_out)
    return position


def _refused(cursor: str, what: str, way_out: str) -> BadUserInput:
    return BadUserInput(
        f"after is {opaque.quoted(cursor)}, which is {what}; {way_out}", code="INVALID_CURSOR"
    )

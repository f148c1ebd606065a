"""The change feed as callers read it: every change after a cursor once, in one order that is the same for all.

A reader keeps the cursor of a page and asks again with it, after a second or a year. Whoever comes to the end numbers
what was committed meanwhile; `data/feed.py` tells why nothing is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

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
    reach = await feed.reach(database, start)
    if after is not None and start > reach.last:
        # A backup was restored. Going on would pass over what is written until this position is reached again.
        raise _refused(after, "a cursor of changes that this database does not have")
    if reach.end is None and reach.pending:
        async with database.transaction() as transaction:
            await feed.number(transaction)
        reach = await feed.reach(database, start)
    if reach.end is None:
        return FeedPage([], _cursor(start), reach.pending)
    # One more than asked for tells whether the window has more.
    found = await feed.between(database, start, reach.end, visible(caller.stores), first + 1)
    page = [_change(entry) for entry in found[:first]]
    if len(found) > first:
        return FeedPage(page, page[-1].cursor, more=True)
    return FeedPage(page, _cursor(reach.end), reach.full or reach.pending)


async def newest(database: Database) -> str:
    """The cursor of now: all that is committed so far is before it, and whatever is committed later after it."""
    last, pending = await feed.head(database)
    while pending:
        async with database.transaction() as transaction:
            numbered = await feed.number(transaction)
        last, pending = numbered.last, not numbered.complete
    return _cursor(last)


def _change(entry: feed.Entry) -> FeedChange:
    version = entry.version
    return FeedChange(
        _cursor(entry.position),
        version.project_id,
        version.version,
        version.operation,
        version.actor,
        version.at,
        changes_of(version),
    )


def _cursor(position: int) -> str:
    return opaque.written(_KIND, position)


def _position(cursor: str) -> int:
    try:
        kind, position = opaque.read(cursor)
    except ValueError:
        kind = position = None
    if kind != _KIND or type(position) is not int or position not in _POSITIONS:
        raise _refused(cursor, "no cursor of the change feed")
    return position


def _refused(cursor: str, what: str) -> BadUserInput:
    return BadUserInput(
        f"after is {opaque.quoted(cursor)}, which is {what}; give the cursor of a page of it, or leave it out for "
        "the very beginning",
        code="INVALID_CURSOR",
    )

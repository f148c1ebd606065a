"""A change as it is told to all who follow the feed, and which of them a follower wants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from ..data.database import Database
from ..data.differences import Change
from ..data.documents import is_storable
from ..data.feed import Entry
from . import feed
from .errors import BadUserInput
from .histories import changes_of
from .revisions import Revision, at_version

# Ids that a list of the subscription may have.
LIST_LIMIT = 500


class LiveChange:
    """A write as it is told to all who follow; what is costly is made when it is first asked for, once for all."""

    def __init__(self, database: Database, entry: Entry, stores: frozenset[str] | None) -> None:
        """`stores`: those of the project now, None where nobody asks."""
        self._database = database
        self._version = entry.version
        self._reading: asyncio.Task[Revision | None] | None = None
        self.position = entry.position
        self.cursor = feed.cursor_of(entry.position)
        self.project_id = entry.version.project_id
        self.version = entry.version.version
        self.operation = entry.version.operation
        self.actor = entry.version.actor
        self.at = entry.version.at
        self.stores = stores

    @cached_property
    def changes(self) -> Sequence[Change]:
        """What the write changed, as callers see it."""
        return changes_of(self._version)

    async def revision(self) -> Revision | None:
        """The project as the write left it."""
        if self._reading is None:
            reading = at_version(self._database, self.project_id, self.version)
            self._reading = asyncio.create_task(reading)
            self._reading.add_done_callback(self._read)
        # Who leaves while it is read leaves it to the others.
        return await asyncio.shield(self._reading)

    def _read(self, reading: asyncio.Task[Revision | None]) -> None:
        if reading.cancelled() or reading.exception() is not None:
            self._reading = None


class Wanted(NamedTuple):
    """Which of the changes that a caller may see are wanted; None: all."""

    projects: frozenset[str] | None
    stores: frozenset[str] | None

    @classmethod
    def of(cls, projects: Sequence[str] | None, stores: Sequence[str] | None) -> Wanted:
        """Those of any of these projects, and of projects in any of these stores. Raises: BadUserInput."""
        return cls(_ids("projectIds", projects), _ids("storeIds", stores))

    def has(self, change: LiveChange) -> bool:
        """Whether a change is wanted."""
        if self.projects is not None and change.project_id not in self.projects:
            return False
        return self.stores is None or not self.stores.isdisjoint(change.stores or ())


def _ids(name: str, given: Sequence[str] | None) -> frozenset[str] | None:
    if given is None:
        return None
    if not 1 <= len(given) <= LIST_LIMIT:
        raise BadUserInput(
            f"{name} has {len(given)} ids; the limits are 1 and {LIST_LIMIT}: leave it out for all, "
            "or subscribe several times"
        )
    if not all(map(is_storable, given)):
        raise BadUserInput(
            f"{name} has an id with a character that no id has, U+0000 or a lone surrogate; "
            "give it as a query answered it"
        )
    return frozenset(given)

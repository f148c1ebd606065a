"""What tests of changes that are followed need: writes in order, and what a follower is told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from projectgate.data.database import Database
from projectgate.resolvers.changes import change
from projectgate.resolvers.live import Following
from projectgate.resolvers.live_changes import LiveChange
from projectgate.resolvers.updates import PatchProject
from tests.make.writes import Clock, writing

SECONDS = 60
# Writes that are numbered together are in the order of their times.
CLOCK = Clock()


async def patch(database: Database, project_id: str = "project-1", **given: Any) -> None:
    """A patch of a project, which must not be refused."""
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


async def until(holds: Callable[[], object]) -> None:
    """Returns once something holds."""
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)

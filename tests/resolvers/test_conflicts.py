"""Two writers who do not know of each other: one of them learns what the other did, and no update is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.resolvers.changes import change
from projectgate.resolvers.commands import Command
from projectgate.resolvers.comments import AddProjectComment
from projectgate.resolvers.errors import VersionConflict
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from projectgate.resolvers.transactions import AddProjectTransactions, UpdateProjectTransactions
from projectgate.resolvers.updates import PatchProject
from tests.make.rich import make_rich
from tests.make.writes import changed_paths, imported, stored, writing

pytestmark = pytest.mark.anyio

PAIRS = 40


class Writer:
    """What one of two writers wants: a command for a version, and whether a project shows that it was done."""

    def __init__(self, random: Random, number: int) -> None:
        mark = f"{number}-{random.randrange(10**6)}"
        amount = Decimal(random.randrange(1, 10**6)) / 100
        line = f"line-{random.randrange(2)}"
        money = f"money-{random.randrange(2)}"
        name = random.choice(["name", "external_reference", "sub_type"])
        update = StatusUpdate(mark, line_id=line)
        wants: list[tuple[Callable[..., Command], dict[str, Any], Callable[[Any], bool]]] = [
            (PatchProject, {"given": {name: mark}}, lambda there: getattr(there, name) == mark),
            (
                UpdateProductStatus,
                {"product_status_updates": [update]},
                lambda there: any(one.status == mark for one in there.products),
            ),
            (
                AddProjectTransactions,
                {"transactions": [{"description": mark, "cost": amount}]},
                lambda there: any(one.description == mark for one in there.transactions),
            ),
            (
                UpdateProjectTransactions,
                {"transactions": [{"id": money, "description": mark}]},
                lambda there: any(one.description == mark for one in there.transactions),
            ),
            (
                AddProjectComment,
                {"detail": mark},
                lambda there: any(one.detail == mark for one in there.comments),
            ),
        ]
        self._command, self._values, self.shows = random.choice(wants)

    async def write(self, database: Database, version: int) -> Outcome:
        """Does it, if the project is still at that version."""
        command = self._command(project_id="project-1", expected_version=version, **self._values)
        return await change(writing(database), command)


def targets(outcome: Outcome) -> set[str]:
    """The paths that a write changed."""
    return set(changed_paths(outcome))


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "in turn"])
async def test_of_two_writers_with_one_version_one_wins_and_no_update_is_lost(
    database: Database, at_once: bool
) -> None:
    """The other learns which paths changed, reads again and reapplies; then both changes are there."""
    random = Random(3)
    await imported(database, make_rich())
    for _ in range(PAIRS):
        version = (await stored(database)).row.version
        pair = [Writer(random, 1), Writer(random, 2)]
        if at_once:
            outcomes = await asyncio.gather(*(one.write(database, version) for one in pair))
        else:
            random.shuffle(pair)
            outcomes = [await one.write(database, version) for one in pair]
        (winner,) = [place for place, outcome in enumerate(outcomes) if outcome.changed]
        loser = 1 - winner
        (conflict,) = outcomes[loser].faults
        assert isinstance(conflict, VersionConflict)
        assert conflict.current_version == version + 1
        assert conflict.changed_paths == changed_paths(outcomes[winner])

        won: Project = (await stored(database)).project
        assert pair[winner].shows(won)
        again = await pair[loser].write(database, conflict.current_version)

        assert again.changed
        there = await stored(database)
        assert there.row.version == version + 2
        assert pair[loser].shows(there.project)
        # What the first one wrote is there too, but where the second one knowingly wrote over it.
        if not targets(outcomes[winner]) & targets(again) - {"modified"}:
            assert pair[winner].shows(there.project)


async def test_changed_paths_are_those_of_every_write_since(database: Database) -> None:
    """Each once, in the order of the writes, however many there were."""
    await imported(database, make_rich())
    paths: list[str] = []
    for name in ("a", "b", "c"):
        given = {"name": name, "tags": [name]} if name != "b" else {"sub_type": name}
        paths += changed_paths(
            await change(writing(database), PatchProject(project_id="project-1", given=given))
        )

    late = PatchProject(project_id="project-1", expected_version=1, given={"name": "z"})
    (conflict,) = (await change(writing(database), late)).faults

    assert isinstance(conflict, VersionConflict)
    assert conflict.changed_paths == list(dict.fromkeys(paths)) == ["name", "tags", "subType"]
    later = PatchProject(project_id="project-1", expected_version=3, given={"name": "z"})
    (conflict,) = (await change(writing(database), later)).faults
    assert isinstance(conflict, VersionConflict)
    assert conflict.changed_paths == ["name", "tags"]

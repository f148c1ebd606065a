"""Two writers at the same time: one of them wins, the other learns of it, and nothing that either wrote is lost."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest

from projectgate.data.database import Database
from tests.make.compared import Compared, filled
from tests.make.inputs import requests
from tests.model.drafts import Given

pytestmark = pytest.mark.anyio

ROUNDS = 15


def _write(random: Random, both: Compared, project_id: str) -> tuple[str, Given]:
    """A request that writes something, for the version that is current."""
    while True:
        mutation = random.choice(requests.EXISTING)
        given = requests.plain(random, both.world, mutation, project_id)
        (answer,) = both.world.told(mutation, given, both.now).answers
        if answer.version is not None:
            return mutation, given | {"expectedVersion": len(both.world.projects[project_id])}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_of_two_writers_of_one_version_one_wins_and_the_other_can_go_on(
    database: Database, seed: int
) -> None:
    """Any two mutations: the loser is told what the winner changed; done again, both changes are there."""
    random = Random(seed)
    await filled(database)
    both = Compared(database)
    await both.begin("claim", random)
    (project_id,) = both.ids
    won = set()
    for _ in range(ROUNDS):
        version = len(both.world.projects[project_id])
        pair = [_write(random, both, project_id) for _ in range(2)]
        payloads: list[Any] = await asyncio.gather(*(both.send(*request) for request in pair))
        (winner,) = [place for place, payload in enumerate(payloads) if payload["changed"]]
        won.add(winner)
        both.compare(*pair[winner], payloads[winner])
        (error,) = payloads[1 - winner]["userErrors"]
        assert (error["code"], error["currentVersion"]) == ("VERSION_CONFLICT", version + 1)
        changed = [change["path"] for change in payloads[winner]["changes"]]
        assert error["changedPaths"] == changed
        await both.check()
        # The loser reads again and does its own once more; what the winner removed it cannot find.
        mutation, given = pair[1 - winner]
        await both.do(mutation, given | {"expectedVersion": version + 1})
        await both.check()
    assert len(won) == 2 or database.dialect == "sqlite"
    await both.check_history(project_id)


@pytest.mark.parametrize("seed", [4, 5])
async def test_two_writers_who_expect_no_version_write_one_after_the_other(
    database: Database, seed: int
) -> None:
    """Each sees what the one before left, in whatever order they come."""
    random = Random(seed)
    await filled(database)
    both = Compared(database)
    await both.begin("claim", random)
    (project_id,) = both.ids
    for _ in range(ROUNDS):
        pair = [_write(random, both, project_id) for _ in range(2)]
        for _, given in pair:
            del given["expectedVersion"]
        payloads: list[Any] = await asyncio.gather(*(both.send(*request) for request in pair))
        first, second = _order(both, pair, payloads)
        both.compare(*pair[first], payloads[first])
        both.compare(*pair[second], payloads[second])
        await both.check()
    await both.check_history(project_id)


def _order(both: Compared, pair: list[tuple[str, Given]], payloads: list[Any]) -> tuple[int, int]:
    """Which of two wrote first: told by the versions, and where one wrote nothing it came second."""
    versions = [one["project"]["version"] if one["changed"] else 2**31 for one in payloads]
    return (0, 1) if versions[0] < versions[1] else (1, 0)

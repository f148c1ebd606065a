"""Versions: written, read back newest first, and the state of a project at any of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from projectgate.data import graphs, versions
from projectgate.data.database import Database
from projectgate.data.differences import differences
from projectgate.data.versions import SNAPSHOT_EVERY, VERSIONS, Version
from tests.conftest import recorded
from tests.make.projects import make_project

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 1, tzinfo=UTC)


def _state(number: int) -> dict[str, Any]:
    project = make_project(name=f"Name {number}", project_value=Decimal(number) / 8)
    return project.state()


async def _history(database: Database, count: int, project_id: str = "project-1") -> None:
    """A project whose name and value say the version."""
    async with database.transaction() as transaction:
        await graphs.insert_many(transaction, [(make_project(id=project_id), 1)])
        await versions.insert_many(
            transaction,
            [
                Version(
                    project_id,
                    number,
                    START + timedelta(hours=number),
                    f"actor {number}",
                    "patchProject",
                    differences(_state(number - 1), _state(number)) if number > 1 else [],
                    START + timedelta(hours=number),
                    f"v{number}",
                    _state(number) if versions.is_snapshot(number) else None,
                )
                for number in range(1, count + 1)
            ],
        )


async def test_the_state_at_every_version_is_the_one_written(database: Database) -> None:
    """Across snapshots; `modified` and `versionId` are those of the version."""
    count = 2 * SNAPSHOT_EVERY + 2
    await _history(database, count)
    for number in range(1, count + 1):
        state = await versions.state_at(database, "project-1", number)
        assert state is not None
        modified = datetime.fromisoformat(state.pop("modified"))
        assert modified == START + timedelta(hours=number)
        assert state.pop("versionId") == f"v{number}"
        assert state == {
            name: value
            for name, value in _state(number).items()
            if name not in ("modified", "versionId")
        }


@pytest.mark.parametrize("number", [-1, 0, 4, 2**31 - 1])
async def test_a_version_that_is_not_there_has_no_state(database: Database, number: int) -> None:
    """Nor has a project that is not there."""
    await _history(database, 3)
    assert await versions.state_at(database, "project-1", number) is None
    assert await versions.state_at(database, "project-2", 1) is None


async def test_a_state_is_read_from_the_last_snapshot_in_one_statement(database: Database) -> None:
    """Snapshots are stored at the first and at every 20th version."""
    await _history(database, 45)
    rows = await database.run(
        select(VERSIONS.c.version).where(VERSIONS.c.snapshot.is_not(None)).order_by("version")
    )
    assert [row.version for row in rows] == [1, 20, 40]
    with recorded(database) as statements:
        await versions.state_at(database, "project-1", 45)
    assert len(statements) == 1


async def test_the_changes_since_a_version_are_those_after_it(database: Database) -> None:
    """Oldest first."""
    await _history(database, 4)
    await _history(database, 2, "project-2")
    changes = await versions.changes_since(database, "project-1", 2)
    assert [(change.path, change.after) for change in changes] == [
        ("name", "Name 3"),
        ("projectValue", "0.375"),
        ("name", "Name 4"),
        ("projectValue", "0.5"),
    ]
    assert await versions.changes_since(database, "project-1", 4) == []


async def test_the_newest_versions_of_many_projects_cost_one_statement(database: Database) -> None:
    """Newest first, from below a version if one is given; only the first one brings its snapshot."""
    await _history(database, 21)
    await _history(database, 2, "project-2")
    with recorded(database) as statements:
        found = await versions.newest(database, ["project-1", "project-2", "none"], 3, None)
    assert len(statements) == 1
    assert [version.version for version in found["project-1"]] == [21, 20, 19]
    assert [version.version for version in found["project-2"]] == [2, 1]
    assert "none" not in found
    assert found["project-1"][0].actor == "actor 21"
    assert found["project-1"][1].snapshot is None
    assert found["project-2"][1].snapshot == _state(1)
    below = await versions.newest(database, ["project-1"], 2, 20)
    assert [version.version for version in below["project-1"]] == [19, 18]

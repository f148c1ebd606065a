"""Versions of projects for tests of the change feed, written as writers do: without a position."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from projectgate.data import versions
from projectgate.data.collections import Source
from projectgate.data.database import Database
from projectgate.data.versions import VERSIONS, Version
from tests.make.projects import NOON, make_project


def make_version(project_id: str, number: int, at: datetime = NOON, **changes: Any) -> Version:
    """A version of a project; a test names only what it is about."""
    values: dict[str, Any] = {
        "project_id": project_id,
        "version": number,
        "at": at,
        "actor": "anna",
        "operation": "patchProject",
        "changes": [(["name"], f"Name {number - 1}", f"Name {number}")] if number > 1 else [],
        "modified": at,
        "version_id": f"v{number}",
        "snapshot": make_project(id=project_id).state() if number == 1 else None,
    }
    return Version(**(values | changes))


async def write(source: Source, *rows: tuple[str, int, int]) -> None:
    """Writes versions: of which project, which number, how many minutes after noon."""
    await versions.insert_many(
        source,
        [
            make_version(project_id, number, NOON + timedelta(minutes=minutes))
            for project_id, number, minutes in rows
        ],
    )


async def positions(database: Database) -> dict[tuple[str, int], int | None]:
    """The position of each version that there is. Shape: (project id, version) -> position."""
    rows = await database.run(
        select(VERSIONS.c.project_id, VERSIONS.c.version, VERSIONS.c.position)
    )
    return {(row.project_id, row.version): row.position for row in rows}


def in_order(found: Iterable[Any]) -> list[tuple[str, int]]:
    """Which version of which project, in the order they came in."""
    return [(one.project_id, one.version) for one in found]

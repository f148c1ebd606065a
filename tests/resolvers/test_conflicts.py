"""What a writer learns who comes too late: everything that was changed since the version it expected."""

from __future__ import annotations

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.changes import change
from projectgate.resolvers.errors import VersionConflict
from projectgate.resolvers.updates import PatchProject
from tests.make.rich import make_rich
from tests.make.writes import changed_paths, imported, writing

pytestmark = pytest.mark.anyio


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

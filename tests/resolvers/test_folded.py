"""What a write leaves folded is as it was: whatever is done, all tables hold what whole projects leave in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from projectgate.data import folded, graphs, projects, texts
from projectgate.data.database import Database
from projectgate.data.projects import Project, ProjectRow
from projectgate.data.words import terms
from projectgate.resolvers.changes import change
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from tests.conftest import migrated
from tests.make.compared import Compared, filled
from tests.make.documents import make_full_document, store_documents
from tests.make.inputs import requests
from tests.make.writes import dump, ids_of, stored, writing

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

WRITES = 150
_folded = graphs.project_of


def _whole(row: ProjectRow, rows: folded.Rows) -> Any:
    """The same project, all made at once: nothing of it is ever taken for untouched."""
    project = _folded(row, rows)
    for name in folded.MEMBERS:
        getattr(project, name)
    whole = Project.model_construct()
    whole.__dict__.clear()
    whole.__dict__.update(project.__dict__)
    whole.__pydantic_fields_set__.clear()
    whole.__pydantic_fields_set__.update(project.__pydantic_fields_set__)
    whole.__pydantic_extra__ = project.__pydantic_extra__
    return whole


async def _written(database: Database, seed: int) -> Any:
    """What all tables hold after random mutations of two projects, with ids that the seed decides."""
    random = Random(seed)
    with ids_of(Random(seed)):
        await filled(database)
        both = Compared(database)
        for kind in ("claim", "bathroom"):
            await both.begin(kind, random)
        for _ in range(WRITES):
            await both.do(*requests.any_of(random, both.world))
    return await dump(database)


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_writes_leave_what_they_leave_of_whole_projects(
    kind: str,
    template: Callable[[str, str], Any],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Versions with their changes and snapshots, log, search index, sort keys, keys, and every row of a project."""
    async with migrated(kind, template, tmp_path, request) as database:
        found = await _written(database, seed)
    monkeypatch.setattr(graphs, "project_of", _whole)
    async with migrated(kind, template, tmp_path, request) as database:
        expected = await _written(database, seed)
    assert found == expected
    assert len(found["project_version"]) > WRITES // 4


async def test_a_project_is_the_same_however_much_of_it_was_folded(database: Database) -> None:
    await store_documents(database, [make_full_document()])
    there = await stored(database)
    whole = _whole(there.row, there.rows)
    assert there.draft().state() == whole.state()
    assert list(there.draft().state()) == list(whole.state())
    assert there.draft() == whole == there.draft()
    assert there.draft().json_object() == whole.json_object()
    rows, made = graphs.rows_of(there.draft()), graphs.rows_of(whole)
    assert {name: sorted(rows[name], key=repr) for name in rows} == {
        name: sorted(made[name], key=repr) for name in made
    }
    assert terms(there.draft()) == terms(whole)


@pytest.mark.parametrize("deep", [False, True])
async def test_a_copy_is_as_folded_as_the_project_and_says_the_same(
    database: Database, deep: bool
) -> None:
    await store_documents(database, [make_full_document()])
    there: Any = (await stored(database)).project
    copy = there.model_copy(deep=deep)
    assert copy.untouched() == folded.MEMBERS.keys()
    assert copy == (await stored(database)).project


@pytest.mark.parametrize("name", folded.MEMBERS)
async def test_a_member_that_is_read_is_touched_and_no_other(database: Database, name: str) -> None:
    await store_documents(database, [make_full_document()])
    draft: Any = (await stored(database)).draft()
    assert draft.untouched() == folded.MEMBERS.keys()
    getattr(draft, name)
    assert draft.untouched() == folded.MEMBERS.keys() - {name}
    draft = (await stored(database)).draft()
    setattr(draft, name, None)
    assert draft.untouched() == folded.MEMBERS.keys() - {name}
    assert getattr(draft, name) is None


async def test_a_status_of_a_line_unfolds_the_lines_alone(database: Database) -> None:
    await store_documents(database, [make_full_document()])
    line = ((await stored(database)).project.products or [])[0]
    command = UpdateProductStatus(
        project_id="project-1", product_status_updates=[StatusUpdate("Shipped", line_id=line.id)]
    )
    outcome = await change(writing(database), command)
    assert outcome.project is not None
    assert folded.untouched(outcome.project.project) == folded.MEMBERS.keys() - {"products"}


async def test_a_write_looks_at_all_that_terms_and_sort_keys_are_made_of(
    database: Database,
) -> None:
    """What has not been touched is taken for the same, so neither may be made of a member that is not looked at."""
    await store_documents(database, [make_full_document()])
    for made, looked_at in (
        (terms, texts._NAMES | {"products"}),
        (projects.derived, folded._NAMED),
    ):
        draft: Any = (await stored(database)).draft()
        made(draft)
        touched = folded.MEMBERS.keys() - draft.untouched()
        assert touched
        assert touched <= looked_at

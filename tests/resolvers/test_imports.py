"""Import: what goes in, in which batches and whose version it is, and that nothing is done twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import true

from projectgate.data import exchange, graphs, log, project_types, projects, versions
from projectgate.data.database import Database
from projectgate.data.differences import differences
from projectgate.data.log import LogItem
from projectgate.resolvers import imports
from projectgate.resolvers.imports import import_documents
from projectgate.resolvers.incoming import Documents
from projectgate.resolvers.records import Write, record
from tests.make.documents import (
    make_document,
    make_full_document,
    project_documents,
    type_documents,
)
from tests.make.exchange import NOW, imported, source, versions_of
from tests.make.writes import stored

pytestmark = pytest.mark.anyio


async def test_a_new_project_is_version_1_with_a_version_and_a_log_row(database: Database) -> None:
    done = await imported(database, [make_full_document()])
    assert done.new_changed_equal == (1, 0, 0)
    there = await stored(database)
    assert there.row.version == 1
    (version,) = (await versions.newest(database, ["project-1"], 9, None))["project-1"]
    assert (version.version, version.actor, version.operation, version.at) == (
        1,
        "importer",
        "import",
        NOW,
    )
    (row, *theirs) = (await log.newest(database, ["project-1"], 9, None))["project-1"]
    assert (row.position, row.user, row.text, row.date) == (1, "importer", "import", NOW)
    assert [item.id for item in theirs] == ["project-1-0", "project-1-1"]


async def test_the_examples_imported_again_change_nothing(database: Database) -> None:
    first = await imported(database, type_documents(), project_documents())
    assert first.new_changed_equal == (66, 0, 0)
    before = {name: (await stored(database, name)).project for name in await versions_of(database)}
    again = await imported(database, type_documents(), project_documents())
    assert again.new_changed_equal == (0, 0, 66)
    assert set((await versions_of(database)).values()) == {1}
    for name, project in before.items():
        assert (await stored(database, name)).project == project


async def test_a_changed_document_is_one_version_more_and_its_versions_tell_what_changed(
    database: Database,
) -> None:
    document = make_full_document()
    await imported(database, [document, make_document("other")])
    before = (await stored(database)).project.state()
    changed = document | {
        "name": "New",
        "products": document["products"][1:],
        "modified": "2026-03-03T00:00:00Z",
    }
    done = await imported(database, [changed, make_document("other")])
    assert done.new_changed_equal == (0, 1, 1)
    there = await stored(database)
    assert there.row.version == 2
    assert there.project.modified.isoformat() == "2026-03-03T00:00:00+00:00"
    newest, _ = (await versions.newest(database, ["project-1"], 9, None))["project-1"]
    assert newest.changes == json.loads(json.dumps(differences(before, there.project.state())))
    assert {change[0][0] for change in newest.changes} == {"name", "modified", "products"}


async def test_documents_go_in_in_batches(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 7)
    seen: list[tuple[int, int]] = []
    documents = [make_document(f"p{number:02}") for number in range(20)]
    counts = await import_documents(
        database,
        [source("one", documents[:9]), source("two", documents[9:])],
        actor="a",
        clock=lambda: NOW,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (counts.new, counts.total) == (20, 20)
    assert seen == [(0, 20), (7, 20), (14, 20), (20, 20)]
    assert len(await versions_of(database)) == 20


async def test_what_was_committed_before_an_import_died_stays_and_the_next_one_does_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 5)
    documents = [make_full_document(f"p{number:02}", each=1) for number in range(12)]
    reads = 0

    def dying() -> Iterator[Any]:
        nonlocal reads
        reads += 1
        for position, document in enumerate(documents, 1):
            if reads == 2 and position == 8:
                raise KeyboardInterrupt
            yield position, document

    with pytest.raises(KeyboardInterrupt):
        await import_documents(database, [Documents("dying", dying)], actor="a", clock=lambda: NOW)
    assert len(await versions_of(database)) == 5
    done = await imported(database, documents)
    assert done.new_changed_equal == (7, 0, 5)


# Strict


async def test_strict_writes_nothing_when_one_is_bad_and_tells_every_bad_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 3)
    await imported(database, [make_document("there")])
    documents: list[Any] = [make_document("there", name="changed")]
    documents += [make_document(f"p{number}") for number in range(8)]
    documents[4] = documents[8] = 1
    done = await imported(database, type_documents(), documents, strict=True)
    assert not done.counts.written
    assert [bad.position for bad in done.bad] == [5, 9]
    assert await versions_of(database) == {"there": 1}
    assert await project_types.every(database) == []


async def test_strict_writes_all_when_none_is_bad(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 3)
    done = await imported(
        database, [make_document(f"p{number}") for number in range(8)], strict=True
    )
    assert done.counts.written
    assert done.new_changed_equal == (8, 0, 0)
    assert len(await versions_of(database)) == 8


# One id twice


@pytest.mark.parametrize("batch", [1, 200])
async def test_the_last_of_two_documents_counts_and_both_places_are_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(imports, "BATCH", batch)
    sources = (
        [make_document("a", name="1"), make_document("b"), make_document("a", name="2")],
        [make_document("a", name="3")],
    )
    done = await imported(database, *sources)
    assert [str(one) for one in done.superseded] == [
        "file 1, document 1 (a): left out, document 3 has the same id and is later",
        "file 1, document 3 (a): left out, file 2, document 1 has the same id and is later",
    ]
    assert (await stored(database, "a")).project.name == "3"
    assert await versions_of(database) == {"a": 1, "b": 1}
    assert (await imported(database, *sources)).new_changed_equal == (0, 0, 2)


async def test_a_later_document_that_is_bad_does_not_keep_the_earlier_one_out(
    database: Database,
) -> None:
    done = await imported(database, [make_document("a", name="1"), make_document("a", name=2)])
    assert done.superseded == []
    assert [bad.position for bad in done.bad] == [2]
    assert (await stored(database, "a")).project.name == "1"


@pytest.mark.parametrize(
    "end", [b', "projectValue": 0.%s}' % (b"1" * 20), b', "x": "\\ud800"}', b""]
)
async def test_a_later_line_that_only_looks_whole_does_not_keep_the_earlier_one_out(
    database: Database, end: bytes
) -> None:
    good = json.dumps(make_document("a", name="1")).encode()
    done = await imported(database, good + b"\n" + good[:-1] + end)
    assert done.superseded == []
    assert [bad.position for bad in done.bad] == [2]
    assert (await stored(database, "a")).project.name == "1"


async def test_a_project_and_a_type_may_have_one_id(database: Database) -> None:
    done = await imported(database, [{"projectTypeId": "a"}, make_document("a")])
    assert done.new_changed_equal == (2, 0, 0)
    assert done.superseded == []


# Types


async def test_types_are_replaced_in_place_and_equal_ones_left_alone(database: Database) -> None:
    types = type_documents()
    await imported(database, types)
    changed = [types[3] | {"projectTypeName": "New"}, {"projectTypeId": "last"}, types[0]]
    done = await imported(database, changed)
    assert done.new_changed_equal == (1, 1, 1)
    assert done.counts.types == 3
    rows = await project_types.every(database)
    assert [row.id for row in rows] == [*(one["projectTypeId"] for one in types), "last"]
    assert rows[3].name == "New"


async def test_a_document_with_both_ids_is_a_project(database: Database) -> None:
    await imported(database, [make_document("a", projectTypeId="t")])
    assert list(await versions_of(database)) == ["a"]
    assert await project_types.every(database) == []


# The log


async def _mutate(database: Database, **members: Any) -> LogItem:
    """A write as a mutation does it. Returns its log row."""
    before = await stored(database)
    after = before.project.model_copy(deep=True, update=members)
    async with database.transaction() as transaction:
        await record(
            transaction, [Write(before, after)], actor="kari", operation="patchProject", at=NOW
        )
    return (await exchange.our_log(database, ["project-1"], "import"))["project-1"][0]


async def test_log_rows_of_ours_in_a_document_are_not_taken_for_its_own(database: Database) -> None:
    theirs = {"id": "theirs", "text": "t"}
    document = make_document(logItems=[theirs])
    await imported(database, [document])
    ours = await _mutate(database, name="New")
    project = (await stored(database)).project
    back = project.json_object() | {"logItems": [ours.json_object(), theirs]}
    assert (await imported(database, [back])).new_changed_equal == (0, 0, 1)
    rows = (await log.newest(database, ["project-1"], 9, None))["project-1"]
    assert [row.position for row in rows] == [2, 1, -1]
    # A row that only looks like one of ours is the document's.
    await imported(database, [back | {"logItems": [{"id": "new"}, ours.json_object(), theirs]}])
    items = (await stored(database)).project.log_items or ()
    assert [item.id for item in items] == ["new", "theirs"]


# Others at the same time


async def test_two_imports_at_once_write_each_project_once(database: Database) -> None:
    documents = [make_full_document(f"p{number:02}", each=1) for number in range(30)]
    other = Database(database.url.render_as_string(hide_password=False))
    try:
        one, two = await asyncio.gather(
            imported(database, documents), imported(other, documents[::-1])
        )
    finally:
        await other.close()
    assert one.counts.new + two.counts.new == 30
    assert one.counts.equal + two.counts.equal == 30
    assert set((await versions_of(database)).values()) == {1}


async def test_an_import_keeps_a_mutation_that_is_not_committed_waiting_or_waits_for_it(
    database: Database,
) -> None:
    await imported(database, [make_document()])

    async def rename() -> None:
        async with database.transaction() as transaction:
            rows = await projects.lock(transaction, ["project-1"], true())
            before = (await graphs.read(transaction, rows.values()))["project-1"]
            await asyncio.sleep(0.2)
            after = before.project.model_copy(update={"name": "Mutated"})
            await record(
                transaction, [Write(before, after)], actor="kari", operation="patchProject", at=NOW
            )

    changed = make_document(projectNumber="7")
    _, done = await asyncio.gather(rename(), imported(database, [changed]))
    assert done.new_changed_equal == (0, 1, 0)
    assert await versions_of(database) == {"project-1": 3}
    history = (await versions.newest(database, ["project-1"], 9, None))["project-1"]
    assert [version.operation for version in history][-1] == "import"

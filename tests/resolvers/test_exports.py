"""Export: what import reads, in a fixed order, whole, and the same again after an import elsewhere."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import pytest
from sqlalchemy import text

from projectgate.data.database import Database
from projectgate.resolvers import exports
from projectgate.resolvers.access import ADMIN, Caller
from projectgate.resolvers.changes import change
from projectgate.resolvers.context import Context
from projectgate.resolvers.exports import Format, export
from projectgate.resolvers.products import ReplaceProducts
from tests.conftest import migrated
from tests.make.documents import (
    make_document,
    make_full_document,
    project_documents,
    type_documents,
)
from tests.make.exchange import exported, imported, loads

pytestmark = pytest.mark.anyio


async def test_an_empty_database_is_an_empty_array(database: Database) -> None:
    assert await exported(database) == b"[]\n"
    assert await exported(database, Format.NDJSON) == b""


async def test_the_examples_come_out_with_nothing_lost_and_only_line_ids_added(
    database: Database,
) -> None:
    documents = [*type_documents(), *project_documents()]
    for document in documents:
        for line in document.get("products") or ():
            del line["id"]
    await imported(database, documents)
    found = loads(await exported(database))
    for document in found:
        for line in document.get("products") or ():
            assert line.pop("id")
    assert found[:6] == type_documents()
    wanted = sorted(documents[6:], key=lambda document: document["id"])
    assert found[6:] == wanted


async def test_types_come_first_in_their_order_then_projects_by_code_points_of_their_ids(
    database: Database,
) -> None:
    ids = ["b", "a", "B", "é", "a-1", "a1", "\uffff", "\U0001f6bf"]
    await imported(
        database,
        [make_document(name) for name in ids],
        [{"projectTypeId": "z"}, {"projectTypeId": "y"}],
    )
    found = loads(await exported(database))
    assert [document["projectTypeId"] for document in found[:2]] == ["z", "y"]
    assert [document["id"] for document in found[2:]] == sorted(ids)


async def test_pages_join_to_the_whole(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await imported(database, [make_full_document(f"p{number}", each=1) for number in range(11)])
    whole = await exported(database)
    for size in (1, 5, 11):
        monkeypatch.setattr(exports, "PAGE", size)
        assert await exported(database) == whole


async def test_lines_and_array_have_the_same_documents_one_on_each_line(database: Database) -> None:
    await imported(database, type_documents(), [make_full_document(), make_document("b")])
    array, lines = await exported(database), await exported(database, Format.NDJSON)
    assert array.count(b"\n") == 8 + 2
    assert [loads(line) for line in lines.splitlines()] == loads(array)


@pytest.mark.parametrize("form", Format)
async def test_an_export_imported_elsewhere_is_exported_byte_for_byte(
    kind: str, template: Any, tmp_path: Any, request: Any, database: Database, form: Format
) -> None:
    await imported(database, type_documents(), project_documents(), [make_full_document()])
    await _write(database, "project-1")
    first = await exported(database, form)
    assert (await imported(database, first)).new_changed_equal == (0, 0, 67)
    assert await exported(database, form) == first
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    async with migrated(kind, template, folder, request) as elsewhere:
        assert (await imported(elsewhere, first)).new_changed_equal == (67, 0, 0)
        assert await exported(elsewhere, form) == first


async def _write(database: Database, project_id: str) -> None:
    context = Context(database, Caller("kari", frozenset({ADMIN})))
    outcome = await change(context, ReplaceProducts(project_id=project_id, products=[]))
    assert outcome.changed


async def test_log_rows_of_mutations_come_out_newest_first_and_those_of_imports_do_not(
    database: Database,
) -> None:
    theirs = {"id": "theirs", "projectId": "project-1", "text": "t"}
    document = make_document(products=[{"skuId": "a"}], logItems=[theirs])
    await imported(database, [document])
    assert loads(await exported(database))[0]["logItems"] == [theirs]
    await _write(database, "project-1")
    await imported(database, [document | {"name": "New", "modified": "2026-05-05T00:00:00Z"}])
    await _write(database, "project-1")
    (found,) = loads(await exported(database))
    newest, older, last = found["logItems"]
    assert last == theirs
    assert newest["date"] > older["date"]
    assert {item["user"] for item in (newest, older)} == {"kari"}
    assert {item["projectId"] for item in (newest, older)} == {"project-1"}


async def test_an_export_shows_one_moment_whoever_writes_meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 1)
    await imported(database, [make_document(name) for name in "abc"])
    before = await exported(database)
    parts = export(database)
    found = [await anext(parts)]
    await imported(database, [make_document("b", name="New"), make_document("d")])
    found += [part async for part in parts]
    assert b"".join(found) == before
    assert await exported(database) != before


async def test_an_export_that_is_left_early_gives_its_connection_back(database: Database) -> None:
    await imported(database, [make_document(name) for name in "abc"])
    for _ in range(30):
        parts = export(database)
        await anext(parts)
        await parts.aclose()
    async with asyncio.timeout(5):
        await database.run(text("select 1"))


async def test_progress_is_told_page_by_page(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    await imported(database, [make_document(name) for name in "abcde"])
    seen: list[tuple[int, int]] = []
    async for _ in export(database, progress=lambda done, total: seen.append((done, total))):
        pass
    assert seen == [(0, 5), (2, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_memory_of_import_and_export_does_not_grow_with_the_data(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 20)
    monkeypatch.setattr("projectgate.resolvers.imports.BATCH", 20)
    filling = "x" * 20_000

    def lines(first: int, count: int) -> bytes:
        one = '{"id": "p%05d", "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "x": "%s"}'
        return "\n".join(one % (number, filling) for number in range(first, first + count)).encode()

    async def peaks(first: int, count: int) -> tuple[int, int]:
        content = lines(first, count)
        tracemalloc.start()
        await imported(database, content)
        _, taken = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        base, _ = tracemalloc.get_traced_memory()
        async for _ in export(database):
            pass
        _, given = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return taken, given - base

    await peaks(0, 40)
    small = await peaks(40, 60)
    large = await peaks(100, 600)
    # Ten times the documents are 12 MB more.
    assert large[0] < small[0] + 1_500_000
    assert large[1] < small[1] + 1_500_000

"""All that belongs to a project comes with one statement on PostgreSQL, and is what a read of each table gives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from projectgate.data import graphs
from projectgate.data.collections import Source
from tests.conftest import migrated, recorded
from tests.make.documents import make_full_document, store_documents

pytestmark = pytest.mark.anyio


async def test_one_statement_gives_what_a_read_of_each_table_gives_for_one_project(
    template: Callable[[str, str], Any],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with migrated("postgresql", template, tmp_path, request) as database:
        await store_documents(database, [make_full_document(f"full-{place}") for place in range(3)])
        with recorded(database) as sent:
            together = await graphs.load(database, ["full-1"])
        assert len(sent) == 1
        monkeypatch.setattr(graphs, "FEW", 0)
        one_by_one = await graphs.load(database, ["full-1"])
    assert repr(together) == repr(one_by_one)
    assert all(len(together["full-1"][collection.table.name]) for collection in graphs.COLLECTIONS)


@pytest.mark.parametrize(
    ("read", "beginning"),
    [
        (lambda source: graphs.load(source, ["full-1"]), "SELECT array((SELECT ARRAY["),
        (lambda source: graphs.hold(source, "full-1"), "SELECT project.id, "),
    ],
    ids=["read", "held"],
)
async def test_the_statement_of_one_project_is_planned_once_for_all_projects(
    template: Callable[[str, str], Any],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    read: Callable[[Source], Awaitable[Any]],
    beginning: str,
) -> None:
    prepared = text(
        "select generic_plans, custom_plans from pg_prepared_statements "
        f"where starts_with(statement, '{beginning}')"
    )
    async with migrated("postgresql", template, tmp_path, request) as database:
        await store_documents(database, [make_full_document("full-1")])
        async with database.transaction() as transaction:
            counts = []
            for _ in range(2):
                # More often than PostgreSQL tries plans for values before it keeps one without.
                for _ in range(20):
                    await read(transaction)
                ((kept, anew),) = await transaction.run(prepared)
                counts.append((kept, anew))
    (before, tried), (after, at_last) = counts
    assert (after - before, at_last - tried) == (20, 0)


async def test_one_statement_gives_what_a_read_of_each_table_gives(
    template: Callable[[str, str], Any],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with migrated("postgresql", template, tmp_path, request) as database:
        await store_documents(database, [make_full_document(f"full-{place}") for place in range(3)])
        ids = ["full-2", "full-0", "none"]
        with recorded(database) as sent:
            together = await graphs.load(database, ids)
        assert len(sent) == 1
        monkeypatch.setattr(graphs, "FEW", 0)
        one_by_one = await graphs.load(database, ids)
    # Their texts tell 1 from 1.0, and a moment from the same one elsewhere.
    assert repr(together) == repr(one_by_one)
    assert all(len(together["full-2"][collection.table.name]) for collection in graphs.COLLECTIONS)

"""The migrations make the tables that the code declares, on both databases, also when there are rows."""

from __future__ import annotations

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, select, text

from projectgate.data import graphs, migrate, schema, search, texts, words
from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS, Project, row_of
from tests.make.documents import project_documents

pytestmark = pytest.mark.anyio


def _drift(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_object": schema.is_ours})
    return list(compare_metadata(context, schema.METADATA))


async def test_migrated_tables_are_the_declared_ones(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_drift) == []


async def test_an_empty_database_is_not_at_the_head_and_says_what_to_run(
    empty_database: Database,
) -> None:
    with pytest.raises(migrate.NotAtHead, match=r"migration none.*run `projectgate migrate`"):
        await migrate.check(empty_database)


async def test_a_migrated_database_is_at_the_head_and_migrating_again_changes_nothing(
    database: Database,
) -> None:
    await migrate.check(database)
    assert await migrate.upgrade(database) == migrate.head()


async def test_a_filled_database_keeps_its_rows_through_every_later_migration(
    empty_database: Database,
) -> None:
    steps = [script.revision for script in reversed(migrate.history())]
    assert await migrate.upgrade(empty_database, steps[0]) == steps[0]
    async with empty_database.engine.connect() as connection:
        tables = await connection.run_sync(_columns)
    projects = [Project.of(document) for document in project_documents()]
    async with empty_database.transaction() as transaction:
        for project in projects:
            for place, line in enumerate(project.products or ()):
                line.id = f"line-{place}"
        # Into the tables of that time: later ones are not there yet.
        await transaction.run(
            insert(PROJECTS), [row_of(project, 1)._asdict() for project in projects]
        )
        for collection in graphs.COLLECTIONS:
            if collection.table.name in tables:
                name = collection.table.name
                rows = [row for project in projects for row in graphs.rows_of(project)[name]]
                await collection.insert(transaction, rows)
        await texts.insert_many(transaction, projects)
    before = await _dump(empty_database, tables)
    for step in steps[1:]:
        assert await migrate.upgrade(empty_database, step) == step
        assert await _dump(empty_database, tables) == before
    await migrate.check(empty_database)
    found = texts.matching(empty_database.dialect, words.prefixes("oppuss bad"))
    assert await search.count(empty_database, found) == 16


def _columns(connection: Connection) -> dict[str, list[str]]:
    there = inspect(connection)
    return {
        table: [column["name"] for column in there.get_columns(table)]
        for table in there.get_table_names()
        if table in schema.METADATA.tables
    }


async def _dump(database: Database, tables: dict[str, list[str]]) -> dict[str, list[str]]:
    rows = {}
    for table in schema.METADATA.sorted_tables:
        if table.name in tables and table.name != "project_text":
            # Of the columns of that time: later ones are not there yet.
            columns = [table.c[name] for name in tables[table.name]]
            rows[table.name] = sorted(map(repr, await database.run(select(*columns))))
    assert rows["project_product"]
    return rows


async def test_a_database_newer_than_the_program_says_so(database: Database) -> None:
    """Not that it should be migrated, which would not help."""
    async with database.transaction() as transaction:
        await transaction.run(text("update alembic_version set version_num = '9999'"))
    for act in (migrate.check, migrate.upgrade):
        with pytest.raises(migrate.NotAtHead, match="9999, which is newer than this program"):
            await act(database)


async def test_programs_that_migrate_at_once_all_find_the_tables(empty_database: Database) -> None:
    others = [Database(empty_database.url.render_as_string(hide_password=False)) for _ in range(3)]
    reached = await asyncio.gather(*(migrate.upgrade(other) for other in others))
    assert set(reached) == {migrate.head()}
    for other in others:
        await other.close()

"""The migrations make the tables that the code declares, on both databases, also when there are rows."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from projectgate.data import migrate, schema
from projectgate.data.database import Database

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

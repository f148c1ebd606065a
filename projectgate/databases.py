"""The database of the settings for the length of a block."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from projectgate.data import migrate
from projectgate.data.database import Database, folder_of
from projectgate.faults import Fault
from projectgate.settings import Settings


@asynccontextmanager
async def opened(settings: Settings, *, check: bool = True) -> AsyncIterator[Database]:
    """The database; `check` makes sure that it has the newest tables. Raises: Fault, NotAtHead."""
    database = Database(
        settings.database_url,
        pool_size=settings.pool_size,
        pgbouncer=settings.pgbouncer == "on",
    )
    try:
        if database.dialect == "sqlite":
            _require_file(database, made=check)
        if check:
            await migrate.check(database)
        yield database
    finally:
        await database.close()


def _require_file(database: Database, *, made: bool) -> None:
    """Lets a SQLite file pass that can be used; `made`: it must be there. Raises: Fault, OSError."""
    folder, name = folder_of(database.url), database.url.database
    if folder is None or name is None:
        return
    if made and not Path(name).is_file():
        # Opening it would make an empty one.
        raise Fault(
            f"there is no database {name}; run `projectgate migrate` with the same "
            "PROJECTGATE_DATABASE_URL"
        )
    folder.mkdir(parents=True, exist_ok=True)
    # A driver in a thread of its own reports a failure to open late, and more than once.
    try:
        with closing(sqlite3.connect(name)) as connection:
            connection.execute("pragma schema_version")
    except sqlite3.Error as error:
        raise Fault(f"the database {name} cannot be used: {error}") from None

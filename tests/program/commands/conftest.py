"""What the tests of the command line share: a command run as people run it, and in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from typer.testing import CliRunner, Result

from projectgate.cli import app as commands
from projectgate.data.database import Database
from tests.make.documents import FOLDER

SECRET = "a secret of the command line, 32 bytes or more"
TYPES, PROJECTS_FILE = str(FOLDER / "project-types.json"), str(FOLDER / "projects.json")
Run = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


def environment(**settings: str) -> dict[str, str]:
    """The environment of a command: that of the machine with these settings, and none besides."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("PROJECTGATE_")
    }
    return kept | {f"PROJECTGATE_{name.upper()}": value for name, value in settings.items()}


def command(*arguments: str) -> list[str]:
    """A command as a process is started with it."""
    return [sys.executable, "-m", "projectgate", *arguments]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command in an empty folder, with settings and nothing else of ours in the environment."""

    async def run(
        *arguments: str, given: str | None = None, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        return await anyio.to_thread.run_sync(
            lambda: subprocess.run(
                command(*arguments),
                cwd=tmp_path,
                env=environment(**settings),
                input=given,
                capture_output=True,
                text=True,
                check=False,
                timeout=100,
            )
        )

    return run


@pytest.fixture
def run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The same in this process, which is faster."""

    def run(*arguments: str, **settings: str) -> Result:
        monkeypatch.chdir(tmp_path)
        for name in [name for name in os.environ if name.startswith("PROJECTGATE_")]:
            monkeypatch.delenv(name)
        for name, value in settings.items():
            monkeypatch.setenv(f"PROJECTGATE_{name.upper()}", value)
        return CliRunner().invoke(commands, list(arguments))

    return run


@pytest.fixture
def with_database(run: Run, database: Database) -> Run:
    """Runs a command with a migrated database."""
    url = database.url.render_as_string(hide_password=False)
    return lambda *arguments, **more: run(*arguments, **({"database_url": url} | more))

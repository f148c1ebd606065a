"""What the command line says of itself, and of what it does not understand or cannot do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest
from typer.main import get_group
from typer.testing import Result

from projectgate import __version__
from projectgate.cli import app as commands
from tests.program.commands.conftest import SECRET, TYPES, Run

pytestmark = pytest.mark.anyio


async def test_help_names_every_command_and_does_not_load_what_it_does_not_need(run: Run) -> None:
    done = await run("--help")
    assert done.returncode == 0
    for name in (
        "serve",
        "migrate",
        "seed",
        "import",
        "export",
        "explain",
        "schema",
        "token",
        "trusted",
    ):
        assert name in done.stdout
    code = (
        "import sys, projectgate.cli\n"
        "print(sorted(sys.modules.keys() & {'sqlalchemy', 'strawberry', 'starlette', 'pydantic'}))"
    )
    loaded = await anyio.run_process([sys.executable, "-c", code])
    assert loaded.stdout == b"[]\n"


def test_version_is_that_of_the_package(run_here: Callable[..., Result]) -> None:
    assert run_here("--version").stdout == f"projectgate {__version__}\n"


def test_every_command_and_option_has_a_help_text() -> None:
    def check(command: Any) -> None:
        assert command.help, command.name
        for option in command.params:
            assert getattr(option, "help", None), (command.name, option.name)
        for nested in getattr(command, "commands", {}).values():
            check(nested)

    check(get_group(commands))


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["import"],
        ["seed"],
        ["seed", "--projects", "0"],
        ["export", "--format", "xml"],
        ["explain"],
        ["token"],
        ["token", "--role", "Boss"],
        ["serve", "--port", "70000"],
    ],
    ids=" ".join,
)
def test_a_command_that_makes_no_sense_is_exit_code_2(
    run_here: Callable[..., Result], arguments: list[str]
) -> None:
    done = run_here(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["migrate"], {"database_url": "mysql://x"}, "PROJECTGATE_DATABASE_URL"),
        (["migrate"], {"database_url": "sqlite+aiosqlite:////proc/none/x.sqlite"}, "projectgate: "),
        (
            ["export"],
            {"database_url": "sqlite+aiosqlite:////none/x.sqlite"},
            "there is no database /none/x.sqlite; run `projectgate migrate`",
        ),
        (["migrate"], {"database_url": "sqlite+aiosqlite:////"}, "unable to open database file"),
        (["export"], {"database_url": f"sqlite+aiosqlite:///{TYPES}"}, "file is not a database"),
        (
            ["migrate"],
            {"database_url": "postgresql+asyncpg://u:hunter2@127.0.0.1:1/x"},
            "the database cannot be reached",
        ),
        (["import", "none.json"], {}, "none.json: No such file or directory"),
        (["import", "-", "-"], {}, "standard input, which can be read once"),
        (["import", TYPES], {}, "run `projectgate migrate`"),
        (["export"], {}, "run `projectgate migrate`"),
        (["seed", "--projects", "1"], {}, "run `projectgate migrate`"),
        (["serve", "--port", "0"], {"jwt_secret": SECRET}, "run `projectgate migrate`"),
        (["serve"], {}, "Set PROJECTGATE_JWT_SECRET"),
        (["serve"], {"jwt_secret": "short"}, "32 are the least"),
        (["serve", "--demo", "--host", "0.0.0.0"], {}, "demo mode lets everybody in"),  # noqa: S104
        (["serve", "--demo", "--host", "::"], {}, "demo mode lets everybody in"),
        (["serve", "--host", "no.such.host.invalid"], {"jwt_secret": SECRET}, "is no address"),
        (
            ["serve", "--demo"],
            {"database_url": "postgresql+asyncpg://u:p@h/x"},
            "start without --demo",
        ),
        (["token", "--role", "ProjectRead"], {}, "set PROJECTGATE_JWT_SECRET"),
        (
            ["token", "--role", "ProjectRead", "--ttl", "soon"],
            {"jwt_secret": SECRET},
            "--ttl 'soon'",
        ),
        (["token", "--role", "ProjectRead", "--ttl", "0s"], {"jwt_secret": SECRET}, "--ttl '0s'"),
        (["token", "--role", "ProjectRead", "--subject", ""], {"jwt_secret": SECRET}, "1 to 255"),
        (["schema", "check", "none.graphql"], {}, "none.graphql: No such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_one_message_and_exit_code_2(
    run_here: Callable[..., Result], arguments: list[str], settings: dict[str, str], said: str
) -> None:
    done = run_here(*arguments, **settings)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("projectgate: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr

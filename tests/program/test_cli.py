"""The commands as people run them: real processes, real files, both databases."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import jwt
import pytest
from sqlalchemy import func, select
from typer.main import get_group
from typer.testing import CliRunner, Result

from projectgate import __version__
from projectgate.cli import app as commands
from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from projectgate.resolvers.access import ADMIN, READ
from projectgate.schema.build import sdl
from tests.make.documents import FOLDER, make_document
from tests.make.exchange import loads

pytestmark = pytest.mark.anyio

SECRET = "a secret of the command line, 32 bytes or more"
TYPES, PROJECTS_FILE = str(FOLDER / "project-types.json"), str(FOLDER / "projects.json")
Run = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


def _environment(**settings: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("PROJECTGATE_")
    }
    return kept | {f"PROJECTGATE_{name.upper()}": value for name, value in settings.items()}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "projectgate", *arguments]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command in an empty folder, with settings and nothing else of ours in the environment."""

    async def run(
        *arguments: str, given: str | None = None, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        return await anyio.to_thread.run_sync(
            lambda: subprocess.run(
                _command(*arguments),
                cwd=tmp_path,
                env=_environment(**settings),
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


async def _count(database: Database) -> int:
    (row,) = await database.run(select(func.count()).select_from(PROJECTS))
    return int(row[0])


# Help


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


# Faults


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


# Databases


async def test_migrate_makes_the_tables_and_can_be_run_again(run: Run, empty_url: str) -> None:
    for _ in range(2):
        done = await run("migrate", database_url=empty_url)
        assert re.fullmatch(r"The database is at migration \d{4}\.\n", done.stdout)
        assert (done.returncode, done.stderr) == (0, "")
    assert (await run("export", database_url=empty_url)).stdout == "[]\n"


async def test_the_examples_go_in_come_out_and_go_in_again_unchanged(with_database: Run) -> None:
    first = await with_database("import", TYPES, PROJECTS_FILE)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "66 documents: 66 new, 0 changed, 0 equal\n"
    again = await with_database("import", TYPES, PROJECTS_FILE)
    assert again.stdout == "66 documents: 0 new, 0 changed, 66 equal\n"
    for form in ("json", "ndjson"):
        out = await with_database("export", "--format", form)
        assert (out.returncode, out.stderr) == (0, "")
        back = await with_database("import", "-", given=out.stdout)
        assert back.stdout == "66 documents: 0 new, 0 changed, 66 equal\n"
        assert (await with_database("export", "--format", form)).stdout == out.stdout


async def test_a_bad_document_is_exit_code_1_told_on_standard_error_and_the_rest_is_in(
    with_database: Run, tmp_path: Path, database: Database
) -> None:
    documents = [
        make_document("a"),
        make_document("b", deadline="soon"),
        3,
        make_document("c"),
        make_document("a"),
    ]
    (tmp_path / "some.json").write_text(json.dumps(documents))
    done = await with_database("import", "some.json")
    assert done.returncode == 1
    assert done.stdout == "5 documents: 2 new, 0 changed, 0 equal, 1 superseded, 2 bad\n"
    assert done.stderr.splitlines() == [
        "some.json, document 1 (a): left out, document 5 has the same id and is later",
        'some.json, document 2 (b): deadline: "soon" is not a time such as 2026-01-31T12:00:00Z',
        "some.json, document 3: 3 is no JSON object",
    ]
    assert await _count(database) == 2


async def test_strict_leaves_everything_out(with_database: Run, database: Database) -> None:
    lines = f"{json.dumps(make_document('a'))}\n{{\n"
    done = await with_database("import", "--strict", "-", given=lines)
    assert done.returncode == 1
    assert done.stdout == "2 documents: 1 bad; nothing was written\n"
    assert done.stderr.startswith("standard input, document 2: the line is not JSON")
    assert await _count(database) == 0


async def test_an_import_killed_in_the_middle_leaves_whole_projects_and_can_be_run_again(
    with_database: Run, database: Database, tmp_path: Path
) -> None:
    lines = [
        json.dumps(make_document(f"p{number}", products=[{"skuId": "a"}])) for number in range(1500)
    ]
    (tmp_path / "many.ndjson").write_text("\n".join(lines))
    url = database.url.render_as_string(hide_password=False)
    process = await anyio.open_process(
        _command("import", "many.ndjson"), cwd=tmp_path, env=_environment(database_url=url)
    )
    async with process:
        with anyio.fail_after(90):
            while not await _count(database):  # noqa: ASYNC110
                await anyio.sleep(0.005)
        process.kill()
    count = await _count(database)
    assert 0 < count < 1500
    assert count % 200 == 0
    done = await with_database("import", "many.ndjson")
    assert done.stdout == f"1,500 documents: {1500 - count:,} new, 0 changed, {count:,} equal\n"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_seed_makes_the_same_projects_for_the_same_number(with_database: Run) -> None:
    first = await with_database("seed", "--projects", "30")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "36 documents: 36 new, 0 changed, 0 equal\n"
    assert (
        await with_database("seed", "--projects", "30")
    ).stdout == "36 documents: 0 new, 0 changed, 36 equal\n"
    other = await with_database("seed", "--projects", "30", "--random-seed", "2")
    assert other.stdout == "36 documents: 0 new, 29 changed, 7 equal\n"
    found = loads((await with_database("export")).stdout)
    assert len(found) == 36
    assert "project-123" in [document.get("id") for document in found]


async def test_whoever_stops_reading_an_export_sees_no_traceback(
    with_database: Run, database: Database
) -> None:
    await with_database("seed", "--projects", "60")
    url = database.url.render_as_string(hide_password=False)
    command = " ".join(_command("export")) + " | head -c 100"
    done = await anyio.run_process(
        ["bash", "-c", command], env=_environment(database_url=url), check=True
    )
    assert len(done.stdout) == 100
    assert done.stderr == b""


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_there_is_a_bar_on_a_terminal(with_database: Run, database: Database) -> None:
    leader, follower = pty.openpty()
    url = database.url.render_as_string(hide_password=False)
    done = await anyio.run_process(
        _command("seed", "--projects", "5"),
        env=_environment(database_url=url) | {"TERM": "xterm", "COLUMNS": "80"},
        stderr=follower,
    )
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    assert done.stdout == b"11 documents: 11 new, 0 changed, 0 equal\n"
    assert "Making projects" in shown
    assert "11/11" in shown


def test_elsewhere_there_are_plain_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from projectgate import progress

    with progress.Progress("Importing") as told:
        told(1, 5000)
        monkeypatch.setattr(progress, "INTERVAL", 0)
        told(2000, 5000)
        told.line("a line")
    assert capsys.readouterr() == ("", "Importing: 2,000 of 5,000\na line\n")


# Schema


def test_schema_print_is_the_schema(run_here: Callable[..., Result]) -> None:
    assert run_here("schema", "print").stdout == sdl()


def test_schema_check_lists_what_breaks(run_here: Callable[..., Result], tmp_path: Path) -> None:
    known = tmp_path / "known.graphql"
    known.write_text(sdl())
    same = run_here("schema", "check", "known.graphql")
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "Nothing breaks.\n")
    known.write_text(sdl().replace("type Viewer {", "type Viewer {\n  shoeSize: Int\n"))
    done = run_here("schema", "check", "known.graphql")
    assert done.exit_code == 1
    assert done.stdout == "FIELD_REMOVED: Field Viewer.shoeSize was removed.\n"
    assert done.stderr == "1 breaking change\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("type {", "Syntax Error: Expected Name, found '{'. (line 1, column 6)"),
        (
            "ann:x:1000:secret\nbob:y:1001:secret\n",
            "Syntax Error: Unexpected Name 'ann'. (line 1, column 1)",
        ),
        ("type A { b: C }", "Unknown type 'C'."),
        ("type A { b: C }\ntype B { a: D }", "Unknown type 'C'."),
        ("\ud800", ""),
    ],
)
def test_schema_check_of_something_else_is_exit_code_2_and_one_line(
    run_here: Callable[..., Result], tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "other.graphql").write_text(text, encoding="utf-8", errors="surrogatepass")
    done = run_here("schema", "check", "other.graphql")
    assert done.exit_code == 2
    ours = f"is not a GraphQL schema: {said}" if said else "is not UTF-8"
    assert done.stderr.startswith(f"projectgate: other.graphql {ours}")
    assert done.stderr.index("\n") == len(done.stderr) - 1
    assert "secret" not in done.stderr


# Plans

DOCUMENT = """query Asked($v: Boolean!) { project(id: "project-123") { name version @include(if: $v) } }
query Who { viewer { name } }
query Types { __schema { queryType { name } } }
"""


@pytest.fixture
def explain(run_here: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    """Explains an operation of the document, or of another one."""

    def explain(*arguments: str, text: str | bytes = DOCUMENT) -> Result:
        content = text.encode() if isinstance(text, str) else text
        (tmp_path / "some.graphql").write_bytes(content)
        return run_here("explain", "some.graphql", *arguments)

    return explain


@pytest.mark.parametrize(("value", "read"), [("true", "name, version"), ("false", "name")])
def test_explain_shows_the_plan_for_the_values_of_the_variables(
    explain: Callable[..., Result], value: str, read: str
) -> None:
    done = explain("--operation", "Asked", "--variables", f'{{"v": {value}}}')
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"# query Asked: compiled\n# reads of Project: {read}\n\ndef ")
    assert ("'version': v" in done.stdout) == (value == "true")
    compile(done.stdout, "plan", "exec")


def test_explain_shows_the_operation_that_is_named(explain: Callable[..., Result]) -> None:
    done = explain("--operation", "Who")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("# query Who: compiled\n# reads of Viewer: name\n")


def test_explain_tells_why_an_operation_has_no_plan(explain: Callable[..., Result]) -> None:
    done = explain("--operation", "Types")
    said = "# query Types: not compiled but executed by graphql-core: the field __schema\n"
    assert (done.exit_code, done.stdout, done.stderr) == (0, said, "")


async def test_explain_reads_standard_input(run: Run, explain: Callable[..., Result]) -> None:
    done = await run("explain", "-", "--operation", "Who", given=DOCUMENT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == explain("--operation", "Who").stdout
    bad = await run("explain", "-", given="{ nothing }")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == (
        "projectgate: standard input cannot be executed: Cannot query field 'nothing' on type 'Query'. "
        "(line 1, column 3)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        ([], DOCUMENT, "Must provide operation name if query contains multiple operations."),
        (["--operation", "Nobody"], DOCUMENT, "Unknown operation named 'Nobody'."),
        (
            ["--operation", "Asked"],
            DOCUMENT,
            "Variable '$v' has invalid value: Expected a value of non-null type 'Boolean!' to be provided. "
            "(line 1, column 13)",
        ),
        (
            ["--operation", "Asked", "--variables", '{"v": 3}'],
            DOCUMENT,
            "Variable '$v' has invalid value: Boolean cannot represent a non boolean value: 3 "
            "(line 1, column 13)",
        ),
        (
            [],
            "{ viewer {\n  nme } }",
            "Cannot query field 'nme' on type 'Viewer'. Did you mean 'name'? (line 2, column 3)",
        ),
        (
            [],
            "{ viewer { a: name a: subject } }",
            "Fields 'a' conflict because 'name' and 'subject' are different fields. Use different aliases on the "
            "fields to fetch both if this was intentional. (line 1, column 12; line 1, column 20)",
        ),
        ([], "{ viewer {", "Syntax Error: Expected Name, found <EOF>. (line 1, column 11)"),
        (
            [],
            "{ viewer { } }",
            "Syntax Error: Expected Name, found '}': a selection names one field at least. (line 1, column 12)",
        ),
        ([], "", "Syntax Error: Unexpected <EOF>. (line 1, column 1)"),
        ([], "{ a " * 5000, "Syntax Error: Document is nested too deeply."),
    ],
)
def test_explain_of_what_cannot_be_executed_is_one_line_that_says_why_and_where(
    explain: Callable[..., Result], arguments: list[str], text: str, said: str
) -> None:
    done = explain(*arguments, text=text)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"projectgate: some.graphql cannot be executed: {said}")
    assert done.stderr.index("\n") == len(done.stderr) - 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--variables", "{"], "--variables is not JSON: "),
        (["--variables", "[1]"], "--variables must be a JSON object, such as "),
        (["--variables", '{"v": NaN}'], "--variables is not JSON: "),
    ],
)
def test_explain_with_variables_that_are_no_object_is_one_line(
    explain: Callable[..., Result], arguments: list[str], said: str
) -> None:
    done = explain("--operation", "Asked", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"projectgate: {said}")
    assert done.stderr.count("\n") == 1


def test_explain_of_what_is_no_text_or_not_there_is_one_line(
    explain: Callable[..., Result], run_here: Callable[..., Result]
) -> None:
    done = explain(text=b"{ viewer \xff }")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "projectgate: some.graphql is not UTF-8\n"
    gone = run_here("explain", "none.graphql")
    assert (gone.exit_code, gone.stdout) == (2, "")
    assert gone.stderr == "projectgate: none.graphql: No such file or directory\n"


# Tokens


@pytest.mark.parametrize("role", [READ, ADMIN])
def test_a_token_says_what_was_asked_for(run_here: Callable[..., Result], role: str) -> None:
    settings = {"jwt_secret": SECRET, "jwt_issuer": "us", "jwt_audience": "gate"}
    arguments = ["--role", role, "--store", "a", "--store", "b", "--ttl", "2h", "--subject", "kari"]
    done = run_here("token", *arguments, **settings)
    claims = jwt.decode(done.stdout.strip(), SECRET, ["HS256"], issuer="us", audience="gate")
    assert (claims["sub"], claims["roles"], claims["stores"]) == ("kari", [role], ["a", "b"])
    assert claims["exp"] - claims["iat"] == 7200


def test_a_token_without_stores_is_for_all(run_here: Callable[..., Result]) -> None:
    done = run_here("token", "--role", ADMIN, jwt_secret=SECRET)
    assert "stores" not in jwt.decode(done.stdout.strip(), SECRET, ["HS256"])


# The server


@contextmanager
def _served(folder: Path, *arguments: str, **settings: str) -> Iterator[dict[str, str]]:
    """What a server on a free port prints when it answers; it is told to stop at the end, and must."""
    with subprocess.Popen(
        _command("serve", "--port", "0", *arguments),
        cwd=folder,
        env=_environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            count = 3 if "--demo" in arguments else 1
            pairs = [server.stdout.readline().split() for _ in range(count)]
            yield {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
        finally:
            server.terminate()
        assert server.wait(timeout=20) in (0, -signal.SIGTERM)


def _ask(lines: dict[str, str], token: str, query: str) -> Any:
    request = urllib.request.Request(
        lines["GraphQL"],
        data=json.dumps({"query": query}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["data"]


CLAIM = '{ searchProjects { totalHits } project(id: "project-123") { name version products { skuId } } }'


def test_a_demo_is_seeded_once_and_its_token_is_the_one_that_is_accepted(
    tmp_path: Path, run_here: Callable[..., Result]
) -> None:
    for _ in range(2):
        with _served(tmp_path, "--demo") as lines:
            assert list(lines) == ["Explorer", "GraphQL", "Token"]
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", lines["Explorer"])
            assert lines["GraphQL"] == lines["Explorer"] + "graphql"
            with urllib.request.urlopen(lines["Explorer"], timeout=10) as page:
                assert page.status == 200
            assert _ask(lines, lines["Token"], CLAIM) == {
                "searchProjects": {"totalHits": 300},
                "project": {
                    "name": "Claim for order 10234",
                    "version": 1,
                    "products": [{"skuId": "SKU-001"}, {"skuId": "SKU-002"}],
                },
            }
            taken = run_here("serve", "--demo", "--port", lines["Explorer"][:-1].rpartition(":")[2])
            assert (taken.exit_code, taken.stdout) == (2, "")
            assert "cannot be used: Address already in use; choose another one" in taken.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["projectgate-demo.sqlite"]


async def test_a_server_takes_the_tokens_of_its_secret(
    with_database: Run, database: Database, tmp_path: Path
) -> None:
    await with_database("import", TYPES, PROJECTS_FILE)
    token = (await with_database("token", "--role", READ, jwt_secret=SECRET)).stdout.strip()
    url = database.url.render_as_string(hide_password=False)
    with _served(tmp_path, database_url=url, jwt_secret=SECRET) as lines:
        assert list(lines) == ["GraphQL"]
        assert _ask(lines, token, "{ searchProjects { totalHits } viewer { name } }") == {
            "searchProjects": {"totalHits": 60},
            "viewer": {"name": "command-line"},
        }


def test_a_server_listens_on_ipv6_when_asked_to(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with _served(tmp_path, "--demo", "--host", "::1") as lines:
        assert re.fullmatch(r"http://\[::1\]:\d+/", lines["Explorer"])

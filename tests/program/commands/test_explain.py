"""The plan of an operation as a command shows it, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.program.commands.conftest import Run

pytestmark = pytest.mark.anyio

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

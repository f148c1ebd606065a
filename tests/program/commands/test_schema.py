"""The schema printed, and checked for what it breaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from projectgate.schema.build import sdl


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

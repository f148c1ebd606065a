"""schema.graphql is the schema: whoever changes the contract changes the file, and reviews it."""

from __future__ import annotations

from pathlib import Path

from projectgate.schema.build import sdl

FILE = Path(__file__).parents[1] / "schema" / "schema.graphql"


def test_the_checked_in_schema_is_the_one_the_code_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == sdl(), "run `make schema`, and read what changed"

"""The documents in tests/queries: what they cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from projectgate.data.database import Database
from tests.conftest import recorded
from tests.make.documents import make_full_document, store_documents

pytestmark = pytest.mark.anyio

Read = Callable[..., Awaitable[Any]]

FOLDER = Path(__file__).parents[1] / "queries"


@pytest.mark.parametrize(
    ("name", "variables", "statements"),
    [
        ("page", {}, 4),
        ("page", {"first": 1}, 4),
        ("one", {"id": "project-7"}, 4),
        ("flat", {}, 1),
        ("flat", {"first": 1}, 1),
    ],
)
async def test_a_document_costs_a_fixed_number_of_statements(
    database: Database, read: Read, name: str, variables: dict[str, Any], statements: int
) -> None:
    documents = [make_full_document(f"project-{place}") for place in range(25)]
    await store_documents(database, documents)
    text = (FOLDER / f"{name}.graphql").read_text(encoding="utf-8")

    with recorded(database) as sent:
        data = await read(text, **variables)

    # PostgreSQL reads the lists of a level by one statement, and those of the only object along with it.
    joined = {"page": 2, "one": 1} if database.dialect == "postgresql" else {}
    assert len(sent) == joined.get(name, statements)
    found = [data["project"]] if name == "one" else data["projects"]["nodes"]
    assert (
        len(found)
        == {"page": variables.get("first", 20), "one": 1, "flat": variables.get("first", 25)}[name]
    )
    if name != "flat":
        assert all(
            len(project[list_name]) == 2
            for project in found
            for list_name in ("products", "partners", "transactions")
        )

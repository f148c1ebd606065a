"""Lists in conditions walk an index: on SQLite, where a condition compared with 1 would read the whole table."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import and_, not_, or_, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ColumnElement

from projectgate.data.access import in_stores
from projectgate.data.among import among
from projectgate.data.database import Database
from projectgate.data.products import PRODUCTS
from projectgate.data.projects import PROJECTS
from tests.conftest import recorded
from tests.make.documents import make_full_document, store_documents

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nested_rows_are_searched_for_and_not_scanned(
    database: Database, tmp_path: Path
) -> None:
    await store_documents(database, [make_full_document(f"project-{place}") for place in range(9)])
    with recorded(database) as sent:
        found = await PRODUCTS.by_project(database, ["project-1", "project-7"])
    assert set(found) == {"project-1", "project-7"}
    (text,) = sent
    assert " = 1" not in text


@pytest.mark.parametrize(
    "condition",
    [
        among(PROJECTS.c.id, ["a", "b"]),
        and_(among(PROJECTS.c.id, ["a", "b"]), PROJECTS.c.status == "New"),
        or_(among(PROJECTS.c.store_id, ["a"]), among(PROJECTS.c.id, ["b"])),
        in_stores(["a", "b"]),
    ],
)
def test_a_list_is_compared_with_nothing(condition: ColumnElement[bool]) -> None:
    text = str(select(PROJECTS.c.id).where(condition).compile(dialect=sqlite.dialect()))
    assert " = 1" not in text
    assert " IN " in text


def test_none_of_a_list_is_still_none_of_it() -> None:
    text = str(
        select(PROJECTS.c.id)
        .where(not_(among(PROJECTS.c.id, ["a"])))
        .compile(dialect=sqlite.dialect())
    )
    assert " = 0" in text or "NOT" in text

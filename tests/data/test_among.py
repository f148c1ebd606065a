"""Lists in conditions walk an index: on SQLite, where a condition compared with 1 would read the whole table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from random import Random

import pytest
from sqlalchemy import ARRAY, Text, and_, bindparam, cast, not_, or_, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ColumnElement

from projectgate.data.access import in_stores
from projectgate.data.among import Listed, among
from projectgate.data.compiled import Statement
from projectgate.data.database import Database
from projectgate.data.products import PRODUCTS
from projectgate.data.projects import PROJECTS
from tests.conftest import recorded
from tests.make.documents import make_full_document, store_documents

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nested_rows_are_searched_for_and_not_scanned(database: Database) -> None:
    await store_documents(database, [make_full_document(f"project-{place}") for place in range(9)])
    ids = ["project-1", "project-7"]
    with recorded(database) as sent:
        found = await PRODUCTS.by_project(database, ids)
    assert set(found) == set(ids)
    (text,) = sent
    with closing(sqlite3.connect(str(database.url.database))) as connection:
        steps = connection.execute(f"explain query plan {text}", ids).fetchall()
    assert [step[-1].split()[0] for step in steps] == ["SEARCH"]


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


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_list_of_any_texts_is_the_same_list_in_the_database(database: Database) -> None:
    listed = cast(bindparam("given", type_=Listed()), Text)
    statement = Statement(select(cast(listed, ARRAY(Text))))
    random = Random(1)
    parts = ['"', "\\", ",", "{", "}", "NULL", " ", "\n", "\x1f", "é", "😀", "a", ""]
    lists = [[], [""], ["NULL"], ["{}"], ['"'], ["\\"], ['","'], ['a"', '\\",b']]
    lists += [
        [
            "".join(random.choices(parts, k=random.randint(0, 4)))
            for _ in range(random.randint(1, 9))
        ]
        for _ in range(300)
    ]
    for given in lists:
        ((found,),) = await database.run(statement, {"given": given})
        assert found == given


async def test_what_is_not_in_a_list_is_all_the_rest(database: Database) -> None:
    await store_documents(database, [make_full_document(f"project-{place}") for place in range(4)])
    others = not_(among(PROJECTS.c.id, ["project-1", "project-2", "none"]))
    rows = await database.run(select(PROJECTS.c.id).where(others).order_by(PROJECTS.c.id))
    assert [row.id for row in rows] == ["project-0", "project-3"]

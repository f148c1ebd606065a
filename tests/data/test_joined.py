"""Reads that are sent together give the rows that each gives by itself, value for value."""

from __future__ import annotations

import itertools
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from projectgate.data.base import LAST
from projectgate.data.collections import Collection
from projectgate.data.compiled import Read, Statement
from projectgate.data.database import Database
from projectgate.data.graphs import COLLECTIONS
from projectgate.data.hearing import STATEMENTS, Heard
from projectgate.data.joined import sent_joined
from projectgate.data.products import PRODUCTS
from projectgate.data.projects import PROJECTS
from projectgate.data.reads import Reads
from projectgate.data.rows import Lines
from projectgate.data.transactions import TRANSACTIONS
from tests.conftest import recorded
from tests.make.documents import make_document, make_full_document, store_documents
from tests.make.projects import many_projects, store

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["postgresql"])]

# What a reader that is not exact loses: the largest and smallest amounts and moments, numbers beyond a double.
EXTREMES = make_document(
    "extremes",
    products=[{"id": "line", "skuId": '\\ " \u2028 ø 𝄞', "quantity": 0, "unknown": [1e22, None]}],
    transactions=[
        {
            "id": "amounts",
            "revenue": Decimal(10) ** 17 - Decimal("0.01"),
            "cost": Decimal("-0.0000000001"),
            "created": "0001-01-02T00:00:00.000001Z",
        },
        {"id": "moments", "cost": Decimal("1.50"), "created": LAST.isoformat(), "more": {"a": 0.1}},
    ],
)


@pytest.fixture
async def ids(database: Database) -> list[str]:
    """The projects of a database that has many of each kind."""
    projects = many_projects()
    await store(database, projects)
    await store_documents(database, [EXTREMES, make_full_document("full")])
    return ["extremes", "full", *(project.id for project in projects)]


def told(row: Any) -> Any:
    """A row with the types of its values, the digits of its decimals, and all its names."""
    layout = getattr(type(row), "__layout__", None)
    names = layout or row._fields
    return layout, [(name, type(getattr(row, name)), repr(getattr(row, name))) for name in names]


def some_of(random: Random, ids: list[str]) -> list[str]:
    """Some projects, or none."""
    return random.sample(ids, random.randint(0, 5)) + random.choice([[], ["extremes"], ["full"]])


def a_read(random: Random, of: list[str]) -> Read:
    """The read of some columns of some projects; what is used is not only answered."""
    collection: Collection[Any] = random.choice(COLLECTIONS)

    def some() -> frozenset[str]:
        return frozenset(
            random.sample(collection.columns, random.randint(0, len(collection.columns)))
        )

    read = random.choice([None, Reads(some(), some()), Reads(some(), frozenset())])
    if "level" in collection.keys and random.random() < 0.7:
        return collection.reading_level(of, random.choice(["project", "part", "order"]), read)
    return collection.reading(of, read)


async def test_rows_of_joined_reads_are_those_of_each_by_itself(
    database: Database, ids: list[str]
) -> None:
    random, rows = Random(1), 0
    for turn in range(150):
        # Of the same projects in each other turn.
        same = some_of(random, ids)
        reads = [
            a_read(random, same if turn % 2 else some_of(random, ids))
            for _ in range(random.randint(1, 6))
        ]
        with recorded(database) as sent:
            joined = await database.run_joined(reads)
        assert len(sent) == 1
        alone = [await database.run(*read) for read in reads]
        assert [list(map(told, found)) for found in joined] == [
            list(map(told, found)) for found in alone
        ]
        rows += sum(map(len, alone))
    assert rows > 1000


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda one: one.table.name)
async def test_every_collection_can_be_joined(
    database: Database, ids: list[str], collection: Collection[Any]
) -> None:
    reads = [collection.reading(["full"]), PRODUCTS.reading(["full"])]
    joined = await database.run_joined(reads)
    alone = [await database.run(*read) for read in reads]
    assert [list(map(told, found)) for found in joined] == [
        list(map(told, found)) for found in alone
    ]
    assert len(joined[1]) == 2


async def test_no_read_costs_nothing(database: Database) -> None:
    with recorded(database) as sent:
        assert await database.run_joined([]) == []
    assert sent == []


async def test_a_joined_read_tells_the_rows_of_all(database: Database, ids: list[str]) -> None:
    heard: list[Heard] = []
    with STATEMENTS.heard_by(heard.append):
        found = await database.run_joined([PRODUCTS.reading(ids), TRANSACTIONS.reading(ids)])
    (statement,) = heard
    assert statement.rows == sum(map(len, found)) > 10


@pytest.mark.parametrize("count", [1, 2])
async def test_the_projects_that_all_reads_are_of_are_sent_once(
    database: Database, ids: list[str], count: int
) -> None:
    of = ids[:count]
    heard: list[Heard] = []
    with STATEMENTS.heard_by(heard.append):
        for others in (of, ids[1 : 1 + count]):
            await database.run_joined(
                [PRODUCTS.reading(of), TRANSACTIONS.reading_level(others, "part")]
            )
    sent = "extremes" if count == 1 else '{"extremes","full"}'
    assert list(heard[0].values) == [sent, "part"]
    assert list(heard[1].values)[::2] == [sent, "part"]
    assert len(heard[1].values) == 3


async def test_rows_have_the_same_class_whatever_they_are_read_with(
    database: Database, ids: list[str]
) -> None:
    """A plan keeps functions for few classes: it would make them anew for each read."""
    read, others = Reads(frozenset({"id", "name"}), frozenset()), PRODUCTS.reading(ids)
    kinds = set()
    for of, beside in itertools.product((ids, ids[:1], ids[:2]), ((), (others,), (others, others))):
        joined = await database.run_joined(
            [*beside, PRODUCTS.reading(of, read), TRANSACTIONS.reading(of)]
        )
        lines = joined[len(beside)]
        assert isinstance(lines, Lines)
        assert list(lines) == list(map(tuple, await database.run(*PRODUCTS.reading(of, read))))
        kinds.add(lines.kind)
    assert len(kinds) == 1
    assert kinds != {None}


async def test_values_that_a_statement_has_itself_are_sent_with_those_that_it_is_given(
    database: Database, ids: list[str]
) -> None:
    table = PRODUCTS.table
    own = Statement(
        select(table.c.id).where(table.c.project_id == bindparam("id"), table.c.position == 1)
    )
    read = own, {"id": "full"}
    (alone,) = await database.run(*read)
    for rows in await database.run_joined([read, read]):
        assert list(rows) == [alone]


async def test_the_text_of_reads_is_made_when_they_are_first_read_together(
    database: Database,
) -> None:
    forms = [["a"], ["a", "b"], ["c"], ["c", "d"]]
    answers = [
        sent_joined(database._dialect, [PRODUCTS.reading(of), TRANSACTIONS.reading(of)]).answer
        for of in forms
    ]
    assert answers[0] is answers[2] is not answers[1] is answers[3]


async def test_a_statement_whose_text_depends_on_its_values_is_not_joined(
    database: Database,
) -> None:
    listed = select(PROJECTS.c.id).where(PROJECTS.c.id.in_(bindparam("ids", expanding=True)))
    reads: list[Read] = [(Statement(listed), {"ids": ["full"]}), PRODUCTS.reading(["full"])]
    with pytest.raises(TypeError, match="is run by itself"):
        await database.run_joined(reads)

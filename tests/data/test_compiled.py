"""Text on the driver gives what SQLAlchemy's own execution gives, value for value."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

import pytest
from sqlalchemy import (
    Executable,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.exc import InvalidRequestError

from projectgate.data import access, conditions, projects, search, versions
from projectgate.data.among import among
from projectgate.data.base import METADATA
from projectgate.data.compiled import Statement, sent
from projectgate.data.database import Database
from projectgate.data.feed import FEED
from projectgate.data.filters import FormEntryFilter, ProjectFilter, TagFilter
from projectgate.data.form_data import FORM_DATA
from projectgate.data.partners import PARTNERS
from projectgate.data.products import PRODUCTS
from projectgate.data.projects import PROJECTS, Project, ProjectRow
from projectgate.data.reads import Reads
from projectgate.data.search import Order, Position, ProjectSortOrder, Slice
from projectgate.data.sums import ExactSum
from projectgate.data.transactions import TRANSACTIONS
from projectgate.data.workflow_steps import WORKFLOW_STEPS
from tests.conftest import recorded, statements
from tests.make.plain import plain
from tests.make.projects import NOON, make_project, store

pytestmark = pytest.mark.anyio


def samples(database: Database) -> Iterator[Executable]:
    """Statements of every form that the program has."""
    for table in METADATA.sorted_tables:
        if table.name != "project_text":
            yield select(table).order_by(*table.primary_key.columns)
    id_, money = PROJECTS.c.id, TRANSACTIONS.table.c
    for ids in ([], ["p1"], ["p1", "p2", "p3"], [f"p{n}" for n in range(200)]):
        yield select(id_, PROJECTS.c.project_value).where(id_.in_(ids)).order_by(id_)
        yield select(id_, PROJECTS.c.project_value).where(among(id_, ids)).order_by(id_)
        yield select(id_).where(id_.not_in(ids)).order_by(id_)
    entry = FORM_DATA.table.c
    for pairs in ([("color", "red")], [("color", "red"), ("size", "L"), ("size", None)]):
        yield select(entry.project_id).where(tuple_(entry.key, entry.value).in_(pairs))
    yield select(func.count(), func.max(PROJECTS.c.created), func.min(PROJECTS.c.deadline))
    yield select(*(ExactSum(money[name]) for name in ("revenue", "cost"))).group_by(money.level)
    yield select(case((PROJECTS.c.version == 1, PROJECTS.c.created)), null(), literal(True))
    yield select(id_.label("a"), id_.label("b"), PROJECTS.c.version + 1).order_by(id_).limit(3)
    yield text("select id, version, name as other from project order by id")
    yield text("select id from project where id > :id order by id").bindparams(id="p5")
    filters = [
        ProjectFilter(statuses=["Active", "OnHold"], active=True),
        ProjectFilter(tags=TagFilter(any=["vip"], all=["vip", "a"], none=["b"])),
        ProjectFilter(form_entries=[FormEntryFilter("color", "red"), FormEntryFilter("size")]),
        ProjectFilter(not_=ProjectFilter(is_urgent=True), store_ids=["store-oslo"]),
    ]
    for wanted in filters:
        where = conditions.condition(wanted, database.dialect, NOON) & access.visible(
            ["store-oslo"]
        )
        for order in map(Order.of, (None, *ProjectSortOrder)):
            yield search.statement(where, order, Slice(5, offset=1))


async def test_rows_are_those_of_sqlalchemy_in_value_and_type(
    filled: tuple[Database, list[Project]],
) -> None:
    database, _ = filled
    compared = 0
    async with database.engine.connect() as connection:
        for statement in samples(database):
            for _ in range(2):
                found = await database.run(statement)
                expected = (await connection.execute(statement)).all()
                if not isinstance(statement, type(text(""))):
                    # Without types SQLAlchemy gives what the driver gives, which is not the same as ours.
                    assert plain(list(map(tuple, found))) == plain(list(map(tuple, expected)))
                assert [row._fields for row in found][:1] == [row._fields for row in expected][:1]
                assert [row[0] for row in found] == [row[0] for row in expected]
            compared += len(found)
    assert compared > 1000


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_what_rows_of_postgresql_say_of_themselves_is_so(
    filled: tuple[Database, list[Project]],
) -> None:
    """They are unpacked, and what they call a text or a moment in UTC is answered without a look."""
    database, there = filled
    ids = [project.id for project in there]
    vouched: Counter[type] = Counter()
    for collection in (PRODUCTS, TRANSACTIONS, FORM_DATA, PARTNERS, WORKFLOW_STEPS):
        read = Reads(frozenset(collection.columns), frozenset())
        for row in chain.from_iterable((await collection.by_project(database, ids, read)).values()):
            layout = type(row).__layout__
            assert sorted(place.number for place in layout.values()) == list(range(len(row)))
            for name, place in layout.items():
                assert getattr(row, name) is row[place.number]
                value = row[place.number]
                if place.holds is not None and value is not None:
                    assert type(value) is place.holds
                    assert place.holds is str or value.tzinfo is UTC
                    vouched[place.holds] += 1
            texts = {name for name, place in layout.items() if place.holds is str}
            assert {"project_id", "id"} & set(layout) <= texts
            assert not {"created", "extra", "position", "is_active"} & texts
    assert vouched[str] > 500
    assert vouched[datetime] > 5
    found = await projects.by_id(
        database, ids, true(), Reads(frozenset({"id", "name"}), frozenset())
    )
    layout = type(found[ids[0]]).__layout__  # type: ignore[attr-defined]
    assert layout == {"id": (0, str), "key": (0, str), "name": (1, str)}


async def test_a_list_gives_each_row_once_however_long_it_is(
    filled: tuple[Database, list[Project]],
) -> None:
    """Its text is one of few, so that a database prepares few."""
    database, there = filled
    ids = [project.id for project in there]
    with recorded(database) as sent_texts:
        for length in range(len(ids) + 1):
            found = await projects.by_id(database, ids[:length], true())
            assert list(found) == sorted(ids[:length], key=list(found).index)
            assert set(found) == set(ids[:length])
            by_project = await PRODUCTS.by_project(database, ids[:length] + ids[:2])
            expected = {one.id: len(one.products or ()) for one in there[: max(length, 2)]}
            assert {key: len(rows) for key, rows in by_project.items()} == {
                key: count for key, count in expected.items() if count
            }
    assert len(set(sent_texts)) <= {"sqlite": 2 * 10, "postgresql": 2}[database.dialect]


async def test_a_list_may_be_longer_than_any_that_is_padded(database: Database) -> None:
    await store(database, [make_project(id="p7")])
    ids = [f"p{n}" for n in range(20_000)]
    assert list(await projects.by_id(database, ids, true())) == ["p7"]
    rows = await database.run(select(PROJECTS.c.id).where(PROJECTS.c.id.in_(ids)))
    assert rows == [("p7",)]


async def test_statements_that_differ_in_values_only_share_a_text_and_not_a_value(
    database: Database,
) -> None:
    await store(database, [make_project(id=f"p{n}", name=f"name {n}") for n in range(5)])

    async def read(number: int) -> None:
        statement = select(PROJECTS.c.name).where(
            PROJECTS.c.id == f"p{number}", PROJECTS.c.version > number - number
        )
        for _ in range(3):
            assert await database.run(statement) == [(f"name {number}",)]

    with statements(database) as heard:
        await asyncio.gather(*map(read, range(5)))
    assert len({statement for statement, _ in heard}) == 1
    assert {values for _, values in heard} == {(f"p{n}", 0) for n in range(5)}


async def test_a_statement_made_once_takes_values_by_name(database: Database) -> None:
    await store(database, [make_project(id="p1"), make_project(id="p2")])
    wanted = Statement(
        select(PROJECTS).where(PROJECTS.c.id == bindparam("wanted"), PROJECTS.c.version == 1),
        ProjectRow.of,
    )
    ((row),) = await database.run(wanted, {"wanted": "p2", "unused": 1})
    assert isinstance(row, ProjectRow)
    assert (row.id, row.key, row.version) == ("p2", "p2", 1)
    with pytest.raises(KeyError):
        await database.run(wanted, {})
    by_call = select(PROJECTS).where(PROJECTS.c.id == bindparam("wanted"))
    with pytest.raises(InvalidRequestError):
        await database.run(by_call, {})


async def test_a_write_runs_for_each_of_a_list_of_values(database: Database) -> None:
    await store(database, [make_project(id=f"p{n}") for n in range(3)])
    by_call = (
        update(PROJECTS).where(PROJECTS.c.id == bindparam("of_id")).values(name=bindparam("to"))
    )
    async with database.transaction() as transaction:
        for statement in (by_call, Statement(by_call)):
            for count in (0, 1, 3):
                rows = [{"of_id": f"p{n}", "to": f"{count} {n}"} for n in range(count)]
                if rows:
                    assert await transaction.run(statement, rows) == []
        assert [row.name for row in await transaction.run(_NAMES)] == ["3 0", "3 1", "3 2"]
        for write in (insert(FEED), Statement(insert(FEED))):
            with pytest.raises(ValueError, match="the same names"):
                await transaction.run(write, [{"id": 2, "last": 1}, {"id": 3}])


_NAMES = select(PROJECTS.c.name).order_by(PROJECTS.c.id)


@pytest.mark.parametrize("backward", [False, True])
async def test_a_page_of_all_projects_has_one_text_for_each_form_of_a_slice(
    filled: tuple[Database, list[Project]], backward: bool
) -> None:
    database, _ = filled
    order = Order.of(ProjectSortOrder.PROJECT_DEADLINE_DESCENDING)
    rows = await search.page(database, true(), order, Slice(500))
    with recorded(database) as sent_texts:
        for start in range(0, len(rows), 7):
            after = order.position(rows[start])
            found = await search.page(
                database, true(), order, Slice(start + 1, after=after, backward=backward)
            )
            rest = rows[start + 1 :]
            assert found == (rest[-start - 1 :] if backward else rest[: start + 1])
    # After a row with the key, and after one without.
    assert len(set(sent_texts)) == 2


async def test_rows_are_named_as_their_columns_are(database: Database) -> None:
    await store(database, [make_project(id="p1")])
    (row,) = await database.run(
        select(PROJECTS.c.id, func.count().label("found")).group_by(PROJECTS.c.id)
    )
    assert (row.id, row.found, tuple(row)) == ("p1", 1, ("p1", 1))
    (row,) = await database.run(text("select id, version as other from project"))
    assert (row.id, row.other) == ("p1", 1)
    assert await versions.newest(database, ["nobody"], 1, None) == {}


def test_the_text_of_a_position_has_no_value_of_it() -> None:
    """So that a database prepares it once."""
    database = Database("sqlite+aiosqlite:///:memory:")
    order = Order.of(ProjectSortOrder.CREATED_ASCENDING)
    texts = {
        sent(
            database._dialect,
            search.statement(true(), order, Slice(limit, after=Position(NOON, f"id {limit}"))),
        ).text
        for limit in (1, 2, 3)
    }
    assert len(texts) == 1

"""What is nested in objects is read by one statement a level on PostgreSQL, and fails and is told as batches are.

Where a plan knows what is read of the only project of an operation, the project is read by that statement too.
"""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from projectgate.data.database import Database
from projectgate.data.rows import Lines
from projectgate.data.transactions import PART, PROJECT
from projectgate.resolvers.access import READ, Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.hearing import BATCHES, Batch
from projectgate.resolvers.loaders import Loaders
from projectgate.resolvers.revisions import at_version
from tests.conftest import recorded
from tests.make.documents import make_full_document, store_documents
from tests.schema.conftest import READER, answered

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["postgresql"])]

NESTED = "products { id } partners { name } customer { id } transactions { value }"

KNOWN = "products { id } partners { name } transactions { id }"


@pytest.fixture
async def full(database: Database) -> Database:
    """A database with projects that have two of everything."""
    await store_documents(database, [make_full_document(f"project-{n}") for n in range(3)])
    return database


async def sent_for(database: Database, query: str) -> list[str]:
    """The statements that an operation sends."""
    with recorded(database) as sent:
        answer = await answered(Context(database, READER), query)
    assert answer.errors == []
    return sent


ASKED = [("products", ["project-1"]), ("partners", ["project-1"])]


@pytest.fixture(params=[True, False], ids=["joined", "each"])
def joined(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the database reads several lists by one statement."""
    joins: bool = request.param
    monkeypatch.setattr(Database, "joins", joins)
    return joins


@pytest.mark.parametrize(
    ("query", "statements"),
    [
        (f'{{ project(id: "project-1") {{ {NESTED} }} }}', 2),
        (
            f'{{ a: project(id: "project-1") {{ {NESTED} }} b: project(id: "none") {{ {NESTED} }} }}',
            2,
        ),
        (f'{{ project(id: "project-1") {{ name {KNOWN} }} }}', 1),
        (f'{{ project(id: "none") {{ name {KNOWN} }} }}', 1),
        (f'{{ p: project(id: "project-1") {{ {KNOWN} again: products {{ id }} }} }}', 1),
        (
            f'{{ a: project(id: "project-1") {{ {KNOWN} }} b: project(id: "none") {{ {KNOWN} }} }}',
            2,
        ),
        ('{ project(id: "project-1") { projectParts { tasks { id } transactions { id } } } }', 2),
        (f"{{ projects(first: 1) {{ nodes {{ {NESTED} }} }} }}", 2),
        (f"{{ projects {{ nodes {{ {NESTED} }} }} }}", 2),
    ],
)
async def test_how_many_statements_there_are_depends_on_the_document_only(
    full: Database, query: str, statements: int
) -> None:
    assert len(await sent_for(full, query)) == statements


async def test_a_plan_answers_lists_without_a_row_of_them(
    full: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0
    rows = Lines.__iter__

    def counted(lines: Lines) -> Iterator[Any]:
        nonlocal made
        made += 1
        return rows(lines)

    monkeypatch.setattr(Lines, "__iter__", counted)
    lists = "products { id name } partners { name id } transactions { id description }"
    owned = "tasks { id text } transactions { id cost }"
    query = f"{{ projects {{ nodes {{ id {lists} projectParts {{ id title {owned} }} }} }} }}"
    assert len(await sent_for(full, query)) == 3
    # The parts, in which lists are nested, and what is theirs.
    assert made == 3


async def test_a_project_that_is_read_with_what_is_nested_is_answered_as_ever(
    full: Database,
) -> None:
    alone = f'{{ project(id: "project-1") {{ id version created {KNOWN} }} }}'
    beside = f'{{ project(id: "project-1") {{ id version created {KNOWN} }} other: project(id: "none") {{ id }} }}'
    answers = [await answered(Context(full, READER), query) for query in (alone, beside)]
    assert answers[0].data["project"] == answers[1].data["project"]
    assert len(answers[0].data["project"]["products"]) == 2


async def test_who_sees_some_stores_gets_a_project_of_theirs_and_nothing_of_another(
    full: Database,
) -> None:
    query = f'{{ project(id: "project-1") {{ id {KNOWN} }} }}'
    theirs, others = (
        Caller("some", frozenset({READ}), frozenset({store})) for store in ("store-oslo", "store-x")
    )
    seen = await answered(Context(full, theirs), query)
    unseen = await answered(Context(full, others), query)
    assert seen.data["project"]["id"] == "project-1"
    assert unseen.data == {"project": None}


async def test_a_project_of_a_version_has_what_it_had_then(full: Database) -> None:
    query = f'{{ project(id: "project-1", atVersion: 1) {{ id {KNOWN} }} }}'
    answer = await answered(Context(full, READER), query)
    assert answer.errors == []
    assert len(answer.data["project"]["partners"]) == 2


async def test_each_batch_is_heard_though_one_statement_reads_them(full: Database) -> None:
    heard: list[Batch] = []
    with BATCHES.heard_by(heard.append):
        await sent_for(full, f'{{ project(id: "project-1") {{ {NESTED} }} }}')
    names = ["project", "products", "partners", "customer", "transactions"]
    assert [batch.loader for batch in heard] == names
    assert all(batch.ended is not None and batch.keys == 1 for batch in heard)


async def test_a_failure_is_raised_once_all_have_ended_and_what_failed_may_be_asked_again(
    full: Database, joined: bool
) -> None:
    loaders = Loaders(full, None)
    async with full.transaction() as transaction:
        await transaction.run(text("alter table project_partner rename to elsewhere"))
    heard: list[Batch] = []
    with BATCHES.heard_by(heard.append), pytest.raises(ProgrammingError):
        await loaders.together(ASKED)
    assert len(heard) == 2
    assert all(batch.ended is not None for batch in heard)
    async with full.transaction() as transaction:
        await transaction.run(text("alter table elsewhere rename to project_partner"))
    found = await loaders.together(ASKED)
    assert [len(rows) for (rows,) in found] == [2, 2]


async def test_what_a_failure_holds_goes_with_it(full: Database, joined: bool) -> None:
    """Its frames have the rows of all that was read beside it."""
    loaders = Loaders(full, None)
    async with full.transaction() as transaction:
        await transaction.run(text("alter table project_partner rename to elsewhere"))
    gc.collect()
    gc.disable()
    try:
        try:
            await loaders.together(ASKED)
        except ProgrammingError as error:
            raised = weakref.ref(error)
        # The loop tells that a task has ended once it has its turn.
        await asyncio.sleep(0)
        assert raised() is None
    finally:
        gc.enable()


async def test_what_was_read_together_is_not_read_again(full: Database, joined: bool) -> None:
    loaders = Loaders(full, None)
    with recorded(full) as sent:
        found = await loaders.together([*ASKED, ASKED[0]])
    assert len(sent) == (1 if joined else 2)
    assert found[0] == found[2]
    with recorded(full) as sent:
        assert await loaders.partners.load("project-1") == found[1][0]
        again = await loaders.together([("products", ["project-1", "project-2"])])
    assert again[0][0] == found[0][0]
    assert len(sent) == 1


async def test_projects_as_they_are_and_as_they_were_are_read_together(
    full: Database, joined: bool
) -> None:
    then = await at_version(full, "project-1", 1)
    of = ["project-2", then, "project-0"]
    owners = [(one, PROJECT, "") for one in of]
    parts = [
        (of[0], PART, "project-2-1"),
        (of[1], PART, "project-1-0"),
        (of[2], PART, "project-0-1"),
    ]
    with recorded(full) as sent:
        found = await Loaders(full, None).together(
            [("products", of), ("customer", of), ("transactions", owners), ("transactions", parts)]
        )
    assert len(sent) == (1 if joined else 4)
    products, customers, *transactions = found
    for lists in (products, *transactions):
        assert [[row[0] for row in rows] for rows in lists] == [[one, one] for one in of]
    assert [row[0] for row in customers] == of


async def test_who_asks_for_the_same_in_another_order_gets_it_in_that_order(
    full: Database, joined: bool
) -> None:
    one, two = "project-1", "project-2"
    asked = [
        (name, keys)
        for name in ("products", "partners")
        for keys in ([one, two], [two, one], [two], [two, one, two])
    ]
    found = await Loaders(full, None).together(asked)
    for (name, keys), lists in zip(asked, found, strict=True):
        assert [[row[0] for row in rows] for rows in lists] == [[key] * 2 for key in keys], name


async def test_of_several_parts_of_a_project_the_one_that_is_asked_for_has_its_own(
    full: Database, joined: bool
) -> None:
    of = [("project-1", PART, "project-1-1")]
    for (rows,) in await Loaders(full, None).together([("tasks", of), ("transactions", of)]):
        assert [row.owner_id for row in rows] == ["project-1-1"] * 2


async def lent(database: Database, connections: int) -> None:
    """Waits until so many connections are in use."""
    async with asyncio.timeout(10):
        while database.pool.in_use != connections:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


async def test_who_is_cancelled_leaves_nothing_running_and_every_connection(
    full: Database, joined: bool
) -> None:
    loaders = Loaders(full, None)
    async with full.transaction() as transaction:
        await transaction.run(text("lock table project_product, project_partner"))
        reading = asyncio.create_task(loaders.together(ASKED))
        await lent(full, 2 if joined else 3)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await lent(full, 1)
    assert [len(rows) for (rows,) in await loaders.together(ASKED)] == [2, 2]

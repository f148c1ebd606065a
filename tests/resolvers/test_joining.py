"""What is nested in one object is read by one statement on PostgreSQL, and fails and is told as batches are.

Where a plan knows what is read of the only project of an operation, the project is read by that statement too.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from projectgate.data.database import Database
from projectgate.resolvers.access import READ, Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.hearing import BATCHES, Batch
from projectgate.resolvers.loaders import Loaders
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


def asked(loaders: Loaders) -> list[Any]:
    """What two loaders are asked for and have not read yet."""
    return [
        getattr(loaders, name).load_all(["project-1"], soon=False)
        for name in ("products", "partners")
    ]


async def read(loaders: Loaders) -> None:
    """Has them read what they are asked for, together."""
    (reading,) = loaders.readings([loaders.products, loaders.partners])
    await reading


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
        # The lists of parts are below a list, and so are read by a statement each.
        ('{ project(id: "project-1") { projectParts { tasks { id } transactions { id } } } }', 3),
        (f"{{ projects(first: 1) {{ nodes {{ {NESTED} }} }} }}", 5),
        (f"{{ projects {{ nodes {{ {NESTED} }} }} }}", 5),
    ],
)
async def test_how_many_statements_there_are_depends_on_the_document_only(
    full: Database, query: str, statements: int
) -> None:
    assert len(await sent_for(full, query)) == statements


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


async def test_whoever_asked_is_told_of_a_failure_and_may_ask_again(full: Database) -> None:
    loaders = Loaders(full, None)
    async with full.transaction() as transaction:
        await transaction.run(text("alter table project_partner rename to elsewhere"))
    values = asked(loaders)
    await read(loaders)
    failed = await asyncio.gather(*values, return_exceptions=True)
    assert [type(error) for error in failed] == [ProgrammingError] * 2
    async with full.transaction() as transaction:
        await transaction.run(text("alter table elsewhere rename to project_partner"))
    values = asked(loaders)
    await read(loaders)
    assert [len(rows) for (rows,) in await asyncio.gather(*values)] == [2, 2]


async def test_who_no_longer_waits_is_no_harm_to_others(full: Database) -> None:
    loaders = Loaders(full, None)
    left, waited = asked(loaders)
    left.cancel()
    await read(loaders)
    assert len((await waited)[0]) == 2

"""An operation that takes longer than it may ends, in the database too; it is told so, and nothing is half-written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import strawberry
from sqlalchemy import text

from projectgate.app import create_app
from projectgate.data.database import Database
from tests.conftest import recorded
from tests.data.test_timeouts import RUNNING
from tests.make.connections import another, require_whole, slow
from tests.make.documents import make_full_document, store_documents
from tests.program.conftest import (
    JSON,
    bearer,
    is_refused,
    make_settings,
    message,
    open_client,
    run,
)

pytestmark = pytest.mark.anyio

NESTED = "{ projects { nodes { id products { id } partners { id } transactions { id } } } }"
# What graphql-core answers has a loader for each list, whose task is its own.
LOADED = NESTED.replace("{ projects", "{ __schema { queryType { name } } projects", 1)
ONE = NESTED.replace("projects { nodes", 'project(id: "project-1")').replace("} } }", "} }")
WRITE = """mutation ($key: String) {
  addProjectLogItem(input: { projectId: "project-0", text: "t", idempotencyKey: $key }) { changed userErrors { code } }
}"""


@strawberry.type
class Query:
    """Fields that take long."""

    @strawberry.field
    async def slow(self, info: strawberry.Info) -> int:
        await info.context.database.run(slow(info.context.database))
        return 1

    @strawberry.field
    async def idle(self) -> int:
        await asyncio.sleep(60)
        return 1


@asynccontextmanager
async def serving(
    database: Database, schema: Any = None, *, statement: float = 30, **changes: Any
) -> AsyncIterator[tuple[httpx2.AsyncClient, Database]]:
    """A client of an application, and the database that this has for itself."""
    async with another(database, timeout=statement) as own:
        app = create_app(make_settings(**changes), schema=schema, database=own)
        async with open_client(app, headers=bearer(roles=["ProjectAdmin"])) as client:
            yield client, own


@asynccontextmanager
async def locked(database: Database, what: str) -> AsyncIterator[None]:
    """Holds a lock of PostgreSQL while the block runs."""
    async with database.transaction() as transaction:
        await transaction.run(text(what))
        yield
        transaction.discard()


async def until_nothing_runs(database: Database, own: Database) -> None:
    """Waits until no statement runs; the lock that is held is a transaction at rest."""
    await require_whole(own)
    for _ in range(1000):
        if not await database.run(text(RUNNING.text + " and state <> 'idle in transaction'")):
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


@pytest.mark.parametrize("field", ["slow", "idle"])
async def test_an_operation_that_takes_too_long_is_stopped(database: Database, field: str) -> None:
    schema = strawberry.Schema(Query)
    async with serving(database, schema, operation_deadline=0.3) as (client, own):
        for accept in (JSON, "application/graphql-response+json"):
            response = await run(client, f"{{ {field} }}", accept)
            is_refused(response, 504, "DEADLINE_EXCEEDED")
            assert message(response) == (
                "the operation took longer than 0.3 s, the limit, and was stopped: ask for less at once, or try again "
                "later"
            )
        await require_whole(own)


async def test_an_operation_in_time_is_answered(database: Database) -> None:
    async with serving(database, operation_deadline=10) as (client, _):
        assert (await run(client, NESTED)).json()["data"] == {"projects": {"nodes": []}}


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with a few projects that have two of everything."""
    await store_documents(database, [make_full_document(f"project-{place}") for place in range(3)])
    return database


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("query", [NESTED, LOADED, ONE])
@pytest.mark.parametrize("table", ["project", "project_product"])
async def test_what_an_operation_reads_stops_with_it(
    filled: Database, table: str, query: str
) -> None:
    # Of the second table a loader reads, or several at once.
    async with (
        serving(filled, operation_deadline=0.3) as (client, own),
        locked(filled, f"lock table {table} in access exclusive mode"),
    ):
        response = await run(client, query)
        is_refused(response, 504, "DEADLINE_EXCEEDED")
        assert message(response).startswith("the operation took longer than 0.3 s")
        await until_nothing_runs(filled, own)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_client_that_gives_up_stops_what_is_read(filled: Database) -> None:
    async with (
        serving(filled) as (client, own),
        locked(filled, "lock table project_product in access exclusive mode"),
    ):
        asking = asyncio.create_task(run(client, NESTED))
        for _ in range(1000):
            if await filled.run(text(RUNNING.text + " and wait_event_type = 'Lock'")):
                break
            await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.wait([asking])
        await until_nothing_runs(filled, own)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_statement_that_takes_too_long_ends_its_operation_at_once(filled: Database) -> None:
    async with (
        serving(filled, statement=0.3) as (client, own),
        locked(filled, "lock table project_product in access exclusive mode"),
    ):
        with recorded(own) as sent:
            response = await run(client, NESTED)
        is_refused(response, 504, "DEADLINE_EXCEEDED")
        assert message(response).startswith(
            "a statement took longer than 0.3 s, the limit, and was"
        )
        # It is not tried a second time, as what fails otherwise is.
        assert len([one for one in sent if "FROM project_product" in one]) == 1
        await until_nothing_runs(filled, own)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("limits", [{"operation_deadline": 0.3}, {"statement": 0.3}])
async def test_a_mutation_that_takes_too_long_writes_nothing_and_once_when_sent_again(
    filled: Database, limits: dict[str, float]
) -> None:
    log = text("select count(*) from project_log")
    versions = text("select count(*) from project_version")
    before = await filled.run(log), await filled.run(versions)
    async with serving(filled, **limits) as (client, own):
        async with locked(filled, "select 1 from project for update"):
            response = await run(client, WRITE, variables={"key": "k"})
            is_refused(response, 504, "DEADLINE_EXCEEDED")
            assert "send it again with its `idempotencyKey`" in message(response)
            await until_nothing_runs(filled, own)
        assert (await filled.run(log), await filled.run(versions)) == before
    # To one that has time: on a busy machine a write may take as long as the limit.
    async with serving(filled) as (client, _):
        for _ in range(2):
            again = await run(client, WRITE, variables={"key": "k"})
            assert again.json()["data"]["addProjectLogItem"]["userErrors"] == []
    assert await filled.run(log) == [(before[0][0][0] + 1,)]

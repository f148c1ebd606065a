"""The spans of statements and batches, and how those of an operation end that fails or is stopped."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.trace import StatusCode
from sqlalchemy import text

from projectgate.app import create_app
from projectgate.data.database import Database
from tests.conftest import migrated
from tests.make.documents import make_full_document, store_documents
from tests.program.conftest import code, make_settings, open_client, run
from tests.program.test_logs import lines, unchanged  # noqa: F401 - a fixture that is used by itself
from tests.program.test_stopping import LOCK
from tests.program.tracing.conftest import (
    PATCH,
    Spans,
    asked,
    lies_in,
    said,
    statements_of,
    trace_of,
    traced,
)

pytestmark = pytest.mark.anyio

QUERIES = [
    '{ searchProjects(query: "project") { totalHits facets { field } result { id errors { key } } } }',
    '{ project(id: "project-1") { availableActions { name } projectParts { transactions { cost } } } }',
    "{ projects(first: 2) { nodes { log(first: 1) { nodes { id } } versions { nodes { version } } } } }",
    "{ __schema { queryType { name } } projectTypes { id } }",
    '{ projects(first: 2) { nodes { id } } failed: projects(after: "Ola") { nodes { id } } }',
]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
async def test_a_trace_has_as_many_statements_and_batches_as_the_receipt(
    client: httpx2.AsyncClient, spans: Spans, query: str
) -> None:
    receipt = (await run(client, query)).json()["extensions"]["receipt"]
    assert len(statements_of(spans)) == len(receipt["statements"])
    batches = [span for span in spans.all if span.name.startswith("load ")]
    shown = sorted(said(span)["projectgate.loader"] for span in batches)
    assert shown == sorted(batch["loader"] for batch in receipt["batches"])


@pytest.mark.parametrize("dry_run", [False, True])
async def test_statements_of_a_mutation_say_what_they_do_and_to_which_table(
    client: httpx2.AsyncClient, spans: Spans, dry_run: bool
) -> None:
    given = {"id": "project-1", "name": "Changed", "dryRun": dry_run}
    response = await run(client, PATCH, variables={"input": given})

    receipt = response.json()["extensions"]["receipt"]
    operation = spans.named("mutation")
    found = statements_of(spans)
    assert len(found) == len(receipt["statements"])
    verbs = sorted(said(span)["db.operation.name"] for span in found)
    assert verbs == sorted(one["sql"].split()[0].upper() for one in receipt["statements"])
    names = {span.name for span in found}
    assert "UPDATE project" in names
    # PostgreSQL reads a project and all that belongs to it by one, which names as many tables as a name has room for.
    assert any(re.fullmatch(r"SELECT project( project_\w+)*( …)?", name) for name in names)
    assert all(len(name) < 256 for name in names)
    assert all(trace_of(span) == trace_of(operation) for span in found)


async def test_a_mutation_with_a_user_error_has_not_failed(
    client: httpx2.AsyncClient, spans: Spans
) -> None:
    given = {"id": "project-1", "expectedVersion": 7, "name": "Changed"}
    response = await run(client, PATCH, variables={"input": given})

    (error,) = response.json()["data"]["patchProject"]["userErrors"]
    assert error["code"] == "VERSION_CONFLICT"
    (operation,) = spans.inside(spans.named("POST /graphql"))
    assert operation.name == "mutation"
    assert operation.status.status_code is StatusCode.UNSET
    assert any(span.name.startswith("SELECT project") for span in spans.inside(operation))


async def test_the_code_of_an_error_is_the_status_of_the_operation(
    client: httpx2.AsyncClient, spans: Spans
) -> None:
    response = await run(client, 'query Wrong { projects(after: "Ola") { nodes { id } } }')
    assert code(response) == "INVALID_CURSOR"
    # It was never answered, so its name is nobody's.
    operation = spans.named("query other")
    assert (operation.status.status_code, operation.status.description) == (
        StatusCode.ERROR,
        "INVALID_CURSOR",
    )
    assert said(operation)["error.type"] == "INVALID_CURSOR"


@pytest.fixture
async def locked(
    template: Callable[[str, str], Any], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """A PostgreSQL with a project that somebody holds."""
    async with migrated("postgresql", template, tmp_path, request) as database:
        await store_documents(database, [make_full_document("project-1")])
        async with database.transaction() as transaction:
            await transaction.run(LOCK)
            yield database
            transaction.discard()


async def test_a_statement_that_is_stopped_ends_with_its_operation(
    locked: Database, spans: Spans
) -> None:
    settings = make_settings(tracing="on", operation_deadline=0.3)
    app = traced(create_app(settings, database=locked), spans)
    async with open_client(app, headers=asked()) as client:
        given = {"id": "project-1", "name": "Changed"}
        response = await run(client, PATCH, variables={"input": given})

    assert code(response) == "DEADLINE_EXCEEDED"
    request, operation = spans.named("POST /graphql"), spans.named("mutation")
    assert (operation.status.description, request.status.description) == (
        "DEADLINE_EXCEEDED",
        "DEADLINE_EXCEEDED",
    )
    waited = [span for span in statements_of(spans) if span.status.status_code is StatusCode.ERROR]
    assert [said(span)["error.type"] for span in waited] == ["CancelledError"]
    assert lies_in(waited[0], operation)


async def test_a_batch_that_is_stopped_ends_with_its_operation(
    locked: Database, spans: Spans
) -> None:
    settings = make_settings(tracing="on", operation_deadline=0.3)
    app = traced(create_app(settings, database=locked), spans)
    async with locked.transaction() as other, open_client(app, headers=asked()) as client:
        await other.run(text("lock table project_product"))
        response = await run(client, "{ projects(first: 2) { nodes { products { id } } } }")
        other.discard()

    assert code(response) == "DEADLINE_EXCEEDED"
    operation = spans.named("query")
    batch = spans.named("load products")
    (statement,) = spans.inside(batch)
    assert statement.status.status_code is StatusCode.ERROR
    assert lies_in(batch, operation)
    assert lies_in(statement, operation)

"""The spans of requests: the tree of what a server does, and nothing of people in it."""

from __future__ import annotations

import io
from typing import Any

import httpx2
import pytest
import structlog
from opentelemetry.trace import SpanKind, StatusCode

from projectgate import logs
from projectgate.app import create_app
from projectgate.data.database import Database
from tests.program.conftest import code, make_settings, open_client, run
from tests.program.test_logs import lines, unchanged  # noqa: F401 - a fixture that is used by itself
from tests.program.test_privacy import MARK
from tests.program.tracing.conftest import (
    PAGE,
    PARENT,
    TRACE,
    Spans,
    asked,
    context_of,
    lies_in,
    parent_of,
    said,
    statements_of,
    trace_of,
    traced,
)

pytestmark = pytest.mark.anyio

ROWS = "db.response.returned_rows"


async def test_a_page_is_a_request_in_which_is_an_operation_in_which_are_batches_and_statements(
    client: httpx2.AsyncClient, spans: Spans, filled: Database
) -> None:
    await run(client, PAGE)  # a name is known once it was answered
    spans.forget()
    receipt = (await run(client, PAGE)).json()["extensions"]["receipt"]

    request = spans.named("POST /graphql")
    assert (request.kind, request.parent) == (SpanKind.SERVER, None)
    assert said(request) == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "url.scheme": "http",
    }
    (operation,) = spans.inside(request)
    assert (operation.name, operation.kind) == ("query Page", SpanKind.INTERNAL)
    assert said(operation) == {"graphql.operation.type": "query", "graphql.operation.name": "Page"}
    assert operation.status.status_code is StatusCode.UNSET

    inside = spans.inside(operation)
    batches = [span for span in inside if span.kind is not SpanKind.CLIENT]
    assert sorted((span.name, said(span)["projectgate.loader.keys"]) for span in batches) == [
        ("load partners", 20),
        ("load products", 20),
        ("load transactions", 20),
    ]
    statements = [span for span in inside if span not in batches]
    statements += [one for batch in batches for one in spans.inside(batch)]
    project = ("SELECT project", {"db.collection.name": "project", ROWS: 21})
    nested = ["project_partner", "project_product", "project_transaction"]
    of_nested: list[tuple[str, dict[str, Any]]] = (
        [(f"SELECT {table}", {"db.collection.name": table, ROWS: 40}) for table in nested]
        if filled.dialect == "sqlite"
        # One statement reads them all, in the order of the document.
        else [("SELECT project_product project_partner project_transaction", {ROWS: 120})]
    )
    always = {"db.system.name": filled.dialect, "db.operation.name": "SELECT"}
    assert sorted(((span.name, said(span)) for span in statements), key=str) == [
        (name, always | attributes) for name, attributes in [project, *of_nested]
    ]
    assert {span.kind for span in statements} == {SpanKind.CLIENT}
    assert len(statements) == len(receipt["statements"])
    assert len(batches) == len(receipt["batches"])
    assert {trace_of(span) for span in spans.all} == {trace_of(request)}
    for span in spans.all:
        assert lies_in(span, request)
        assert all(lies_in(one, span) for one in spans.inside(span))


@pytest.mark.parametrize(
    ("query", "members", "expected", "operations"),
    [
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED", []),
        ("{", {}, "GRAPHQL_PARSE_FAILED", []),
        ("query Q($id: ID!) { project(id: $id) { id } }", {}, "BAD_USER_INPUT", ["query other"]),
        ("subscription { projectChanged { version } }", {}, "BAD_REQUEST", ["subscription"]),
    ],
)
async def test_a_refused_request_says_with_which_code(
    client: httpx2.AsyncClient,
    spans: Spans,
    query: str,
    members: dict[str, Any],
    expected: str,
    operations: list[str],
) -> None:
    response = await run(client, query, **members)
    assert (response.status_code, code(response)) == (400, expected)
    request = spans.named("POST /graphql")
    assert said(request)["error.type"] == expected
    # A fault of the client is none of the server.
    assert request.status.status_code is StatusCode.UNSET
    assert [span.name for span in spans.all if span is not request] == operations
    assert statements_of(spans) == []


async def test_who_is_not_let_in_leaves_a_request_and_no_more(
    client: httpx2.AsyncClient, spans: Spans
) -> None:
    response = await client.post(
        "/graphql", json={"query": "{ viewer { name } }"}, headers={"authorization": "no"}
    )
    assert response.status_code == 401
    (request,) = spans.all
    assert said(request)["error.type"] == "UNAUTHENTICATED"
    assert said(request)["http.response.status_code"] == 401


@pytest.mark.parametrize("sampled", ["01", "00"])
async def test_a_request_goes_on_with_the_trace_that_it_came_with(
    client: httpx2.AsyncClient, spans: Spans, sampled: str
) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-{sampled}", "tracestate": f"anna={MARK}"}
    await client.post("/graphql", json={"query": "{ viewer { name } }"}, headers=headers)
    # Whoever began the trace says whether it is kept.
    assert bool(spans.all) is (sampled == "01")
    for span in spans.all:
        assert trace_of(span) == TRACE
        assert not context_of(span).trace_state
    if spans.all:
        assert parent_of(spans.named("POST /graphql")) == int(PARENT, 16)


@pytest.mark.parametrize("header", ["", "00-0-0-01", f"00-{'0' * 32}-{PARENT}-01", MARK])
async def test_a_header_that_names_no_trace_is_passed_over(
    client: httpx2.AsyncClient, spans: Spans, header: str
) -> None:
    await client.post(
        "/graphql", json={"query": "{ viewer { name } }"}, headers={"traceparent": header}
    )
    assert spans.named("POST /graphql").parent is None


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/healthz", "GET /healthz"),
        ("OPTIONS", "/graphql", "OPTIONS /graphql"),
        ("GET", f"/{MARK}", "GET"),
        (MARK.upper(), "/graphql", "HTTP /graphql"),
    ],
)
async def test_a_span_of_a_request_has_a_name_of_ours(
    client: httpx2.AsyncClient, spans: Spans, method: str, path: str, name: str
) -> None:
    await client.request(method, path)
    (request,) = spans.all
    assert request.name == name
    assert MARK not in request.to_json().lower()


async def test_operations_of_a_batch_stand_side_by_side(filled: Database, spans: Spans) -> None:
    app = traced(create_app(make_settings(tracing="on", batch_limit=3), database=filled), spans)
    query = "{ projects(first: 2) { nodes { products { id } } } }"
    async with open_client(app, headers=asked()) as client:
        response = await client.post(
            "/graphql", json=[{"query": query}, {"query": "{ no }"}, {"query": query}]
        )
    assert len(response.json()) == 3
    first, second = spans.inside(spans.named("POST /graphql"))
    for operation in (first, second):
        statement, batch = spans.inside(operation)
        assert (statement.name, batch.name) == ("SELECT project", "load products")
        assert len(spans.inside(batch)) == 1
    assert said(spans.named("POST /graphql"))["error.type"] == "GRAPHQL_VALIDATION_FAILED"


async def test_lines_of_the_log_name_the_trace_that_they_belong_to(
    filled: Database,
    spans: Spans,
    unchanged: None,  # noqa: F811
) -> None:
    stream = io.StringIO()
    logs.configure("WARNING", stream)
    settings = make_settings(tracing="on", slow_operation=0)
    app = traced(create_app(settings, database=filled), spans)
    async with open_client(app, headers=asked()) as client:
        for _ in range(2):
            response = await run(client, "{ viewer { name } }")
            structlog.get_logger("projectgate").warning("between")
    first, between, second, _ = lines(stream)
    traces = [trace_of(span) for span in spans.all if span.name == "POST /graphql"]
    assert [first["trace_id"], second["trace_id"]] == traces
    assert second["request_id"] == response.headers["x-request-id"]
    assert "trace_id" not in between


async def test_an_application_whose_spans_nobody_takes_answers_all_the_same(
    filled: Database,
) -> None:
    app = create_app(make_settings(tracing="on"), database=filled)
    async with open_client(app, headers=asked()) as client:
        response = await run(client, PAGE)
    assert len(response.json()["extensions"]["receipt"]["statements"]) == (
        4 if filled.dialect == "sqlite" else 2
    )

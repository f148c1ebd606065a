"""Traces: the tree of spans of what a server does, and nothing of people in it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind, StatusCode
from sqlalchemy import text
from starlette.applications import Starlette

from projectgate import logs
from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.resolvers.feed import cursor_of
from tests.conftest import migrated
from tests.make.documents import make_full_document, store_documents
from tests.make.mutations import text_of
from tests.program.conftest import bearer, code, make_settings, open_client, run
from tests.program.gate import accepted, heard, running, subscribe, until
from tests.program.test_logs import lines, unchanged  # noqa: F401 - a fixture that is used by itself
from tests.program.test_privacy import MARK
from tests.program.test_stopping import LOCK

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[1] / "queries" / "page.graphql").read_text()
PATCH = text_of("patchProject", "project { version } changed userErrors { code }")
CHANGED = """subscription Changed($after: String) {
  projectChanged(after: $after) { version project { products { id } } }
}"""
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def asked() -> dict[str, str]:
    """The headers of an admin who asks for receipts."""
    return {**bearer(roles=["ProjectAdmin"]), "x-projectgate-receipt": "1"}


class Spans:
    """The spans that have ended."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    @property
    def all(self) -> list[ReadableSpan]:
        """All of them, as they began."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def named(self, name: str) -> ReadableSpan:
        """The only one of a name."""
        (found,) = (span for span in self.all if span.name == name)
        return found

    def inside(self, span: ReadableSpan) -> list[ReadableSpan]:
        """Those that are right inside of another one."""
        return [one for one in self.all if parent_of(one) == id_of(span)]

    def forget(self) -> None:
        """Forgets them."""
        self._exporter.clear()


def context_of(span: ReadableSpan) -> SpanContext:
    """Its place among all spans."""
    context: SpanContext | None = span.context
    assert context is not None
    return context


def id_of(span: ReadableSpan) -> int:
    """The id of a span."""
    return int(context_of(span).span_id)


def trace_of(span: ReadableSpan) -> str:
    """The id of its trace, as headers and lines of the log have it."""
    return f"{context_of(span).trace_id:032x}"


def parent_of(span: ReadableSpan) -> int | None:
    """The id of the span that it is inside of."""
    return None if span.parent is None else span.parent.span_id


def said(span: ReadableSpan) -> dict[str, Any]:
    """Its attributes."""
    return dict(span.attributes or {})


def lies_in(span: ReadableSpan, whole: ReadableSpan) -> bool:
    """Whether it lasts no longer than another one; times are rounded."""
    begun, ended = span.start_time or 0, span.end_time or 0
    return (whole.start_time or 0) - 1000 <= begun <= ended <= (whole.end_time or 0) + 1000


@pytest.fixture
def spans() -> Spans:
    """Spans of a test."""
    return Spans()


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database of each kind with 25 projects that have two of everything."""
    await store_documents(database, [make_full_document(f"project-{n}") for n in range(25)])
    return database


def traced(app: Starlette, spans: Spans) -> Starlette:
    """An application whose spans go there."""
    app.state.tracing.use(spans.provider)
    return app


@pytest.fixture
async def client(filled: Database, spans: Spans) -> AsyncIterator[httpx2.AsyncClient]:
    """An admin's client of an application with traces, which asks for receipts."""
    app = traced(create_app(make_settings(tracing="on"), database=filled), spans)
    async with open_client(app, headers=asked()) as opened:
        yield opened


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

    first, *batches = spans.inside(operation)
    assert sorted((span.name, said(span)["projectgate.loader.keys"]) for span in batches) == [
        ("load partners", 20),
        ("load products", 20),
        ("load transactions", 20),
    ]
    statements = [first, *(one for batch in batches for one in spans.inside(batch))]
    shown = [(span.name, span.kind, said(span)) for span in statements]
    tables = ["project", "project_partner", "project_product", "project_transaction"]
    assert sorted(shown, key=str) == [
        (
            f"SELECT {table}",
            SpanKind.CLIENT,
            {
                "db.system.name": filled.dialect,
                "db.operation.name": "SELECT",
                "db.collection.name": table,
                "db.response.returned_rows": 21 if table == "project" else 40,
            },
        )
        for table in tables
    ]
    assert len(statements) == len(receipt["statements"])
    assert len(batches) == len(receipt["batches"])
    assert {trace_of(span) for span in spans.all} == {trace_of(request)}
    for span in spans.all:
        assert lies_in(span, request)
        assert all(lies_in(one, span) for one in spans.inside(span))


QUERIES = [
    '{ searchProjects(query: "project") { totalHits facets { field } result { id errors { key } } } }',
    '{ project(id: "project-1") { availableActions { name } projectParts { transactions { cost } } } }',
    "{ projects(first: 2) { nodes { log(first: 1) { nodes { id } } versions { nodes { version } } } } }",
    "{ __schema { queryType { name } } projectTypes { id } }",
    '{ projects(first: 2) { nodes { id } } failed: projects(after: "Ola") { nodes { id } } }',
]


def statements_of(spans: Spans) -> list[ReadableSpan]:
    """The spans of statements."""
    return [span for span in spans.all if span.kind is SpanKind.CLIENT]


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
    assert {"UPDATE project", "SELECT project"} <= {span.name for span in found}
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
    assert {"SELECT project"} <= {span.name for span in spans.inside(operation)}


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


async def test_an_event_has_a_trace_of_its_own_that_names_the_one_of_the_stream(
    filled: Database, spans: Spans
) -> None:
    async with running(filled, tracing="on") as gate:
        traced(gate.app, spans)
        headers = {"authorization": bearer()["authorization"], "accept": "text/event-stream"}
        body = {"query": CHANGED, "variables": {"after": cursor_of(0)}}
        async with (
            httpx2.AsyncClient(base_url=gate.http, timeout=30) as client,
            client.stream("POST", "/graphql", json=body, headers=headers) as stream,
        ):
            answered = (line async for line in stream.aiter_lines() if line.startswith("data: {"))
            assert json.loads((await anext(answered))[6:])["data"]["projectChanged"]["version"] == 1
            await anext(answered)
        await until(lambda: any(span.name == "POST /graphql" for span in spans.all))
    request = spans.named("POST /graphql")
    events = [span for span in spans.all if said(span).get("graphql.operation.type")]
    assert len(events) >= 2
    for event in events:
        assert (event.name, event.kind, event.parent) == (
            "subscription Changed",
            SpanKind.SERVER,
            None,
        )
        assert [link.context.span_id for link in event.links] == [id_of(request)]
        if event.status.status_code is StatusCode.UNSET:  # the last one may have been cut short
            assert {span.name for span in spans.inside(event)} == {
                "SELECT project_version",
                "load products",
            }
        assert {trace_of(span) for span in spans.inside(event)} <= {trace_of(event)}
    assert len({trace_of(span) for span in (request, *events)}) == 1 + len(events)


async def test_a_stream_that_is_refused_once_it_has_begun_says_with_which_code(
    client: httpx2.AsyncClient, spans: Spans
) -> None:
    body = {"query": CHANGED, "variables": {"after": "Ola"}}
    response = await client.post("/graphql", json=body, headers={"accept": "text/event-stream"})
    assert (response.status_code, "INVALID_CURSOR" in response.text) == (200, True)
    assert said(spans.named("POST /graphql"))["error.type"] == "INVALID_CURSOR"


async def test_what_runs_on_a_websocket_goes_on_with_its_trace_and_events_name_it(
    filled: Database, spans: Spans
) -> None:
    headers = {"authorization": bearer()["authorization"]}
    async with running(filled, tracing="on") as gate:
        traced(gate.app, spans)
        sent = {**headers, "traceparent": f"00-{TRACE}-{PARENT}-01"}
        async with accepted(gate, additional_headers=sent) as client:
            await subscribe(client, "{ projects(first: 2) { nodes { products { id } } } }", "1")
            assert [(await heard(client))["type"] for _ in range(2)] == ["next", "complete"]
            await subscribe(client, CHANGED, "2", variables={"after": cursor_of(0)})
            assert (await heard(client))["type"] == "next"
        async with accepted(gate, additional_headers=headers) as client:
            await subscribe(client, "query Alone { viewer { name } }")
            assert [(await heard(client))["type"] for _ in range(2)] == ["next", "complete"]

    query = spans.named("query")
    assert (trace_of(query), parent_of(query), query.kind) == (
        TRACE,
        int(PARENT, 16),
        SpanKind.SERVER,
    )
    assert [span.name for span in spans.inside(query)] == ["SELECT project", "load products"]
    events = [span for span in spans.all if span.name == "subscription Changed"]
    assert events
    for event in events:
        assert event.parent is None
        assert trace_of(event) != TRACE
        (link,) = event.links
        assert (link.context.trace_id, link.context.span_id) == (int(TRACE, 16), int(PARENT, 16))
    assert spans.named("query Alone").parent is None


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
    assert len(response.json()["extensions"]["receipt"]["statements"]) == 4

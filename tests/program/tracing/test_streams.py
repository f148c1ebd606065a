"""The spans of event streams and WebSockets: each event has a trace of its own."""

from __future__ import annotations

import json

import httpx2
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from projectgate.data.database import Database
from projectgate.resolvers.feed import cursor_of
from tests.program.conftest import bearer
from tests.program.gate import accepted, heard, running, subscribe, until
from tests.program.test_logs import lines, unchanged  # noqa: F401 - a fixture that is used by itself
from tests.program.tracing.conftest import (
    CHANGED,
    PARENT,
    TRACE,
    Spans,
    id_of,
    parent_of,
    said,
    trace_of,
    traced,
)

pytestmark = pytest.mark.anyio


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

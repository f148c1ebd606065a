"""What the tests of traces share: an application whose spans a test looks at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, SpanKind
from starlette.applications import Starlette

from projectgate.app import create_app
from projectgate.data.database import Database
from tests.make.documents import make_full_document, store_documents
from tests.make.mutations import text_of
from tests.program.conftest import bearer, make_settings, open_client
from tests.program.test_logs import lines, unchanged  # noqa: F401 - a fixture that is used by itself

PAGE = (Path(__file__).parents[2] / "queries" / "page.graphql").read_text()
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


def statements_of(spans: Spans) -> list[ReadableSpan]:
    """The spans of statements."""
    return [span for span in spans.all if span.kind is SpanKind.CLIENT]

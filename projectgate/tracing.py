"""Traces: a span for each request, operation, loader batch and SQL statement, by OpenTelemetry and as it names things.

Spans say what was done and for how long. They have no document, no variables, no SQL, and nothing that a client wrote
but the name of an operation, as metrics have it. OpenTelemetry is an extra: only who traces imports this module.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from http import HTTPMethod
from textwrap import shorten
from threading import Thread
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, NamedTuple

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.semconv.attributes.db_attributes import (
    DB_COLLECTION_NAME,
    DB_OPERATION_NAME,
    DB_SYSTEM_NAME,
)
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME, SERVICE_VERSION
from opentelemetry.semconv.attributes.url_attributes import URL_SCHEME
from opentelemetry.trace import (
    Link,
    NoOpTracer,
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    format_trace_id,
    get_current_span,
    set_span_in_context,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from projectgate import __version__
from projectgate.data.base import METADATA
from projectgate.data.hearing import STATEMENTS, Heard
from projectgate.logs import TRACE
from projectgate.metrics import OK, REFUSALS, Metrics
from projectgate.observing import Observation, Observer
from projectgate.request import values_of
from projectgate.resolvers.hearing import BATCHES, Batch

if TYPE_CHECKING:
    from projectgate.admission import Prepared

# Seconds that the collector has to take what is left when the process ends: see the times in server.py.
FLUSH_SECONDS = 0.8
# The conventions for these are not stable yet, so the library has no lasting names for them.
OPERATION_NAME, OPERATION_TYPE = "graphql.operation.name", "graphql.operation.type"
RETURNED_ROWS = "db.response.returned_rows"
LOADER, KEYS = "projectgate.loader", "projectgate.loader.keys"

_METHODS = frozenset(HTTPMethod)
# What a statement does first, and the tables that it names. One whose first word is none of these marks a transaction.
_DOES = re.compile(r"\b(select|insert|update|delete|savepoint|release|rollback)\b", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:from|into|update) (\w+)", re.IGNORECASE)
_SERVER_FAULT = 500
# Characters of a span's name, as OpenTelemetry has it of what a statement does.
_LONGEST = 255


class Tracing:
    """The traces of this process, which are sent while the block lasts, to where OTEL_* variables say."""

    def __init__(self, system: str) -> None:
        """`system`: the kind of database."""
        self.system = system
        self.tracer: Tracer = NoOpTracer()
        self._provider: TracerProvider | None = None

    def observer(self, metrics: Metrics, slow_operation: float) -> Observer:
        """An observer that has a span for each operation."""
        return TracingObserver(self, metrics, slow_operation)

    def middleware(self, routes: Iterable[BaseRoute]) -> Middleware:
        """What has a span for each request, and has to be the outermost."""
        paths = frozenset(route.path for route in routes if isinstance(route, Route))
        return Middleware(TracedRequests, tracing=self, paths=paths)

    def use(self, provider: TracerProvider) -> None:
        """Gives all spans from now on to a provider."""
        self.tracer = provider.get_tracer("projectgate", __version__)

    async def __aenter__(self) -> None:
        # Not before: a worker is forked when the application is made, and the thread that sends would not be there.
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.use(self._provider)

    async def __aexit__(self, *_: object) -> None:
        if self._provider is not None:
            # The library would wait 30 seconds for a collector that does not answer.
            sending = Thread(target=self._provider.shutdown, daemon=True)
            sending.start()
            await asyncio.to_thread(sending.join, FLUSH_SECONDS)


def _resource() -> Resource:
    """What all spans have: the name of the service, unless the environment says another, and more from there."""
    ours = {SERVICE_NAME: "projectgate", SERVICE_VERSION: __version__}
    return Resource.create(ours | dict(OTELResourceDetector().detect().attributes))


@contextmanager
def _inside(span: Span) -> Iterator[None]:
    """What is begun in the block is inside a span, and lines of the log name its trace."""
    known = span.get_span_context()
    named = TRACE.set(format_trace_id(known.trace_id) if known.is_valid else None)
    try:
        # An exception may quote data.
        with use_span(span, record_exception=False, set_status_on_exception=False):
            yield
    finally:
        TRACE.reset(named)


def _fail(span: Span, why: str) -> None:
    span.set_attribute(ERROR_TYPE, why)
    span.set_status(Status(StatusCode.ERROR, why))


class TracedRequests:
    """The outermost middleware: a span for each HTTP request, which goes on with the trace of its `traceparent`.

    A WebSocket has none, since it lasts: what runs on it goes on with that trace itself.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing, paths: Container[str]) -> None:
        """`paths`: those that spans may name; any other is a client's word."""
        self._app = app
        self._tracing = tracing
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, inside its span."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            token = context.attach(_sent_with(scope))
            try:
                await self._app(scope, receive, send)
            finally:
                context.detach(token)
        else:
            await self._traced(scope, receive, send)

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        name = "HTTP" if method == "_OTHER" else method
        attributes = {HTTP_REQUEST_METHOD: method, URL_SCHEME: scope["scheme"]}
        if scope["path"] in self._paths:
            name = f"{name} {scope['path']}"
            attributes[HTTP_ROUTE] = scope["path"]
        span = self._tracing.tracer.start_span(name, _sent_with(scope), SpanKind.SERVER, attributes)
        codes: list[str] = []
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with _inside(span), REFUSALS.heard_by(codes.append):
                await self._app(scope, receive, sending)
            span.set_attribute(HTTP_RESPONSE_STATUS_CODE, status)
            if status >= _SERVER_FAULT:
                _fail(span, codes[0] if codes else str(status))
            elif codes:
                span.set_attribute(ERROR_TYPE, codes[0])
        except BaseException as error:
            _fail(span, type(error).__name__)
            raise
        finally:
            span.end()


def _sent_with(scope: Scope) -> Context:
    """The trace that a request belongs to. Not its `tracestate`, which may say anything and is sent on to nobody."""
    carrier = {"traceparent": values_of(scope, b"traceparent")}
    return TraceContextTextMapPropagator().extract(carrier, Context())


class TracingObserver(Observer):
    """Sees operations, and has a span for each."""

    def __init__(self, tracing: Tracing, metrics: Metrics, slow_operation: float) -> None:
        super().__init__(metrics, slow_operation)
        self.tracing = tracing

    def observe(self, prepared: Prepared) -> Observation:
        """Begins to see an operation that is executed in this task."""
        return TracedOperation(self, prepared)


class _Sent(NamedTuple):
    """A statement, and what it is inside of."""

    heard: Heard
    inside: Context


class TracedOperation(Observation):
    """An operation with a span, in which are those of its batches and statements.

    They are heard where receipts hear them, so both tell of the same ones; what ended them is known once the operation
    ends. An event of a subscription has a trace of its own, linked to the one of what it was asked for with: a
    subscription may last for days.
    """

    __slots__ = ("_batches", "_held", "_moment", "_span", "_statements", "_tracing")

    def __init__(self, observer: TracingObserver, prepared: Prepared) -> None:
        super().__init__(observer, prepared)
        self._tracing = observer.tracing
        self._moment = time_ns() - round(perf_counter() * 1e9)
        self._batches: list[tuple[Batch, Span]] = []
        self._statements: list[_Sent] = []
        above = get_current_span().get_span_context()
        kind = prepared.kind.value
        of_stream = kind == "subscription"
        self._span = self._tracing.tracer.start_span(
            kind,
            Context() if of_stream else None,
            SpanKind.SERVER
            if of_stream or above.is_remote or not above.is_valid
            else SpanKind.INTERNAL,
            {OPERATION_TYPE: kind},
            [Link(above)] if of_stream and above.is_valid else None,
        )
        self._held = ExitStack()
        self._held.enter_context(_inside(self._span))
        if self._span.is_recording():
            self._held.enter_context(BATCHES.heard_by(self._begin))
            self._held.enter_context(STATEMENTS.heard_by(self._hear))

    def _begin(self, batch: Batch) -> None:
        """Hears a batch, in the task that reads it."""
        if self._span.is_recording():
            span = self._tracing.tracer.start_span(
                f"load {batch.loader}", attributes={LOADER: batch.loader, KEYS: batch.keys}
            )
            self._batches.append((batch, span))
            context.attach(set_span_in_context(span))  # for as long as the task lives

    def _hear(self, heard: Heard) -> None:
        """Hears a statement; not of what outlives the operation."""
        if self._span.is_recording():
            self._statements.append(_Sent(heard, context.get_current()))

    def ended(self, outcome: str) -> None:
        """Ends it: with an answer, with the code of an error, or cancelled."""
        super().ended(outcome)
        self._end(outcome)

    def refused(self, code: str) -> None:
        """Ends it where it was not executed."""
        self._end(code)

    def _end(self, outcome: str) -> None:
        self._held.close()
        if self._span.is_recording():
            self._end_inside(outcome)
            name = self._prepared.name
            if name is not None:
                shown = self._observer.metrics.shown(name, self._prepared.kind.value)
                self._span.set_attribute(OPERATION_NAME, shown)
                self._span.update_name(f"{self._prepared.kind.value} {shown}")
            if outcome != OK:
                _fail(self._span, outcome)
        self._span.end()

    def _end_inside(self, outcome: str) -> None:
        """Ends the spans of batches, and makes those of statements."""
        for batch, span in self._batches:
            span.end(None if batch.ended is None else self._at(batch.ended))
        for heard, inside in self._statements:
            name, attributes = _said_of(heard.text)
            span = self._tracing.tracer.start_span(
                name,
                inside,
                SpanKind.CLIENT,
                {DB_SYSTEM_NAME: self._tracing.system, **attributes},
                start_time=self._at(heard.begun),
            )
            if heard.rows is not None:
                span.set_attribute(RETURNED_ROWS, heard.rows)
            if heard.failure is not None:
                _fail(span, heard.failure)
            took = heard.milliseconds
            if took is None and outcome != OK:  # nobody waited for it any more
                _fail(span, outcome)
            span.end(None if took is None else self._at(heard.begun + took / 1000))

    def _at(self, moment: float) -> int:
        """A moment of perf_counter as OpenTelemetry has it, in nanoseconds since 1970."""
        return self._moment + round(moment * 1e9)


@lru_cache(1000)
def _said_of(text: str) -> tuple[str, Mapping[str, str]]:
    """The name of a statement's span and what it says: what is done and to which tables, in words of ours."""
    does = _DOES.search(text)
    tables = list(dict.fromkeys(name for name in _TABLE.findall(text) if name in METADATA.tables))
    if does is None:
        return "SQL", {}
    done = does[1].upper()
    if len(tables) > 1 and done == "SELECT":
        # Of several there is no collection to tell, so the name has them all.
        return shorten(" ".join([done, *tables]), _LONGEST, placeholder=" …"), {
            DB_OPERATION_NAME: done
        }
    named = {DB_COLLECTION_NAME: tables[0]} if tables else {}
    return " ".join([done, *named.values()]), {DB_OPERATION_NAME: done, **named}

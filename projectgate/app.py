"""The web application: routes, middleware, start and stop, health."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import strawberry
import structlog
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from projectgate import logs, pages
from projectgate.admission import Admission
from projectgate.answers import denied, refused
from projectgate.auth import Authenticator, KeysUnavailable, mint
from projectgate.compression import compress
from projectgate.cross_origin import CrossOrigin
from projectgate.data import migrate
from projectgate.data.database import Database
from projectgate.draining import Draining
from projectgate.endpoint import GraphQLEndpoint
from projectgate.envelope import Envelope
from projectgate.environment import load
from projectgate.execution import selftest
from projectgate.execution.executor import Engine
from projectgate.exposition import Shared, metrics_text
from projectgate.health import Readiness, healthy
from projectgate.metrics import Metrics
from projectgate.observing import Observer
from projectgate.operations import Operations
from projectgate.request import Rejected
from projectgate.resolvers.access import ADMIN
from projectgate.resolvers.errors import Forbidden, Unauthenticated
from projectgate.resolvers.live import Live
from projectgate.settings import Settings, SettingsRefused, require_keys
from projectgate.transports.streams import Streams
from projectgate.transports.websocket import WebSocketEndpoint

if TYPE_CHECKING:
    from projectgate.tracing import Tracing

DEMO_TTL = timedelta(hours=12)
CLOSE_SECONDS = 1
GRAPHQL_PATH = "/graphql"

log = structlog.get_logger("projectgate")


def create_app(
    settings: Settings | None = None,
    *,
    demo: bool = False,
    schema: strawberry.Schema | None = None,
    database: Database | None = None,
) -> Starlette:
    """The application.

    Without settings the environment is read and the log is set up, for a server that is not
    started by our command. A `database` that is given belongs to the giver: it is neither
    checked at the start nor closed at the end.
    In demo mode `app.state.demo_token` is a token that may do everything.
    Raises: SettingsRefused.
    """
    if settings is None:
        settings = load()
        logs.configure(settings.log_level)
    if demo:
        settings = demo_settings(settings)
    require_keys(settings)
    if schema is None:
        from projectgate.schema.build import schema as built

        schema = built
    authenticator = Authenticator(settings)
    token = demo_token(settings) if demo else None
    engine: Engine | None = getattr(schema.execution_context_class, "engine", None)
    metrics, draining = Metrics(engine), Draining()
    admission = Admission(schema, settings)
    tracing = tracing_of(settings, database)
    observer = (tracing.observer if tracing else Observer)(metrics, settings.slow_operation)
    operations = Operations(settings, observer, admission)
    streams = Streams(settings)
    endpoint = GraphQLEndpoint(admission, operations, authenticator, settings, metrics, streams)
    websocket = WebSocketEndpoint(admission, operations, authenticator, settings, streams)
    routes: list[BaseRoute] = [
        Route(GRAPHQL_PATH, endpoint),
        WebSocketRoute(GRAPHQL_PATH, websocket),
        Route("/schema.graphql", schema_text(schema, authenticator, settings)),
        Route("/healthz", healthy),
        Route("/readyz", Readiness(draining).answer),
        Route("/metrics", metrics_text(metrics, settings.metrics_token)),
    ]
    if settings.explorer == "on":
        routes += pages.routes(token)
    cross_origin = partial(CrossOrigin, origins=settings.allowed_origins)
    middleware = [
        Middleware(Envelope, metrics=metrics, draining=draining, cross_origin=cross_origin),
        Middleware(StraightToGraphQL, endpoint=endpoint),
        Middleware(cross_origin),
    ]
    if tracing is not None:
        middleware.insert(0, tracing.middleware(routes))
    app = Gateway(
        routes=routes,
        middleware=middleware,
        exception_handlers={HTTPException: http_error},
        lifespan=opened(settings, schema) if database is None else None,
    )
    # A redirect of a POST would lose its body with many clients, and is no answer that they can read.
    app.router.redirect_slashes = False
    app.state.database = database
    app.state.live = None if database is None else Live(database)
    app.state.streams = streams
    metrics.gauges["projectgate_streams"] = streams.by_transport
    metrics.gauges["projectgate_subscribers"] = lambda: (
        app.state.live.followers if app.state.live is not None else 0
    )
    app.state.demo_token = token
    app.state.metrics = metrics
    app.state.draining = draining
    app.state.tracing = tracing
    # Where the workers of a server write down what they count, and this process's place there.
    app.state.workers_folder = app.state.shared_metrics = None
    return app


def opened(
    settings: Settings, schema: strawberry.Schema
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """The life of an application with a database of its own: opened, checked, closed.

    Plans are tried at the start, if the schema has any; see execution/selftest.py.

    Raises: NotAtHead, at the start.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.database = Database(
            settings.database_url,
            pool_size=settings.pool_size,
            timeout=settings.statement_timeout,
            pgbouncer=settings.pgbouncer == "on",
            listen_url=settings.listen_url,
        )
        app.state.live = Live(app.state.database)
        try:
            await migrate.check(app.state.database)
            engine = getattr(schema.execution_context_class, "engine", None)
            if engine is not None:
                await selftest.check(engine)
            async with sharing(app), app.state.tracing or nullcontext():
                yield
        finally:
            # Where the database hangs, its connections end with the process.
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await app.state.live.close()
                    await app.state.database.close()

    return lifespan


@asynccontextmanager
async def sharing(app: Starlette) -> AsyncIterator[None]:
    """Shares what the process counts with the other workers of the server, if there are any."""
    folder = app.state.workers_folder
    if folder is None:
        yield
        return
    shared = app.state.shared_metrics = Shared(folder)
    task = asyncio.create_task(shared.keep(lambda: app.state.metrics.samples(app.state.database)))
    try:
        yield
    finally:
        task.cancel()


def tracing_of(settings: Settings, database: Database | None) -> Tracing | None:
    """The traces of the process, None where they are off. Raises: SettingsRefused, without the extra."""
    if settings.tracing == "off":
        return None
    try:
        from projectgate.tracing import Tracing
    except ModuleNotFoundError:
        raise SettingsRefused(
            "PROJECTGATE_TRACING is on, and OpenTelemetry is not installed: `pip install 'projectgate[tracing]'`, or "
            "unset it"
        ) from None
    return Tracing(database.dialect if database else settings.database_url.partition("+")[0])


def demo_settings(settings: Settings) -> Settings:
    """The settings of demo mode: a secret of its own where none is set, and nothing hidden.

    Raises: SettingsRefused.
    """
    if settings.jwks_url is not None:
        raise SettingsRefused(
            "demo mode signs its own tokens: unset PROJECTGATE_JWKS_URL, or start without --demo"
        )
    return settings.model_copy(
        update={
            "jwt_secret": settings.jwt_secret or SecretStr(secrets.token_urlsafe(48)),
            "introspection": "on",
            "explorer": "off" if settings.explorer == "off" else "on",
        }
    )


def demo_token(settings: Settings) -> str | None:
    """A token for all stores with the role that may do everything; None without a secret."""
    if settings.jwt_secret is None:
        return None
    return mint(
        settings.jwt_secret.get_secret_value(),
        "demo",
        [ADMIN],
        None,
        DEMO_TTL,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
    )


def schema_text(
    schema: strawberry.Schema, authenticator: Authenticator, settings: Settings
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that gives the schema in its own language to whoever may introspect."""

    async def show(request: Request) -> Response:
        try:
            if settings.introspection != "on":
                await authenticator.caller(request.headers.getlist("authorization"))
        except (Unauthenticated, Forbidden, KeysUnavailable) as error:
            return denied(error)
        if settings.introspection == "off":
            return refused(Rejected(403, "FORBIDDEN", "introspection is switched off here"))
        headers = {"cache-control": "no-store", "vary": "Accept-Encoding"}
        response = PlainTextResponse(schema.as_str() + "\n", headers=headers)
        await compress(response, request.scope)
        return response

    return show


async def http_error(_request: Request, error: Exception) -> Response:
    """The JSON answer to what Starlette refuses: an unknown path, a method that is not there."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    response = refused(Rejected(status, status.name, f"{status.phrase}: the API is at /graphql"))
    response.headers.update(error.headers or {})
    return response


class Gateway(Starlette):
    """Starlette's application without its own answer to faults: the envelope gives a better one."""

    def build_middleware_stack(self) -> ASGIApp:
        """All that a request goes through, from the outside."""
        outermost = super().build_middleware_stack()
        return outermost.app if isinstance(outermost, ServerErrorMiddleware) else outermost


class StraightToGraphQL:
    """Middleware that takes a request for the endpoint there at once, if it has no `Origin`.

    Routing and cross-origin rules have nothing to say of it, and they take time that a small query feels.
    """

    def __init__(self, app: ASGIApp, endpoint: ASGIApp) -> None:
        self._app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, to the endpoint or to the next in line."""
        straight = (
            scope["type"] == "http"
            and scope["path"] == GRAPHQL_PATH
            and b"origin" not in [name for name, _ in scope["headers"]]
        )
        await (self._endpoint if straight else self._app)(scope, receive, send)

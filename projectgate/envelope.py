"""What every answer has, whatever made it: an id, headers of safety, JSON where something of ours is broken."""

from __future__ import annotations

import re
from asyncio import CancelledError
from collections.abc import Callable
from random import getrandbits

from graphql import GraphQLError
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from projectgate.answers import answered, refused
from projectgate.draining import Draining
from projectgate.logs import REQUEST
from projectgate.metrics import Metrics
from projectgate.request import JSON, REFUSED, Rejected
from projectgate.schema.errors import formatted

REQUEST_ID = b"x-request-id"
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_SWITCHING = 101
_DENIAL = "websocket.http.response"
_BEGINNINGS = frozenset({"http.response.start", f"{_DENIAL}.start", "websocket.accept"})
_NOWHERE = Rejected(404, "NOT_FOUND", "Not Found: the API is at /graphql")
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Envelope:
    """The outermost middleware: names each request, adds to its answer, counts it, and stands in for a broken one.

    It also tells of what the server has refused by itself, and of a WebSocket where there is none.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        draining: Draining,
        cross_origin: Callable[[ASGIApp], ASGIApp],
    ) -> None:
        """`cross_origin`: what lets pages of the listed origins read an answer, as it does further in."""
        self._app = app
        self._cross_origin = cross_origin
        self._draining = draining
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and adds to its answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        name = request_id(scope)
        # The task of a request has a context of its own.
        REQUEST.set(name)
        answer = _Sending(self, name, scope, receive, send)
        app = self.refused(scope[REFUSED]) if REFUSED in scope else self._app
        try:
            await app(scope, receive, answer)
        except CancelledError:
            if answer.begins or not self._draining.begun:
                raise
            await self._cross_origin(cut_short())(scope, receive, answer)
        # Whatever it is, the client is told that it is our fault, and the log has the rest.
        except Exception as error:
            told = broken(error)
            if answer.begins:
                raise
            await self._cross_origin(told)(scope, receive, answer)

    def add(self, start: Message, name: bytes) -> None:
        """Counts an answer that begins, and adds what every answer has."""
        status = start.get("status", _SWITCHING)
        self._metrics.answered(status)
        start["headers"] = [*start.get("headers", ()), (REQUEST_ID, name), *SECURITY_HEADERS]
        if self._draining.begun and status != _SWITCHING:
            # The next request of this client finds another server.
            start["headers"].append((b"connection", b"close"))

    def refused(self, rejected: Rejected) -> Response:
        """The answer to what is refused here, which is counted."""
        self._metrics.refused(rejected.code)
        return refused(rejected)


class _Sending:
    """What sends the answer to one request.

    No function inside another one: it would name itself, and what does so is left to the collector.
    """

    __slots__ = ("_envelope", "_name", "_receive", "_scope", "_send", "begins")

    def __init__(
        self, envelope: Envelope, name: bytes, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._envelope = envelope
        self._name = name
        self._scope = scope
        self._receive = receive
        self._send = send
        # A server may not be able to answer the handshake of a WebSocket with more than a status.
        self.begins = scope["type"] == "websocket" and _DENIAL not in scope.get("extensions", ())

    async def __call__(self, message: Message) -> None:
        """Sends a message on."""
        if message["type"] in _BEGINNINGS:
            self.begins = True
            self._envelope.add(message, self._name)
        elif not self.begins and message["type"] == "websocket.close":
            await self._envelope.refused(_NOWHERE)(self._scope, self._receive, self)
            return
        await self._send(message)


def cut_short() -> Response:
    """The JSON answer to a request that still runs when the server has to end."""
    return refused(
        Rejected(
            503,
            "SERVER_RESTARTING",
            "the server stops and could not wait for this: send a query again, and a mutation again with its "
            "`idempotencyKey`, with which it is written once",
            retry_after="1",
        )
    )


def request_id(scope: Scope) -> bytes:
    """The name of a request: what its `X-Request-Id` says, if that is sane, else a new one."""
    for header, value in scope["headers"]:
        if header == REQUEST_ID:
            if _SANE.fullmatch(value):
                return bytes(value)
            break
    return b"%016x" % getrandbits(64)


def broken(error: Exception) -> Response:
    """The JSON answer to a fault of ours, with the reference under which the log has it."""
    shown = formatted(GraphQLError("a fault of the server", original_error=error))
    return answered({"errors": [shown]}, JSON, 500)

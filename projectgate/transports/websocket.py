"""GraphQL over WebSocket, as graphql-transport-ws has it; the legacy protocol `graphql-ws` is not spoken.

https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md

Whatever a client sends, the connection ends with a close code that says why.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import time
from typing import Any

from graphql import GraphQLError
from starlette.types import Message, Receive, Scope, Send

from projectgate import request as http
from projectgate.admission import Admission
from projectgate.answers import encoded, refused
from projectgate.auth import Authenticator, KeysUnavailable
from projectgate.operations import Operations
from projectgate.parameters import operation_of
from projectgate.refusals import RequestError, told
from projectgate.request import Rejected
from projectgate.resolvers.access import Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.errors import Forbidden, Unauthenticated
from projectgate.settings import Settings

from .messages import Closing, id_of, members_of
from .running import Running
from .streams import WEBSOCKET, Admit, Ending, Gone, Stream, Streams

SUBPROTOCOL = "graphql-transport-ws"
# Seconds that a client has for its first message, and for taking one of ours.
INIT_SECONDS, SEND_SECONDS = 5.0, 10.0
# Of a client that has not said who it is yet: the bytes of a message, in which a token has room, and the messages.
# A message of one that is beyond its rate has no more bytes either.
EARLY_BYTES, EARLY_MESSAGES = 16_000, 10
# Stands in the scope once it has said so: the server keeps to these bytes before they are a message.
KNOWN = "projectgate.known"
# A close frame has 125 bytes, two of them for the code.
_REASON_BYTES = 123
_AUTHORIZATION = "authorization"


class WebSocketEndpoint:
    """The ASGI application at /graphql for WebSockets."""

    def __init__(
        self,
        admission: Admission,
        operations: Operations,
        authenticator: Authenticator,
        settings: Settings,
        streams: Streams,
    ) -> None:
        self.admission = admission
        self.operations = operations
        self.authenticator = authenticator
        self.settings = settings
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection, from its handshake to its end."""
        await receive()
        try:
            http.require_known_origin(http.headers_of(scope), self.settings.allowed_origins)
            connection = WebSocketConnection(self, scope, receive, send)
            address, _ = scope["client"] or ("", None)
            with self._streams.arrived(connection, address, connection.give_way) as admit:
                await connection.run(admit)
        except Rejected as rejected:
            self.operations.metrics.refused(rejected.code)
            if "websocket.http.response" in scope.get("extensions", {}):
                await refused(rejected)(scope, receive, send)
            else:
                await send({"type": "websocket.close"})


class WebSocketConnection(Stream[Closing]):
    """One WebSocket: its handshake, its caller, what the client says, and its end."""

    transport = WEBSOCKET

    def __init__(
        self, endpoint: WebSocketEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        super().__init__(
            Ending(INIT_SECONDS, Closing(4408, "Connection initialisation timeout")),
            Closing(1012, "the server restarts", resumes=True),
        )
        self._endpoint = endpoint
        self._scope = scope
        self._receive = receive
        self._send_message = send
        self._caller: Caller | None = None
        self._early = 0  # messages that came before it was known
        self._accepted = False
        self._slow: Closing | None = None
        self._running = Running(
            endpoint.admission,
            endpoint.operations,
            endpoint.settings.subscriptions_per_connection,
            self._say,
        )

    async def run(self, admit: Admit) -> None:
        """Serves it until one of both sides ends it. `admit` counts it for its caller.

        Raises: Rejected (503), when it ends before it was accepted.
        """
        closing: Closing | None = None
        try:
            async with self._ending:
                await self._accept()
                await self._read(admit)
        except Closing as error:
            closing = error
        except Gone:
            closing = self._slow
        # A fault of ours ends the connection with a code too; the log has it.
        except Exception as error:
            if self._ending.has_come:
                closing = self._ending.why
            elif not self._accepted:
                raise
            else:
                fault = GraphQLError("a fault of the server", original_error=error)
                closing = Closing(1011, told([fault])[0]["message"])
        finally:
            if closing is not None and closing.resumes:
                closing = self._resuming(closing)
            await self._running.stop()
        if closing is None:
            return
        if not self._accepted:
            raise Rejected(503, "SERVER_RESTARTING", closing.reason, retry_after="1")
        await self._close(closing)

    @property
    def answering(self) -> bool:
        """Whether a query or mutation runs on it."""
        return self._running.answering

    def end(self, seconds: float) -> bool:
        """Ends it, since the server stops: subscriptions now, and all once the last query or mutation is answered."""
        self._running.drain(lambda: self._ending.hasten(self._restarting))
        return super().end(seconds)

    def give_way(self, most: int) -> None:
        """Ends it, since so many others have come whose callers are not known either."""
        self._refused("TOO_MANY_CONNECTIONS")
        reason = f"{most:,} newer connections wait for their connection_init: connect again, and send it at once"
        self._ending.hasten(Closing(1013, f"TOO_MANY_CONNECTIONS: {reason}"))

    def _resuming(self, closing: Closing) -> Closing:
        """The same with the cursor after which nothing was taken of any subscription."""
        cursor = self._running.cursor
        if cursor is None:
            return closing
        return Closing(closing.code, f"{closing.reason}: resume after {cursor}")

    async def _accept(self) -> None:
        offered = SUBPROTOCOL in self._scope["subprotocols"]
        await self._out(
            {"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None}
        )
        self._accepted = True
        if not offered:
            raise Closing(4406, f"Subprotocol not acceptable: {SUBPROTOCOL} is spoken here")

    async def _read(self, admit: Admit) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                raise Gone
            try:
                limited = self._paid(len(message.get("text") or ""))
                await self._heard(self._members(message), limited, admit)
            except Rejected as rejected:
                self._refused(rejected.code)
                wait = rejected.headers["retry-after"]
                raise Closing(1013, f"{rejected.code}: wait {wait} s", resumes=True) from None

    def _paid(self, size: int) -> Rejected | None:
        """Counts what it takes to read a message, and gives why the caller may send no more now, if so.

        Raises: Closing, Rejected (429), where it is not read at all.
        """
        if self._caller is None:
            self._early += 1
            if self._early > EARLY_MESSAGES:
                reason = f"{EARLY_MESSAGES} messages, and connection_init is not among them"
                raise Closing(4400, f"Invalid message: {reason}")
            return None
        try:
            self._endpoint.admission.read(self._caller, size)
        except Rejected as rejected:
            # Which operation is refused stands in the message; to look into a large one would cost what is not paid.
            if size > EARLY_BYTES:
                raise
            return rejected
        return None

    def _members(self, message: Message) -> dict[str, Any]:
        known = self._caller is not None
        return members_of(message, self._endpoint.settings.body_limit if known else EARLY_BYTES)

    async def _heard(self, members: dict[str, Any], limited: Rejected | None, admit: Admit) -> None:
        """Does what a message says; `limited`: why the caller may send no more now. Raises: Closing, Rejected (429)."""
        match members.get("type"):
            case "connection_init":
                await self._init(members.get("payload"), admit)
            case "ping":
                self._count(limited)
                await self._say({"type": "pong"})
            case "pong":
                self._count(limited)
            case "subscribe":
                await self._subscribe(members, limited)
            case "complete":
                # Who wants less is not refused.
                with suppress(Rejected):
                    self._count(limited)
                self._running.complete(id_of(members))
            case other:
                raise Closing(4400, f"Invalid message: {other!r} is no type of a client's message")

    def _count(self, limited: Rejected | None) -> None:
        """Counts a message that asks for nothing. Raises: Rejected (429)."""
        if limited is not None:
            raise limited
        if self._caller is not None:
            self._endpoint.admission.heard(self._caller)

    async def _init(self, payload: Any, admit: Admit) -> None:
        if self._caller is not None:
            raise Closing(4429, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise Closing(4400, "Invalid message: the payload of connection_init is no object")
        given = [value for name, value in (payload or {}).items() if name.lower() == _AUTHORIZATION]
        if not all(isinstance(value, str) for value in given):
            raise Closing(4400, "Invalid message: `authorization` is no string")
        headers = given or http.values_of(self._scope, _AUTHORIZATION.encode())
        try:
            caller, end = await self._endpoint.authenticator.session(headers)
            admit(caller)
        except (Unauthenticated, Forbidden) as error:
            self._refused(error.code)
            raise Closing(4403, error.message) from None
        except (KeysUnavailable, Rejected) as error:
            self._refused(getattr(error, "code", "INTERNAL"))
            reason = (
                error.message
                if isinstance(error, Rejected)
                else "the token cannot be checked now: try again later"
            )
            raise Closing(1013, reason) from None
        self._caller = caller
        self._scope[KNOWN] = True
        self._ending.put(end - time(), Closing(4403, "the token has expired", resumes=True))
        await self._say({"type": "connection_ack"})

    async def _subscribe(self, members: dict[str, Any], limited: Rejected | None) -> None:
        name = id_of(members)
        if self._caller is None:
            raise Closing(4401, "Unauthorized: send connection_init first")
        payload = members.get("payload")
        if not isinstance(payload, dict):
            raise Closing(4400, "Invalid message: the payload of subscribe is no object")
        try:
            asked = operation_of(payload)
        except Rejected as rejected:
            raise Closing(4400, f"Invalid message: {rejected.message}") from None
        state = self._scope["app"].state
        context = Context(state.database, self._caller, live=state.live)
        self._running.require_free(name)
        try:
            if limited is not None:
                raise limited
            self._running.begin(name, asked, context)
        except (RequestError, Rejected) as error:
            await self._running.refuse(name, error)

    def _refused(self, code: str) -> None:
        self._endpoint.operations.metrics.refused(code)

    async def _say(self, message: dict[str, Any]) -> None:
        await self._out({"type": "websocket.send", "text": encoded(message).decode()})

    async def _out(self, message: Message) -> None:
        """Sends a message. Raises: Gone, also where the client takes nothing for too long."""
        try:
            async with asyncio.timeout(SEND_SECONDS) as waited:
                await self._send_message(message)
        except TimeoutError:
            if waited.expired():
                self._slow = Closing(1013, "the client reads too slowly", resumes=True)
                self._ending.hasten(self._slow)
            raise Gone from None
        except OSError:
            raise Gone from None

    async def _close(self, closing: Closing) -> None:
        # It may quote half a surrogate pair, which JSON has and UTF-8 has not.
        quoted = closing.reason.encode(errors="backslashreplace")
        reason = quoted[:_REASON_BYTES].decode(errors="ignore")
        with suppress(Gone):
            await self._out({"type": "websocket.close", "code": closing.code, "reason": reason})

"""GraphQL over WebSocket, as graphql-transport-ws has it; the legacy protocol `graphql-ws` is not spoken.

https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md

Whatever a client sends, the connection ends with a close code that says why.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import time
from typing import Any

from graphql import GraphQLError, OperationType
from starlette.types import Message, Receive, Scope, Send

from projectgate import request as http
from projectgate.admission import Admission
from projectgate.answers import encoded, refused
from projectgate.auth import Authenticator, KeysUnavailable
from projectgate.operations import Operations
from projectgate.parameters import Operation, operation_of
from projectgate.refusals import RequestError, shown, told
from projectgate.request import Rejected
from projectgate.resolvers.access import Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.errors import Forbidden, Unauthenticated
from projectgate.resolvers.feed import earliest
from projectgate.settings import Settings
from projectgate.transports.events import Events

from .messages import Closing, id_of, members_of
from .streams import WEBSOCKET, Admit, Ending, Streams

SUBPROTOCOL = "graphql-transport-ws"
# Seconds that a client has for its first message, and for taking one of ours.
INIT_SECONDS, SEND_SECONDS = 5.0, 10.0
# Of a client that has not said who it is yet: the bytes of a message, in which a token has room, and the messages.
EARLY_BYTES, EARLY_MESSAGES = 16_000, 10
# A close frame has 125 bytes, two of them for the code.
_REASON_BYTES = 123
_AUTHORIZATION = "authorization"
_RESTARTING = shown("the server restarts: connect again", "SERVER_RESTARTING")


class _Gone(Exception):
    """The client has left, or takes nothing any more."""


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
            connection = Connection(self, scope, receive, send)
            address, _ = scope["client"] or ("", None)
            with self._streams.arrived(connection, address) as admit:
                await connection.run(admit)
        except Rejected as rejected:
            self.operations.metrics.refused(rejected.code)
            if "websocket.http.response" in scope.get("extensions", {}):
                await refused(rejected)(scope, receive, send)
            else:
                await send({"type": "websocket.close"})


class Connection:
    """One WebSocket: its caller, and the operations that run on it by the ids that the client gave them."""

    transport = WEBSOCKET

    def __init__(
        self, endpoint: WebSocketEndpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._endpoint = endpoint
        self._scope = scope
        self._receive = receive
        self._send_message = send
        self._caller: Caller | None = None
        self._early = 0  # messages that came before it was known
        self._running: dict[str, asyncio.Task[None]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._following: set[asyncio.Task[None]] = set()
        self._events: dict[str, Events] = {}
        self._restarting = False
        self._ending = Ending(INIT_SECONDS, Closing(4408, "Connection initialisation timeout"))

    async def run(self, admit: Admit) -> None:
        """Serves it until one of both sides ends it. `admit` counts it for its caller."""
        closing: Closing | None = None
        try:
            async with self._ending:
                await self._accept()
                await self._read(admit)
        except Closing as error:
            closing = error
        except _Gone:
            pass
        # A fault of ours ends the connection with a code too; the log has it.
        except Exception as error:  # noqa: BLE001
            if self._ending.has_come:
                closing = self._ending.why
            else:
                fault = GraphQLError("a fault of the server", original_error=error)
                closing = Closing(1011, told([fault])[0]["message"])
        finally:
            if closing is not None and closing.resumes:
                closing = self._resuming(closing)
            await self._stop_all()
        if closing is not None:
            await self._close(closing)

    def end(self, seconds: float) -> bool:
        """Ends it, since the server stops: subscriptions now, and all once the last query or mutation is answered."""
        self._restarting = True
        for task in self._following:
            task.cancel()
        self._restart(seconds)
        return bool(self._answering)

    def _restart(self, seconds: float) -> None:
        closing = Closing(1012, "the server restarts", resumes=True)
        self._ending.hasten(closing, seconds if self._answering else 0)

    def _resuming(self, closing: Closing) -> Closing:
        """The same with the cursor after which nothing was taken of any subscription."""
        cursor = earliest(events.cursor for events in self._events.values() if events.cursor)
        if cursor is None:
            return closing
        return Closing(closing.code, f"{closing.reason}: resume after {cursor}")

    async def _accept(self) -> None:
        offered = SUBPROTOCOL in self._scope["subprotocols"]
        await self._out(
            {"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None}
        )
        if not offered:
            raise Closing(4406, f"Subprotocol not acceptable: {SUBPROTOCOL} is spoken here")

    async def _read(self, admit: Admit) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                raise _Gone
            try:
                await self._heard(self._members(message), admit)
            except Rejected as rejected:
                self._refused(rejected.code)
                wait = rejected.headers["retry-after"]
                raise Closing(1013, f"{rejected.code}: wait {wait} s", resumes=True) from None

    def _members(self, message: Message) -> dict[str, Any]:
        """The members of a message, paid for by the caller. Raises: Closing, Rejected (429)."""
        if self._caller is None:
            self._early += 1
            if self._early > EARLY_MESSAGES:
                reason = f"{EARLY_MESSAGES} messages, and connection_init is not among them"
                raise Closing(4400, f"Invalid message: {reason}")
            return members_of(message, EARLY_BYTES)
        self._endpoint.admission.read(self._caller, len(message.get("text") or ""))
        return members_of(message, self._endpoint.settings.body_limit)

    async def _heard(self, members: dict[str, Any], admit: Admit) -> None:
        """Does what a message says. Raises: Closing, Rejected (429)."""
        match members.get("type"):
            case "connection_init":
                await self._init(members.get("payload"), admit)
            case "ping":
                self._count()
                await self._say({"type": "pong"})
            case "pong":
                self._count()
            case "subscribe":
                await self._subscribe(members)
            case "complete":
                self._count()
                name = id_of(members)
                self._events.pop(name, None)
                task = self._running.pop(name, None)
                if task is not None:
                    task.cancel()
            case other:
                raise Closing(4400, f"Invalid message: {other!r} is no type of a client's message")

    def _count(self) -> None:
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
        self._ending.put(end - time(), Closing(4403, "the token has expired", resumes=True))
        await self._say({"type": "connection_ack"})

    async def _subscribe(self, members: dict[str, Any]) -> None:
        name = id_of(members)
        if self._caller is None:
            raise Closing(4401, "Unauthorized: send connection_init first")
        if name in self._running:
            raise Closing(4409, f"Subscriber for {name} already exists")
        payload = members.get("payload")
        if not isinstance(payload, dict):
            raise Closing(4400, "Invalid message: the payload of subscribe is no object")
        try:
            asked = operation_of(payload)
        except Rejected as rejected:
            raise Closing(4400, f"Invalid message: {rejected.message}") from None
        if self._restarting:
            self._refused("SERVER_RESTARTING")
            await self._say_error(name, [_RESTARTING])
            return
        most = self._endpoint.settings.subscriptions_per_connection
        if len(self._answering) + len(self._following) >= most:
            message = f"the connection runs {most} operations, the limit: complete one, or open another connection"
            self._refused("TOO_MANY_SUBSCRIPTIONS")
            await self._say_error(name, [shown(message, "TOO_MANY_SUBSCRIPTIONS")])
            return
        task = asyncio.create_task(self._run(name, asked, self._caller))
        self._running[name] = task
        self._answering.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._following.discard(task)
        if self._restarting and not self._answering:
            self._restart(0)

    async def _run(self, name: str, asked: Operation, caller: Caller) -> None:
        """Executes an operation and tells what comes of it."""
        task = asyncio.current_task()
        try:
            try:
                await self._answer(name, asked, caller)
            finally:
                # After a `complete` of the client the id may be another operation's.
                mine = self._running.get(name) is task
                if mine:
                    del self._running[name]
                    if not self._restarting:  # else where to resume is told with the close
                        self._events.pop(name, None)
            await self._say({"id": name, "type": "complete"})
        except RequestError as error:
            self._refused(error.code)
            await self._say_error(name, error.errors)
        except Rejected as rejected:
            self._refused(rejected.code)
            await self._say_error(name, [shown(rejected.message, rejected.code)])
        except _Gone:
            pass
        # A fault of ours ends the operation, not the connection; the log has it.
        except Exception as error:  # noqa: BLE001
            fault = GraphQLError("a fault of the server", original_error=error)
            with suppress(_Gone):
                await self._say_error(name, told([fault]))

    async def _answer(self, name: str, asked: Operation, caller: Caller) -> None:
        state = self._scope["app"].state
        context = Context(state.database, caller, live=state.live)
        operations = self._endpoint.operations
        prepared = self._endpoint.admission.prepared(asked, caller)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            payload = await operations.answer(prepared, context)
            await self._say({"id": name, "type": "next", "payload": payload})
            return
        self._follows()
        events = Events(self._endpoint.admission, operations, prepared, context)
        try:
            await events.begin()
            self._events[name] = events
            async for payload in events:
                await self._say({"id": name, "type": "next", "payload": payload})
        finally:
            await events.aclose()

    def _follows(self) -> None:
        """Has what this task answers end when the server stops, not awaited. Raises: RequestError, when it does."""
        task = asyncio.current_task()
        if task in self._answering:
            self._answering.remove(task)
            self._following.add(task)
        if self._restarting:
            raise RequestError([_RESTARTING])

    def _refused(self, code: str) -> None:
        self._endpoint.operations.metrics.refused(code)

    async def _say_error(self, name: str, errors: list[dict[str, Any]]) -> None:
        await self._say({"id": name, "type": "error", "payload": errors})

    async def _say(self, message: dict[str, Any]) -> None:
        await self._out({"type": "websocket.send", "text": encoded(message).decode()})

    async def _out(self, message: Message) -> None:
        """Sends a message. Raises: _Gone, also where the client takes nothing for too long."""
        try:
            async with asyncio.timeout(SEND_SECONDS) as waited:
                await self._send_message(message)
        except TimeoutError:
            if waited.expired():
                self._ending.hasten(self._resuming(Closing(1013, "the client reads too slowly")))
            raise _Gone from None
        except OSError:
            raise _Gone from None

    async def _stop_all(self) -> None:
        tasks = self._answering | self._following
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _close(self, closing: Closing) -> None:
        reason = closing.reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        with suppress(_Gone):
            await self._out({"type": "websocket.close", "code": closing.code, "reason": reason})

"""GraphQL over WebSocket, as graphql-transport-ws has it; the legacy protocol `graphql-ws` is not spoken.

https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md

Whatever a client sends, the connection ends with a close code that says why.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
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
from .streams import WEBSOCKET, Streams

SUBPROTOCOL = "graphql-transport-ws"
# Seconds that a client has for its first message, and for taking one of ours.
INIT_SECONDS, SEND_SECONDS = 5.0, 10.0
# A close frame has 125 bytes, two of them for the code.
_REASON_BYTES = 123
_AUTHORIZATION = "authorization"


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
            with self._streams.opened(connection), ExitStack() as held:
                await connection.run(lambda caller: held.enter_context(self._streams.of(caller)))
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
        self._admit: Any = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._events: dict[str, Events] = {}
        self._deadline: asyncio.Timeout = asyncio.timeout(INIT_SECONDS)
        self._ending = False
        # Why it ends at the deadline.
        self._late = Closing(4408, "Connection initialisation timeout")

    async def run(self, admit: Any) -> None:
        """Serves it until one of both sides ends it. `admit` counts the caller. Raises: Rejected, before it begins."""
        self._admit = admit
        closing: Closing | None = None
        try:
            async with self._deadline:
                await self._accept()
                await self._read()
        except Closing as error:
            closing = error
        except _Gone:
            pass
        # A fault of ours ends the connection with a code too; the log has it.
        except Exception as error:  # noqa: BLE001
            if self._deadline.expired():
                closing = self._late
            else:
                fault = GraphQLError("a fault of the server", original_error=error)
                closing = Closing(1011, told([fault])[0]["message"])
        finally:
            if closing is not None and closing.resumes:
                closing = self._resuming(closing)
            await self._stop_all()
        if closing is not None:
            await self._close(closing)

    def end(self) -> None:
        """Ends it soon, since the server stops."""
        self._end(Closing(1012, "the server restarts", resumes=True))

    def _end(self, closing: Closing) -> None:
        if not self._ending and not self._deadline.expired():
            self._ending = True
            self._late = closing
            self._deadline.reschedule(asyncio.get_running_loop().time())

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

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                raise _Gone
            await self._heard(members_of(message, self._endpoint.settings.body_limit))

    async def _heard(self, members: dict[str, Any]) -> None:
        match members.get("type"):
            case "connection_init":
                await self._init(members.get("payload"))
            case "ping":
                await self._say({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                await self._subscribe(members)
            case "complete":
                name = id_of(members)
                self._events.pop(name, None)
                task = self._running.pop(name, None)
                if task is not None:
                    task.cancel()
            case other:
                raise Closing(4400, f"Invalid message: {other!r} is no type of a client's message")

    async def _init(self, payload: Any) -> None:
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
            self._admit(caller)
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
        if not self._deadline.expired():
            self._late = Closing(4403, "the token has expired", resumes=True)
            self._deadline.reschedule(asyncio.get_running_loop().time() + end - time())
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
        most = self._endpoint.settings.subscriptions_per_connection
        if len(self._tasks) >= most:
            message = f"the connection runs {most} operations, the limit: complete one, or open another connection"
            self._refused("TOO_MANY_SUBSCRIPTIONS")
            await self._say_error(name, [shown(message, "TOO_MANY_SUBSCRIPTIONS")])
            return
        task = asyncio.create_task(self._run(name, asked, self._caller))
        self._running[name] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
        events = await Events.of(operations, prepared, context)
        try:
            self._events[name] = events
            async for payload in events:
                await self._say({"id": name, "type": "next", "payload": payload})
        finally:
            await events.aclose()

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
                self._end(self._resuming(Closing(1013, "the client reads too slowly")))
            raise _Gone from None
        except OSError:
            raise _Gone from None

    async def _stop_all(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _close(self, closing: Closing) -> None:
        reason = closing.reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        with suppress(_Gone):
            await self._out({"type": "websocket.close", "code": closing.code, "reason": reason})

"""GraphQL over server-sent events, as graphql-sse has it in its distinct connections mode.

https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverSSE.md

An operation is a request, and its answers are events of the response: `next` for each, then `complete`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from time import time
from typing import Any

from graphql import GraphQLError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from projectgate import request as http
from projectgate.answers import Answer, encoded, refused
from projectgate.metrics import Metrics
from projectgate.refusals import RequestError, told
from projectgate.request import Rejected
from projectgate.resolvers.access import Caller
from projectgate.transports.events import Events

from .streams import EVENT_STREAM, Ending, Gone, Stream, Streams

# Seconds between signs of life, which keep proxies from closing the connection; and for the client to take an event.
HEARTBEAT, SEND_SECONDS = 12.0, 10.0
_HEADERS = [
    (b"content-type", f"{http.EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx would keep events back
]
_COMPLETE = b"event: complete\ndata:\n\n"
_ALIVE = b":\n\n"
# Why a stream ends: message and code.
_EXPIRED = ("the token has expired: subscribe again with a new one", "UNAUTHENTICATED")
_RESTARTING = ("the server restarts: subscribe again", "SERVER_RESTARTING")


def once(payload: Mapping[str, Any]) -> Response:
    """The stream of an operation that has one answer."""
    return Answer(_next(payload) + _COMPLETE, 200, None, f"{http.EVENT_STREAM}; charset=utf-8")


def _next(payload: Mapping[str, Any]) -> bytes:
    return b"event: next\ndata: " + encoded(payload) + b"\n\n"


class EventStream(Stream[tuple[str, str]]):
    """The answer to a subscription: an ASGI application that sends events until one of both sides ends it."""

    transport = EVENT_STREAM
    _send: Send

    def __init__(
        self,
        events: Events,
        metrics: Metrics,
        streams: Streams,
        caller: Caller,
        end: float,
    ) -> None:
        """`end`: when the token of the caller expires."""
        super().__init__(Ending(end - time(), _EXPIRED), _RESTARTING)
        self._events = events
        self._metrics = metrics
        self._streams = streams
        self._caller = caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream."""
        self._send = send
        try:
            with self._streams.opened(self, self._caller):
                await self._serve(receive)
        except Rejected as rejected:
            self._metrics.refused(rejected.code)
            await refused(rejected)(scope, receive, send)

    async def _serve(self, receive: Receive) -> None:
        last: dict[str, Any] | None = None
        try:
            async with self._ending:
                await self._out({"type": "http.response.start", "status": 200, "headers": _HEADERS})
                await self._body(_ALIVE)
                await self._events.begin()
                await self._pump(receive)
        except RequestError as error:
            self._metrics.refused(error.code)
            last = {"errors": error.errors}
        except Gone:
            return
        # A fault of ours; the response has begun, so it is told there, and the log has it.
        except Exception as error:  # noqa: BLE001
            if self._ending.has_come:
                last = {"errors": [self._events.ended(*self._ending.why)]}
            else:
                fault = GraphQLError("a fault of the server", original_error=error)
                last = {"errors": told([fault])}
        finally:
            await self._events.aclose()
        with suppress(Gone):
            await self._body((_next(last) if last else b"") + _COMPLETE, more=False)

    async def _pump(self, receive: Receive) -> None:
        """Sends events, and signs of life between them, until there are no more or the client leaves. Raises: Gone."""
        sending = asyncio.create_task(self._send_all())
        leaving = asyncio.create_task(_left(receive))
        try:
            while not sending.done():
                await asyncio.wait(
                    {sending, leaving}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
                )
                if leaving.done():
                    raise Gone
                if not sending.done():
                    await self._body(_ALIVE)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        sending.result()

    async def _send_all(self) -> None:
        async for payload in self._events:
            await self._body(_next(payload))

    async def _body(self, content: bytes, *, more: bool = True) -> None:
        await self._out({"type": "http.response.body", "body": content, "more_body": more})

    async def _out(self, message: Any) -> None:
        """Sends a part of the response. Raises: Gone, also where the client takes nothing for too long."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(message)
        except OSError:
            raise Gone from None


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

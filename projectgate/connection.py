"""A connection to a client that takes its time: one that is too slow is closed, so that none is held for ever.

uvicorn has a limit for idle connections only. Here the head of a request, its body and the reading
of an answer take no longer than they may too, and a head is no larger. What is refused here, no HTTP
among it, is told by the application as everything else is, after the answers to the requests before it.
"""

from __future__ import annotations

from asyncio import BaseTransport, Protocol, TimerHandle
from collections.abc import Iterable
from enum import Enum, auto
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from projectgate.request import REFUSED, Rejected, require_clear_head
from projectgate.sockets import require_handshake

# What stands for a request that is refused before there is one.
_STAND_IN = b"GET / HTTP/1.1\r\nhost:\r\n\r\n"


class Stage(Enum):
    """What of a request has come."""

    NONE = auto()
    # A part of its head.
    HEAD = auto()
    # Its head, which asks for another protocol; it is read again if it does not get it.
    UPGRADE = auto()
    # Its head, and a part of its body.
    BODY = auto()
    # Nothing more is taken: the last request was refused, or the connection is a WebSocket.
    OVER = auto()


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, with an end to all waiting."""

    # Until a head is complete, from its first byte or, where none comes, from the connection.
    head_seconds = 10.0
    # From the end of the head until the body is complete.
    body_seconds = 10.0
    # In so many seconds a client takes so many bytes of the answers that wait for it, or all there are.
    read_seconds, read_bytes = 10.0, 100_000
    # What a client may send without a request coming on by it: a head, or what is around the content of its body.
    head_bytes = 64_000
    # The headers of a head.
    head_lines = 200

    _stage = Stage.NONE
    _deadline: float | None = None  # for what is awaited from the client
    _incoming: TimerHandle | None = None
    _outgoing: TimerHandle | None = None
    _unread = 0  # bytes of answers that waited when `_outgoing` began
    _bytes = 0  # that came since a request last came on

    def connection_made(self, transport: BaseTransport) -> None:
        """Waits for the first request."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._expect(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes what came in, unless the last request was refused."""
        if self._stage is not Stage.OVER:
            self._take(data)

    def _take(self, data: bytes) -> None:
        """Reads what came in, and waits for the rest of a request if there has to be one."""
        self._bytes += len(data)
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except HttpParserError:
            self._refuse(400, "BAD_REQUEST", "this is no HTTP/1.1: the API is at /graphql")
        if self._stage is Stage.OVER or self.transport.is_closing():
            return
        if self._stage is Stage.NONE and not self._is_idle():
            self._deadline = None
        elif self._stage is not Stage.NONE and self._bytes > self.head_bytes:
            self._refuse(431, "PAYLOAD_TOO_LARGE", self._too_large())
        elif self._deadline is None:
            # For empty lines between requests too: they begin none, and yet end uvicorn's own wait.
            self._expect(self.body_seconds if self._stage is Stage.BODY else self.head_seconds)

    def _feed(self, data: bytes) -> None:
        """Reads what came in. Raises: HttpParserError."""
        rest: bytes | memoryview = data
        while True:
            try:
                self.parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                rest = memoryview(rest)[upgrade.args[0] :]
                if self.parser.get_method() == b"CONNECT":
                    self._refuse(400, "BAD_REQUEST", "this is no proxy: the API is at /graphql")
                    return
                refusal = None
                if self._get_upgrade() == b"websocket" and self.parser.get_http_version() == "1.1":
                    try:
                        self._require_upgrade()
                    except Rejected as rejected:
                        refusal = rejected
                    else:
                        self._upgrade(bytes(rest))
                        return
                # httptools ends a request with its head if it wishes for another protocol. This one need not be
                # granted, and the request may have a body: so does the first of Java's own client.
                self._read_anew(self._head(one for one in self.headers if one[0] != b"upgrade"))
                if refusal is not None:
                    self.scope[REFUSED] = refusal  # type: ignore[literal-required]
            else:
                return

    def _too_large(self) -> str:
        if self._stage is Stage.BODY:
            return (
                f"there are more than {self.head_bytes:,} bytes around the content of the body, the limit here: "
                "send it in larger chunks"
            )
        return (
            f"the head of the request has more than {self.head_bytes:,} bytes or {self.head_lines} headers, the limits "
            "here: send a long query by POST, and fewer headers"
        )

    def _require_head(self, version: str) -> None:
        """Lets a head pass that is clear and not too large, also where it came at once. Raises: Rejected."""
        size = len(self._head(self.headers)) if self._bytes > self.head_bytes else 0
        # The rest came behind it.
        self._bytes = max(self._bytes - size, 0) if size else 0
        if size > self.head_bytes or len(self.headers) > self.head_lines:
            raise Rejected(431, "PAYLOAD_TOO_LARGE", self._too_large())
        require_clear_head(version, self.headers)

    def _head(self, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%s: %s\r\n" % header for header in headers]
        return b"".join([b"%s %s HTTP/%s\r\n" % (method, self.url, version), *lines, b"\r\n"])

    def _read_anew(self, head: bytes) -> None:
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.parser.feed_data(head)

    def _require_upgrade(self) -> None:
        """Lets a handshake pass that the WebSocket protocol will take. Raises: Rejected."""
        self._require_head("1.1")
        if not self._is_idle():
            raise Rejected(
                400,
                "BAD_REQUEST",
                "a WebSocket cannot be opened behind requests that wait for their answers: take these first",
            )
        require_handshake(self._head(self.headers))

    def _upgrade(self, rest: bytes) -> None:
        """Leaves the connection to the WebSocket protocol, with what came behind the handshake."""
        self._stage = Stage.OVER
        self._stop_waiting()
        self.handle_websocket_upgrade()
        if rest:
            cast(Protocol, self.transport.get_protocol()).data_received(rest)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._stage = Stage.HEAD
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is complete; its body has a time of its own."""
        self._deadline = None
        method = self.parser.get_method()
        if self.parser.should_upgrade():
            self._stage = Stage.UPGRADE
            self.scope["method"] = method.decode()
            return
        super().on_headers_complete()  # it fails where the target is none
        try:
            self._require_head(self.scope["http_version"])
        except Rejected as rejected:
            self.scope[REFUSED] = rejected  # type: ignore[literal-required]
        self._stage = Stage.BODY

    def on_body(self, body: bytes) -> None:
        """A piece of a body is there. It makes up for what is around it, if it is of 64 bytes or so."""
        self._bytes = max(self._bytes - len(body) * 9 // 8, 0)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete."""
        if self._stage is not Stage.UPGRADE:
            self._bytes = 0
            self._stage = Stage.NONE
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is given; the client may still have to take it."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """The client takes an answer more slowly than it is given."""
        super().pause_writing()
        if self._outgoing is not None:
            self._outgoing.cancel()
            self._outgoing = None
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """Closes a connection that is idle, once the client has its answers."""
        super().timeout_keep_alive_handler()
        self._watch()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self, seconds: float) -> None:
        """Gives what is awaited from the client so long.

        A timer is not stopped when its time is no longer wanted, but looks when it ends whether another one is: one
        timer in all its seconds costs a connection less than two for each request.
        """
        self._deadline = self.loop.time() + seconds
        if self._incoming is None:
            self._incoming = self.loop.call_later(seconds, self._ended)

    def _stop_waiting(self) -> None:
        self._deadline = None
        for timer in (self._incoming, self._outgoing):
            if timer is not None:
                timer.cancel()

    def _ended(self) -> None:
        """The time of a timer is over, and that of what is awaited now may be."""
        self._incoming = None
        if self._deadline is not None:
            left = self._deadline - self.loop.time()
            if left > 0:
                self._incoming = self.loop.call_later(left, self._ended)
            else:
                self._deadline = None
                self._late()

    def _late(self) -> None:
        """What was awaited has not come."""
        if self.flow.read_paused or (self._stage is not Stage.BODY and not self._is_idle()):
            # It is us who do not read, or who owe the answer to an earlier request.
            self._expect(self.head_seconds)
        elif self._stage is Stage.NONE:
            self._close()
        else:
            body = self._stage is Stage.BODY
            self._refuse(
                408,
                "REQUEST_TIMEOUT",
                f"the {'body' if body else 'head'} of the request was not complete within "
                f"{self.body_seconds if body else self.head_seconds:g} seconds: send it faster",
            )

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Refuses a request that has not come whole, takes no other one, and closes the connection after the answer.

        The application finds the refusal in the scope, when it begins with the request or while it waits for its body.
        What it has answered already stays so.
        """
        self._deadline = None
        if self._stage is not Stage.BODY:
            self._read_anew(_STAND_IN)
        self._stage = Stage.OVER
        if self.cycle.response_complete:
            self._close()
        else:
            self.cycle.keep_alive = False
            self.cycle.scope[REFUSED] = Rejected(status, code, message)  # type: ignore[literal-required]
            self.cycle.message_event.set()

    def _close(self) -> None:
        self.transport.close()
        self._watch()

    def _watch(self) -> None:
        """Looks again in a while at answers that wait for the client, if any do."""
        if self._outgoing is None:
            self._unread = self.transport.get_write_buffer_size()
            if self._unread:
                self._outgoing = self.loop.call_later(self.read_seconds, self._reread)

    def _reread(self) -> None:
        """Drops a connection whose client takes too little of its answers."""
        self._outgoing = None
        taken = self._unread - self.transport.get_write_buffer_size()
        stuck = self.flow.write_paused or self.transport.is_closing()
        if stuck and taken < min(self.read_bytes, self._unread):
            self.transport.abort()
        else:
            self._watch()

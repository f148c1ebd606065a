"""A connection to a client that takes its time: one that is too slow is closed, so that none is held for ever.

uvicorn has a limit for idle connections only. Here the head of a request, its body and the reading
of an answer take no longer than they may too, and a head is no larger. Whoever sends no HTTP is told
so in JSON, as everybody is.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from projectgate.answers import refused
from projectgate.request import Rejected


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, with an end to all waiting."""

    # Until a head is complete, from its first byte or, where none comes, from the connection.
    head_seconds = 10.0
    # From the end of the head until the body is complete.
    body_seconds = 10.0
    # In so many seconds a client takes so many bytes of the answers that wait for it, or all there are.
    read_seconds, read_bytes = 10.0, 100_000
    # What a client may send without a request coming on by it: a head, or what is no body behind it.
    head_bytes = 64_000

    _deadline: float | None = None  # for what is awaited from the client
    _incoming: TimerHandle | None = None
    _outgoing: TimerHandle | None = None
    _unread = 0  # bytes of answers that waited when `_outgoing` began
    _bytes = 0  # that came since a request last came on
    _in_request = False  # between its first byte and its last
    _in_head = True
    _stays = False  # it asks for another protocol than WebSocket and does not get it
    _upgraded = False

    def connection_made(self, transport: BaseTransport) -> None:
        """Waits for the first request."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._expect(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing more."""
        self._deadline = None
        for timer in (self._incoming, self._outgoing):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes what came in, and waits for the rest of a request if there has to be one."""
        self._bytes += len(data)
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except HttpParserError:
            self._refuse(400, "BAD_REQUEST", "this is no HTTP/1.1: the API is at /graphql")
        if self._upgraded or self.transport.is_closing():
            return
        if self._in_request:
            if self._bytes > self.head_bytes:
                self._refuse(
                    431,
                    "PAYLOAD_TOO_LARGE",
                    f"the head of the request is larger than {self.head_bytes:,} bytes, the limit here: "
                    "send a long query by POST, and fewer headers",
                )
            elif self._deadline is None:
                self._expect(self.head_seconds if self._in_head else self.body_seconds)
        # Empty lines between requests begin none, and yet end uvicorn's own wait.
        elif self.timeout_keep_alive_task is None and self._is_idle():
            if self._deadline is None:
                self._expect(self.head_seconds)
        else:
            self._deadline = None

    def _feed(self, data: bytes) -> None:
        """Reads what came in. Raises: HttpParserError."""
        rest: bytes | memoryview = data
        while True:
            try:
                self.parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                if self._stays:
                    # httptools ends a request with its head if it wishes for another protocol. This one need not
                    # be granted, and the request may have a body: so does the first of Java's own client.
                    rest = memoryview(rest)[upgrade.args[0] :]
                    head = self._head_without_upgrade()
                    self.parser = HttpRequestParser(self)
                    self.parser.feed_data(head)
                    continue
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
            return

    def _head_without_upgrade(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s\r\n" % (method, self.url, version)]
        lines += [b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        return b"".join([*lines, b"\r\n"])

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_request = True
        self._stays = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is complete; its body has a time of its own."""
        self._bytes = 0
        self._deadline = None
        if self.parser.should_upgrade():
            self._stays = self._get_upgrade() not in (None, b"websocket")
        if not self._stays:
            super().on_headers_complete()  # it fails where the target is none
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        """A piece of a body is there."""
        self._bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._in_request, self._in_head = False, True
        self._bytes = 0
        if not self._stays:
            super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Leaves the connection to the WebSocket protocol."""
        self._upgraded = True
        self._deadline = None
        super().handle_websocket_upgrade()

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
        if self.flow.read_paused or (self._in_head and not self._is_idle()):
            # It is us who do not read, or who owe the answer to an earlier request.
            self._expect(self.head_seconds)
        elif self._in_request:
            part = "head" if self._in_head else "body"
            seconds = self.head_seconds if self._in_head else self.body_seconds
            self._refuse(
                408,
                "REQUEST_TIMEOUT",
                f"the {part} of the request was not complete within {seconds:g} seconds: send it faster",
            )
        else:
            self._close()

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answers what has not come far enough to be a request, and closes the connection.

        Where requests before it still have to be answered, these answers are the last.
        """
        idle = self._is_idle()
        if self._in_head and not idle:
            self.cycle.keep_alive = False
            self._deadline = None
            self.flow.pause_reading()
            return
        if self._in_head or not (idle or self.cycle.response_started or self.pipeline):
            response = refused(Rejected(status, code, message, connection="close"))
            lines = [b"%s: %s\r\n" % header for header in response.raw_headers]
            self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", response.body]))
        if not idle:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._close()

    def _close(self) -> None:
        self.transport.close()
        self._watch()

    def _watch(self) -> None:
        """Looks again in a while at answers that wait for the client, if any do."""
        if self._outgoing is None and not self._upgraded:
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

"""WebSockets as the server speaks them: uvicorn's protocol, whose connections end for good and with a close code.

uvicorn leaves handshakes to the library `websockets`, whose refusals are no JSON, and does not see some of them. So the
library is asked before, and the connection is left to it only where it will take the handshake.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import (
    HeaderLineTooLong,
    InvalidHeader,
    InvalidMethod,
    InvalidState,
    RequestLineTooLong,
    TooManyHeaders,
)
from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS, Request
from websockets.server import ServerProtocol

from projectgate.request import Rejected

# Seconds that a client has to take what was sent and to say that it has understood that we close.
CLOSE_SECONDS = 5.0
# uvicorn would log the address of every client, and bytes that are no text with a traceback.
_LOG = logging.getLogger("uvicorn.websocket")
_LOG.setLevel(logging.CRITICAL)


def require_handshake(head: bytes) -> None:
    """Lets the head of a request pass with which a WebSocket can be opened. Raises: Rejected."""
    library = ServerProtocol(logger=_LOG)
    library.receive_data(head)
    for request in library.events_received():
        library.accept(cast(Request, request))
    match library.handshake_exc:
        case None:
            return
        case InvalidMethod():
            raise Rejected(405, "METHOD_NOT_ALLOWED", "a WebSocket is opened by a GET", allow="GET")
        case RequestLineTooLong() | HeaderLineTooLong() | TooManyHeaders():
            raise Rejected(
                431,
                "PAYLOAD_TOO_LARGE",
                f"a WebSocket is opened with {MAX_NUM_HEADERS} headers at most, and lines of up to "
                f"{MAX_LINE_LENGTH:,} bytes: send fewer, or the token in `connection_init`",
            )
        case InvalidHeader() as fault:
            raise Rejected(
                400,
                "BAD_REQUEST",
                f"a WebSocket is not opened like this: the header `{fault.name}` is missing, there twice, or not as "
                "RFC 6455 has it",
                sec_websocket_version="13",
            )
        case _:
            raise Rejected(
                400,
                "BAD_REQUEST",
                "a WebSocket is opened by a GET without a body: for any other request, leave `Upgrade` out",
            )


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """A connection that is told why it ends whatever it sent, and is cut when it does not listen."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = self.conn.logger = _LOG
        self._parted = False
        # What a client sent before it had the answer to its handshake.
        self._early = b""

    def send_receive_event_to_app(self) -> None:
        """Gives the application a message, unless it says to be text and is not."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                # The client's own close frame may have come with it, and is answered already.
                with suppress(InvalidState):
                    self.conn.send_close(1007, "the message is not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Closes a connection whose frames are none, with the code for it."""
        self._part()

    def handle_close(self, event: Any) -> None:  # noqa: ARG002 - uvicorn passes it
        """Answers the close frame of a client, or takes its answer to ours."""
        self._part()

    def _part(self) -> None:
        """Sends the close frame that is due, and lets the client be the one who ends the connection.

        uvicorn closes the socket at once. What the client still sends would then make the system reset the
        connection, and the client would lose the close frame. So the rest is read and forgotten for a while.
        """
        if self._parted:
            return
        self._parted = True
        close = self.conn.close_sent
        code, reason = (1002, "") if close is None else (close.code, close.reason)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        # Not at once: frames that came with this one may still be answered, with nothing.
        self.loop.call_soon(self._say_nothing_more)
        self._cut_soon()

    def _cut_soon(self) -> None:
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def _say_nothing_more(self) -> None:
        if not self.transport.is_closing() and self.transport.can_write_eof():
            self.transport.write_eof()

    def data_received(self, data: bytes) -> None:
        """Takes what came in, once the handshake is answered, and forgets it where the connection is about to end."""
        if self.handshake_initiated and not self.handshake_complete:
            self._early += data
            self.transport.pause_reading()
        elif not self._parted:
            super().data_received(data)

    def shutdown(self) -> None:
        """Ends the connection; a handshake that has no answer yet is left to the application, which is about to."""
        if self.handshake_complete or self.initial_response is not None:
            super().shutdown()

    async def send(self, message: Any) -> None:
        """Sends what the application says, unless the connection was closed here meanwhile."""
        await self.writable.wait()
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        if self._early and self.handshake_complete:
            early, self._early = self._early, b""
            self.transport.resume_reading()
            self.data_received(early)

    async def run_asgi(self) -> None:
        """Serves the connection, and cuts it when the client does not take what was sent last."""
        await super().run_asgi()
        if not self.disconnected:
            self._cut_soon()

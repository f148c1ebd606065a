"""WebSockets as the server speaks them: uvicorn's protocol, whose connections end for good and with a close code.

Nothing that a client sends is free: whole messages are counted where they are read, and one waits for the other; all
other frames are counted here, and whoever is not known yet has little room.

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
from websockets.frames import Frame, Opcode
from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS, Request
from websockets.server import ServerProtocol

from projectgate.request import Rejected
from projectgate.transports.websocket import EARLY_BYTES, KNOWN

# Frames that are no message: so many within so many seconds, and of a client that has not said who it is yet.
IDLE_FRAMES, EARLY_IDLE_FRAMES, IDLE_SECONDS = 1_000, 20, 60.0
# A part of a message with so many bytes is none of them: clients cut large messages.
PART_BYTES = 1_000
# So much of what came in is read before it is looked at: it has room for 700 frames.
_PIECE = 4_096
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
        # What came in and is not read yet: it waits for the handshake, or for the messages before it.
        self._rest = bytearray()
        self._known = False
        self.conn.max_message_size = EARLY_BYTES
        self._idle, self._idle_since = 0, 0.0

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
        self._rest.clear()
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
        """Takes what came in, or forgets it where the connection is about to end."""
        if not self._parted:
            self._rest += data
            self._read()

    def _read(self) -> None:
        """Reads what came in, up to what the application has to take first; the client waits with the rest."""
        while self._rest and not self._waits():
            piece = bytes(self._rest[:_PIECE])
            del self._rest[:_PIECE]
            super().data_received(piece)
        if self._rest:
            self.transport.pause_reading()
            if self.handshake_complete and not self._known and len(self._rest) > EARLY_BYTES:
                self._fail(
                    1009, f"more than {EARLY_BYTES:,} bytes before connection_init is answered"
                )
        elif not self._waits():
            self.transport.resume_reading()

    def _waits(self) -> bool:
        """Whether the application has a message to take, or a handshake to answer."""
        return self.read_paused or (self.handshake_initiated and not self.handshake_complete)

    def handle_events(self) -> None:
        """Hears the frames that were read, unless too many of them are no message."""
        idle = sum(isinstance(event, Frame) and self._is_idle(event) for event in self.conn.events)
        if idle:
            now = self.loop.time()
            if now - self._idle_since > IDLE_SECONDS:
                self._idle, self._idle_since = 0, now
            self._idle += idle
            most = IDLE_FRAMES if self._known else EARLY_IDLE_FRAMES
            if self._idle > most:
                self._fail(1008, f"more than {most:,} pings, pongs and small parts of messages")
                return
        super().handle_events()

    def _is_idle(self, frame: Frame) -> bool:
        # Once we have closed it, nobody takes messages any more.
        return (
            self.close_sent
            or frame.opcode in (Opcode.PING, Opcode.PONG)
            or not (frame.fin or len(frame.data) >= PART_BYTES)
        )

    def _fail(self, code: int, reason: str) -> None:
        self.conn.fail(code, reason)
        self._part()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets what was not read."""
        self._rest.clear()
        super().connection_lost(exc)

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
        if not self._known and KNOWN in self.scope:
            self._known = True
            self.conn.max_message_size = self.config.ws_max_size
        # After the answer to the handshake, and the close.
        self._read_soon()

    async def receive(self) -> Any:
        """The next message, behind which the client may send on."""
        message = await super().receive()
        self._read_soon()
        return message

    def _read_soon(self) -> None:
        """Reads what is there in another turn of the loop: others have theirs meanwhile."""
        if self._rest and not self._waits():
            # uvicorn reads again; what is there comes first.
            self.transport.pause_reading()
            self.loop.call_soon(self._read)

    async def run_asgi(self) -> None:
        """Serves the connection, and cuts it when the client does not take what was sent last."""
        await super().run_asgi()
        if not self.disconnected:
            self._cut_soon()

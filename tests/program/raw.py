"""WebSockets by hand, for clients that do what no library does."""

from __future__ import annotations

from collections.abc import Iterator

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def handshake(line: str = "GET /graphql HTTP/1.1", *more: str, **headers: str | None) -> bytes:
    """The head of a handshake: a good one but for the headers that are given, None for no header, and more lines."""
    named = {
        "host": "gate.test",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec_websocket_version": "13",
        "sec_websocket_protocol": "graphql-transport-ws",
        **headers,
    }
    lines = [
        f"{name.replace('_', '-')}: {value}" for name, value in named.items() if value is not None
    ]
    return "\r\n".join([line, *lines, *more, "", ""]).encode("latin-1")


HANDSHAKE = handshake()


def frame(
    opcode: int, payload: bytes = b"", *, first: int = 0x80, mask: bytes | None = b"\1\2\3\4"
) -> bytes:
    """A frame as clients send it; `first` has its bits of the end and of extensions."""
    masked = 0 if mask is None else 0x80
    size = len(payload)
    if size < 126:
        head = bytes([first | opcode, masked | size])
    elif size < 65536:
        head = bytes([first | opcode, masked | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([first | opcode, masked | 127]) + size.to_bytes(8, "big")
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def frames(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The frames that a server has sent: opcode and payload."""
    place = 0
    while place < len(content):
        size, start = content[place + 1], place + 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            size, start = int.from_bytes(content[start : start + wide], "big"), start + wide
        yield content[place] & 15, content[start : start + size]
        place = start + size

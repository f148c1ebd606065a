"""The load: a process of its own that keeps four connections busy, the same for every server.

It reads an `Order` as JSON from standard input, warms the server up, writes a line, waits for one, measures, and
writes the `Measured`. Anything but status 200 and an answer without errors ends it with a message.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from statistics import quantiles
from typing import Any

import orjson
import uvloop

CONNECTIONS = 4
# The key of the answer that tells of errors: nothing the data set holds looks like it.
_ERRORS = b'"errors":'
_FAILED = 1


@dataclass(frozen=True)
class Order:
    """What to send where, and for how long. Units: seconds."""

    port: int
    headers: dict[str, str]
    bodies: Sequence[str]
    seconds: float
    warm_up: float
    # What every answer must hold.
    expected: str = ""


@dataclass(frozen=True)
class Measured:
    """What a measurement found. Units: seconds, milliseconds, bytes of an answer's body."""

    requests: int
    seconds: float
    p50: float
    p95: float
    bytes: float


class WrongAnswer(Exception):
    """An answer that is no success; its beginning is the message."""


def request(order: Order, body: str) -> bytes:
    """The bytes of a request."""
    content = body.encode()
    headers = {
        "Host": f"127.0.0.1:{order.port}",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Content-Length": str(len(content)),
    } | order.headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /graphql HTTP/1.1\r\n{lines}\r\n".encode() + content


class Load:
    """Requests one after the other on each connection, in the order of the bodies."""

    def __init__(self, order: Order) -> None:
        self._expected = order.expected.encode()
        self._next = cycle([request(order, body) for body in order.bodies])
        self.ended = 0.0
        self.times: list[float] = []
        self.bytes = 0
        self.failure: Exception | None = None

    def begin(self) -> bytes:
        """The next request."""
        return next(self._next)

    def take(self, head: bytes, body: bytes, seconds: float) -> bool:
        """Counts an answer; whether there is time for another one."""
        if not head.startswith(b"HTTP/1.1 200") or _ERRORS in body or self._expected not in body:
            raise WrongAnswer((head + b"\n\n" + body)[:2000].decode(errors="replace"))
        self.times.append(seconds)
        self.bytes += len(body)
        return time.perf_counter() < self.ended

    def measured(self, seconds: float) -> Measured:
        """What came of it."""
        cuts = quantiles(self.times, n=20)
        count = len(self.times)
        return Measured(count, seconds, cuts[9] * 1000, cuts[18] * 1000, self.bytes / count)


class Connection(asyncio.Protocol):
    """A connection that is kept alive."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = bytearray()
        self._transport: Any = None
        self._sent = 0.0
        self._done: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way to send."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends a run that waits for an answer."""
        if self._done and not self._done.done():
            self._done.set_exception(exc or WrongAnswer("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Takes an answer when all of it is there, and sends the next request."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._done is None or self._done.done():
            return
        head = bytes(self._buffer[:end])
        try:
            size = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + size:
                return
            body = bytes(self._buffer[end + 4 : end + 4 + size])
            self._buffer.clear()
            if self._load.take(head, body, time.perf_counter() - self._sent):
                self._send()
            else:
                self._done.set_result(None)
        except (WrongAnswer, IndexError, ValueError) as error:
            self._done.set_exception(error)

    def run(self) -> asyncio.Future[None]:
        """Sends until the time is over; done with the last answer."""
        self._done = asyncio.get_running_loop().create_future()
        self._send()
        return self._done

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._load.begin())


async def run(order: Order) -> Measured:
    """Warms up, waits for a line, measures. Raises: WrongAnswer, OSError."""
    loop = asyncio.get_running_loop()
    load = Load(order)
    made = [
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", order.port)
        for _ in range(CONNECTIONS)
    ]
    connections = [connection for _, connection in made]

    async def for_seconds(seconds: float) -> float:
        load.times, load.bytes = [], 0
        begun = time.perf_counter()
        load.ended = begun + seconds
        await asyncio.gather(*(connection.run() for connection in connections))
        return time.perf_counter() - begun

    await for_seconds(order.warm_up)
    sys.stdout.write("warm\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.readline)
    found = load.measured(await for_seconds(order.seconds))
    for transport, _ in made:
        transport.close()
    return found


def main() -> int:
    """Does what standard input orders. Returns the exit code."""
    order = Order(**orjson.loads(sys.stdin.readline()))
    try:
        found = uvloop.run(run(order))
    except (WrongAnswer, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED
    sys.stdout.write(orjson.dumps(asdict(found)).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

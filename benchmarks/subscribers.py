"""`python -m benchmarks.subscribers [--subscribers N]`: what idle subscribers cost a server, and one write to them all.

Each subscriber is a WebSocket of its own with one subscription, from another process. The server has a SQLite file, or
the database that `--database` names: one that can be filled with made-up projects.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import re
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from projectgate.auth import mint
from projectgate.resolvers.access import ADMIN

from .processes import cpu_seconds

PROJECTS = 20
QUERY = "subscription { projectChanged { cursor projectId version operation actor at } }"
WRITE = "mutation ($input: PatchProjectInput!) { patchProject(input: $input) { changed project { id } } }"
# Connections that are made at the same time.
TOGETHER = 50


def main() -> None:
    """Measures, and tells."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.subscribers", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=2000)
    parser.add_argument("--database", help="its URL; without it a SQLite file")
    asked = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database or f"sqlite+aiosqlite:///{folder}/subscribers.sqlite"
        with served(url, Path(folder)) as (process, port, token):
            asyncio.run(measured(process.pid, port, token, asked.subscribers))


@contextmanager
def served(url: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """A server with some projects, the port it is at, and a token for it."""
    secret = secrets.token_hex(32)
    names = {
        "DATABASE_URL": url,
        "JWT_SECRET": secret,
        "LOG_LEVEL": "ERROR",
        "CONNECTIONS": "1000000",
        "CONNECTIONS_PER_CALLER": "1000000",
        "RATE_LIMIT": "0",
    }
    environment = os.environ | {f"PROJECTGATE_{name}": value for name, value in names.items()}
    command = [sys.executable, "-m", "projectgate"]
    for words in (["migrate"], ["seed", "--projects", str(PROJECTS)]):
        subprocess.run([*command, *words], env=environment, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    token = mint(secret, "subscriber", [ADMIN], None, timedelta(minutes=30))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
            text=True,
        )
        try:
            wait_for(port)
            yield process, port, token
        finally:
            process.terminate()
            process.wait(30)


def wait_for(port: int) -> None:
    """Returns once the server answers."""
    for _ in range(600):
        try:
            asked(port, "/readyz")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not answer")


def asked(port: int, path: str) -> str:
    """What the server says at a path."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return str(answer.read().decode())


def memory(pid: int) -> int:
    """Bytes that a process has in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def statements(port: int) -> float:
    """How many SQL statements the server has sent."""
    found = re.search(
        r"^projectgate_sql_statement_seconds_count (\S+)", asked(port, "/metrics"), re.M
    )
    return float(found[1]) if found else float("nan")


class Subscriber:
    """A WebSocket with one subscription."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def say(self, message: Any) -> None:
        """Sends a message."""
        content = json.dumps(message).encode()
        mask = b"\0\0\0\0"
        self._writer.write(b"\x81\xfe" + len(content).to_bytes(2, "big") + mask + content)

    async def hear(self) -> Any:
        """The next message, when it is there; pings of the server are answered."""
        while True:
            head = await self._reader.readexactly(2)
            size = head[1]
            if size == 126:
                size = int.from_bytes(await self._reader.readexactly(2), "big")
            content = await self._reader.readexactly(size)
            if head[0] == 0x81:
                return json.loads(content)
            if head[0] == 0x89:
                self._writer.write(bytes([0x8A, 0x80 | size]) + b"\0\0\0\0" + content)

    def close(self) -> None:
        """Ends it."""
        self._writer.close()


async def subscribed(port: int, token: str, query: str) -> Subscriber:
    """A subscriber that has begun."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    writer.write(
        f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    made = Subscriber(reader, writer)
    made.say({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
    await made.hear()
    made.say({"id": "1", "type": "subscribe", "payload": {"query": query}})
    return made


async def measured(pid: int, port: int, token: str, count: int) -> None:
    """Connects the subscribers, writes, and tells what it took."""
    # What a first one brings along is no cost of the others.
    (await subscribed(port, token, QUERY)).close()
    await asyncio.sleep(1)
    before, begun = memory(pid), time.perf_counter()
    turns = asyncio.Semaphore(TOGETHER)

    async def one() -> Subscriber:
        async with turns:
            return await subscribed(port, token, QUERY)

    subscribers = await asyncio.gather(*(one() for _ in range(count)))
    connected = time.perf_counter() - begun
    await asyncio.sleep(3)
    used = memory(pid) - before
    print(f"{count:,} subscribers connected in {connected:.1f} s")  # noqa: T201
    print(f"memory: {used / 1e6:.1f} MB, {used / count / 1000:.1f} kB for each")  # noqa: T201
    cpu = cpu_seconds(pid)
    await asyncio.sleep(10)
    print(f"idle: {(cpu_seconds(pid) - cpu) * 100:.1f} ms of CPU a second")  # noqa: T201
    for number in range(3):
        await woken(pid, port, token, subscribers, number)
    for subscriber in subscribers:
        subscriber.close()


async def woken(
    pid: int, port: int, token: str, subscribers: list[Subscriber], number: int
) -> None:
    """Writes once, and tells when the subscribers had it and what it took."""
    waiting = [asyncio.create_task(one.hear()) for one in subscribers]
    await asyncio.sleep(0)
    sent, cpu, begun = statements(port), cpu_seconds(pid), time.perf_counter()
    writing = asyncio.create_task(asyncio.to_thread(written, port, token, f"Name {number}"))
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    first = time.perf_counter() - begun
    await asyncio.gather(*waiting)
    last = time.perf_counter() - begun
    await writing
    spent, sent = cpu_seconds(pid) - cpu, statements(port) - sent
    print(  # noqa: T201
        f"one write: the first has it after {first * 1000:.0f} ms, the last after {last * 1000:.0f} ms; "
        f"{spent * 1000:.0f} ms of CPU; {sent:.0f} statements, those of the write among them"
    )


def written(port: int, token: str, name: str) -> None:
    """Writes to a project by a request."""
    project = {"query": "{ projects(first: 1) { nodes { id } } }"}
    (found,) = posted(port, token, project)["projects"]["nodes"]
    posted(port, token, {"query": WRITE, "variables": {"input": {"id": found["id"], "name": name}}})


def posted(port: int, token: str, body: Any) -> Any:
    """The data of an answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)["data"]


if __name__ == "__main__":
    main()

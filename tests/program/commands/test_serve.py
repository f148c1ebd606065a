"""Servers as people start them: what they print, whom they answer, and what they run on."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.testing import Result

from projectgate.data.database import Database
from projectgate.resolvers.access import READ
from projectgate.serving import COLLECT
from tests.program.commands.conftest import PROJECTS_FILE, SECRET, TYPES, Run, command, environment

pytestmark = pytest.mark.anyio


@contextmanager
def _started(
    folder: Path, start: list[str], lines: int, **settings: str
) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A server, and what it prints when it answers; it is told to stop at the end, and must."""
    with subprocess.Popen(
        start,
        cwd=folder,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            pairs = [server.stdout.readline().split() for _ in range(lines)]
            yield server, {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
        finally:
            server.terminate()
        assert server.wait(timeout=20) in (0, -signal.SIGTERM)


@contextmanager
def _served(folder: Path, *arguments: str, **settings: str) -> Iterator[dict[str, str]]:
    """What a server on a free port prints when it answers."""
    start = command("serve", "--port", "0", *arguments)
    with _started(folder, start, 3 if "--demo" in arguments else 1, **settings) as (_, lines):
        yield lines


def _ask(lines: dict[str, str], token: str, query: str) -> Any:
    request = urllib.request.Request(
        lines["GraphQL"],
        data=json.dumps({"query": query}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["data"]


CLAIM = '{ searchProjects { totalHits } project(id: "project-123") { name version products { skuId } } }'


def test_a_demo_is_seeded_once_and_its_token_is_the_one_that_is_accepted(
    tmp_path: Path, run_here: Callable[..., Result]
) -> None:
    for _ in range(2):
        with _served(tmp_path, "--demo") as lines:
            assert list(lines) == ["Explorer", "GraphQL", "Token"]
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", lines["Explorer"])
            assert lines["GraphQL"] == lines["Explorer"] + "graphql"
            with urllib.request.urlopen(lines["Explorer"], timeout=10) as page:
                assert page.status == 200
            assert _ask(lines, lines["Token"], CLAIM) == {
                "searchProjects": {"totalHits": 300},
                "project": {
                    "name": "Claim for order 10234",
                    "version": 1,
                    "products": [{"skuId": "SKU-001"}, {"skuId": "SKU-002"}],
                },
            }
            taken = run_here("serve", "--demo", "--port", lines["Explorer"][:-1].rpartition(":")[2])
            assert (taken.exit_code, taken.stdout) == (2, "")
            assert "cannot be used: Address already in use; choose another one" in taken.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["projectgate-demo.sqlite"]


async def test_a_server_takes_the_tokens_of_its_secret(
    with_database: Run, database: Database, tmp_path: Path
) -> None:
    await with_database("import", TYPES, PROJECTS_FILE)
    token = (await with_database("token", "--role", READ, jwt_secret=SECRET)).stdout.strip()
    url = database.url.render_as_string(hide_password=False)
    with _served(tmp_path, database_url=url, jwt_secret=SECRET) as lines:
        assert list(lines) == ["GraphQL"]
        assert _ask(lines, token, "{ searchProjects { totalHits } viewer { name } }") == {
            "searchProjects": {"totalHits": 60},
            "viewer": {"name": "command-line"},
        }


def test_a_server_listens_on_ipv6_when_asked_to(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with _served(tmp_path, "--demo", "--host", "::1") as lines:
        assert re.fullmatch(r"http://\[::1\]:\d+/", lines["Explorer"])


def test_a_server_takes_more_connections_than_files_are_usually_open(tmp_path: Path) -> None:
    few = ["sh", "-c", 'ulimit -Sn 100; exec "$@"', "sh"]
    start = [*few, *command("serve", "--demo", "--port", "0")]
    with _started(tmp_path, start, 3) as (_, lines), ExitStack() as silent:
        address = urlsplit(lines["GraphQL"])
        for _ in range(200):
            silent.enter_context(socket.create_connection((address.hostname, address.port)))
        with urllib.request.urlopen(f"{lines['Explorer']}healthz", timeout=10) as answer:
            assert answer.status == 200


# The command line, which tells of itself when it gets a signal.
TELLING = """
import asyncio, gc, json, signal
from projectgate.cli import main

def tell(*_):
    alive = gc.get_objects()
    print(json.dumps({
        "loop": type(asyncio.get_running_loop()).__module__,
        "parsers": [type(one).__module__ for one in alive if type(one).__name__ == "HttpRequestParser"],
        "frozen": gc.get_freeze_count(),
        "looked at": len(alive),
        "threshold": gc.get_threshold(),
    }), flush=True)

signal.signal(signal.SIGUSR1, tell)
main()
"""


def test_a_server_runs_on_uvloop_and_httptools_and_its_collector_passes_over_what_it_began_with(
    tmp_path: Path,
) -> None:
    start = [sys.executable, "-c", TELLING, "serve", "--demo", "--port", "0"]
    with _started(tmp_path, start, 3) as (server, lines):
        address = urlsplit(lines["GraphQL"])
        with closing(HTTPConnection(str(address.hostname), address.port, timeout=10)) as open_one:
            open_one.request("GET", "/healthz")
            assert open_one.getresponse().read()
            server.send_signal(signal.SIGUSR1)
            assert server.stdout is not None
            told = json.loads(server.stdout.readline())
    assert (told["loop"], told["parsers"]) == ("uvloop", ["httptools.parser.parser"])
    assert tuple(told["threshold"]) == COLLECT
    # Modules, schema and application are most of what there is.
    assert told["frozen"] > 5 * told["looked at"]

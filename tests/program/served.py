"""A demo served by a real process, for tests that are clients."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Served(NamedTuple):
    """Where the demo is, and a token for it."""

    url: str
    token: str


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve_demo(folder: Path) -> Iterator[Served]:
    """Serves demo data from a new database in the folder until the block ends."""
    command = [sys.executable, "-m", "projectgate", "serve", "--demo", "--port", str(free_port())]
    names = {"PROJECTGATE_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'demo.sqlite'}"}
    with subprocess.Popen(
        command, env=os.environ | names, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        found: dict[str, str] = {}
        try:
            for line in server.stdout:
                name, _, value = line.strip().partition(" ")
                found[name] = value.strip()
                if "Token" in found:
                    break
            _until_open(found["Explorer"])
            yield Served(found["Explorer"], found["Token"])
        finally:
            server.terminate()


def _until_open(url: str) -> None:
    import time
    import urllib.error
    import urllib.request

    for _ in range(100):
        try:
            urllib.request.urlopen(url + "readyz", timeout=5).close()
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)

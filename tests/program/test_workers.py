"""Several processes behind one address: all of them serve, a dead one is replaced, and they end together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from projectgate import workers
from projectgate.workers import Workers


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo server, and its address once it answers."""
    with subprocess.Popen(
        [sys.executable, "-m", "projectgate", "serve", "--demo", "--port", "0", *arguments],
        cwd=folder,
        env={
            name: value for name, value in os.environ.items() if not name.startswith("PROJECTGATE_")
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield server, server.stdout.readline().split()[1]
        finally:
            server.terminate()


def children(pid: int) -> set[int]:
    """The processes that a process has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return set(map(int, listed.split()))


def answers(address: str) -> bool:
    """Whether a new connection is answered."""
    with urllib.request.urlopen(f"{address}readyz", timeout=10) as answer:
        return bool(answer.status == 200)


def is_listening(address: str) -> bool:
    """Whether anybody takes connections."""
    try:
        return answers(address)
    except OSError as error:
        return not isinstance(getattr(error, "reason", error), ConnectionRefusedError)


def until(what: Callable[[], bool], seconds: float = 20) -> None:
    """Waits for something to be so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_workers_serve_one_address_and_end_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, "--workers", "2") as (server, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        until(lambda: len(children(server.pid)) == 2)
        born = children(server.pid)
        assert all(answers(address) for _ in range(20))
        time.sleep(workers.SHORTEST_LIFE)
        victim = min(born)
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(children(server.pid) - {victim}) == 2)
        assert all(answers(address) for _ in range(20))
        last = children(server.pid)
        server.terminate()
        assert server.wait(timeout=20) == 0
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in last))
        assert server.stdout is not None
        assert server.stderr is not None
        assert "a worker has died" in server.stderr.read()
        # The worker that took the first one's place says nothing.
        assert [line.split()[0] for line in server.stdout] == ["GraphQL", "Token"]


def test_workers_whose_first_process_was_killed_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("TMPDIR", str(shared))
    with served(tmp_path, "--workers", "2") as (server, address):
        until(lambda: len(children(server.pid)) == 2)
        assert answers(address)
        left = children(server.pid)
        # What the workers tell each other of.
        assert any(shared.iterdir())
        server.kill()
        server.wait(timeout=20)
        until(lambda: not is_listening(address))
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))
        assert not any(shared.iterdir())


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Leaves signals to whoever had them before."""
    kept = {told: signal.getsignal(told) for told in (signal.SIGTERM, signal.SIGINT)}
    yield
    for told, handler in kept.items():
        signal.signal(told, handler)


def test_a_worker_that_cannot_live_ends_them_all() -> None:
    def work(number: int) -> int:
        if number == 0:
            return 3
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        time.sleep(60)
        return 0

    begun = time.monotonic()
    assert Workers(work, 2).run() == 3
    assert time.monotonic() - begun < 10


def test_a_signal_while_workers_are_made_stops_those_that_are_there_and_makes_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fork, made = os.fork, []

    def told_meanwhile() -> int:
        made.append(os.getpid())
        if len(made) == 2:
            # To this very thread: another one might take what the process is told, and only some time later.
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        return fork()

    def work(_number: int) -> int:
        time.sleep(60)
        return 0

    monkeypatch.setattr(os, "fork", told_meanwhile)
    begun = time.monotonic()

    assert Workers(work, 4).run() == 0

    assert time.monotonic() - begun < 10
    assert len(made) == 2
    assert not children(os.getpid())


def test_what_ends_a_worker_is_told_with_its_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    def work(number: int) -> int:
        raise ValueError(f"worker {number} lacks something")

    assert Workers(work, 1).run() == 1

    told = capfd.readouterr()
    assert "a worker has failed" in told.out + told.err
    assert "ValueError: worker 0 lacks something" in told.out + told.err

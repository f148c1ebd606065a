"""Data of people in requests: they are in the answers, and in no line of the log."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from projectgate import logs
from tests.program.test_logs import lines, unchanged  # noqa: F401 - a fixture that is used by itself

MARK = "anna.ek"
SLOW = "query Slow($text: String) { projects(query: $text) { nodes { id name } } }"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, Any]]]:
    """All that a server says while it is sent marks in every place, whole and as lines of its log."""
    folder = tmp_path_factory.mktemp("privacy")
    names = {name: value for name, value in os.environ.items() if "PROJECTGATE" not in name}
    names |= {"PROJECTGATE_SLOW_OPERATION": "0", "PROJECTGATE_LOG_LEVEL": "DEBUG"}
    command = [sys.executable, "-m", "projectgate", "serve", "--demo", "--port", "0"]
    with subprocess.Popen(
        command, cwd=folder, env=names, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[1]
        token = [server.stdout.readline() for _ in range(2)][1].split()[1]
        answered = list(marked(address, token))
        server.terminate()
        _, said = server.communicate(timeout=30)
    assert server.returncode == 0
    # The marks did go where they were to go: some come back.
    assert any(MARK in answer for answer in answered)
    return said, [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def marked(address: str, token: str) -> Iterator[str]:
    """Sends marks in variables, literals, names of headers and their values, tokens and addresses."""
    good = {"authorization": f"Bearer {token}", "x-request-id": "the-name"}
    documents: list[dict[str, Any]] = [
        {"query": SLOW, "variables": {"text": MARK}},
        {"query": f'{{ projects(query: "{MARK}") {{ nodes {{ id }} }} }}'},
        {"query": f'{{ project(id: "{MARK}") {{ id }} }}'},
        {"query": f'{{ project(id: "{MARK}") {{ nothing }} }}'},
        {"query": f'{{ "{MARK}'},
        {"query": SLOW, "variables": {"text": [MARK]}},
        {"query": SLOW, "operationName": MARK},
        {"query": '{ projects(after: "' + MARK + '") { nodes { id } } }'},
        {
            "query": "mutation M($input: PatchProjectInput!) "
            "{ patchProject(input: $input) { userErrors { message } } }",
            "variables": {"input": {"id": MARK, "expectedVersion": 1, "name": MARK}},
        },
    ]
    for document in documents:
        yield ask(address + "graphql", json.dumps(document).encode(), good)
    yield ask(address + "graphql", f'{{"query": "{MARK}'.encode(), good)
    fields = urllib.parse.urlencode(
        {"query": "{ viewer { name } }", "variables": f'{{"a":"{MARK}"}}'}
    )
    yield ask(f"{address}graphql?{fields}", None, good)
    yield ask(f"{address}{MARK}?{MARK}={MARK}", None, good)
    for wrong in (f"Bearer {MARK}", f"Basic {MARK}", f"Bearer {token[:-9]}{MARK[:4]}"):
        yield ask(address + "graphql", b"{}", {"authorization": wrong})
    odd = {
        "x-request-id": f"{MARK}@x",
        "user-agent": MARK,
        "cookie": MARK,
        "origin": f"http://{MARK}",
    }
    yield ask(address + "graphql", b'{"query":"{ viewer { name } }"}', {**good, **odd})


def ask(url: str, content: bytes | None, headers: dict[str, str]) -> str:
    """The answer, whatever its status."""
    headers = {"content-type": "application/json", **headers}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, content, headers), timeout=20
        ) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.read().decode())


def test_no_line_has_what_a_request_said(told: tuple[str, list[dict[str, Any]]]) -> None:
    said, found = told
    assert len(found) > 8
    assert MARK not in said
    assert "Bearer" not in said
    assert "eyJ" not in said


def test_a_slow_operation_has_a_line_that_tells_what_it_did(
    told: tuple[str, list[dict[str, Any]]],
) -> None:
    slow = [line for line in told[1] if line["event"] == "slow operation"]
    line = next(one for one in slow if one["operation"] == "Slow")
    assert line["document"] == hashlib.sha256(SLOW.encode()).hexdigest()
    assert line["request_id"] == "the-name"
    assert (line["type"], line["outcome"]) == ("query", "ok")
    assert (line["by"], line["reason"]) == ("plan", None)
    assert line["statements"] == 1
    assert line["milliseconds"] > 0
    assert line["cost"] > 1
    assert {"rows", "batches"} <= set(line)
    mutation = next(one for one in slow if one["operation"] == "M")
    assert mutation["type"] == "mutation"
    assert mutation["statements"] >= 1


def fail(error: Exception) -> None:
    """Raises it."""
    raise error


def test_only_exceptions_speak_that_quote_no_data(unchanged: None) -> None:  # noqa: F811
    stream = io.StringIO()
    logs.configure("INFO", stream)
    import structlog

    for error in (ValueError(MARK), KeyError(MARK), RuntimeError("the loop is closed")):
        try:
            try:
                fail(error)
            except Exception as cause:
                cause.add_note(MARK)
                raise ExceptionGroup("several", [LookupError(MARK)]) from cause
        except ExceptionGroup:
            structlog.get_logger("projectgate").exception("failed")
    assert MARK not in stream.getvalue()
    assert "the loop is closed" in stream.getvalue()
    assert [len(line["exception"]) for line in lines(stream)] == [2, 2, 2]


def test_a_task_that_nobody_waits_for_is_told_without_what_it_holds(unchanged: None) -> None:  # noqa: F811
    import asyncio
    import gc

    stream = io.StringIO()
    logs.configure("INFO", stream)

    async def fail() -> None:
        raise ValueError(MARK)

    async def main() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        del task
        gc.collect()

    asyncio.run(main())
    assert MARK not in stream.getvalue()
    (line,) = lines(stream)
    assert line["event"] == "Task exception was never retrieved"
    assert line["exception"][0]["exc_type"] == "ValueError"

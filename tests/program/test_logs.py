"""Log lines: JSON where no terminal is, readable where one is, and never a token."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from projectgate import logs
from tests.program.conftest import token


@pytest.fixture(autouse=True)
def unchanged() -> Iterator[None]:
    """Puts the log back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in logs.SILENT:
        logging.getLogger(name).disabled = False
    structlog.reset_defaults()


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The JSON lines of a stream."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail(message: str) -> None:
    """Raises, with a local variable that nobody may see."""
    unseen = "hidden " + "value"
    raise RuntimeError(message + unseen[:0])


def test_a_line_is_json_with_time_level_and_fields() -> None:
    stream = io.StringIO()
    logs.configure("INFO", stream)
    structlog.get_logger("projectgate").info("started", port=8000, name="ø")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["port"], line["name"]) == (
        "started",
        "info",
        8000,
        "ø",
    )
    assert line["timestamp"].endswith("Z")


def test_lines_of_other_libraries_look_the_same() -> None:
    stream = io.StringIO()
    logs.configure("INFO", stream)
    logging.getLogger("uvicorn.error").warning("port %s is taken", 8000)
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == (
        "port 8000 is taken",
        "warning",
        "uvicorn.error",
    )


def test_lines_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    logs.configure("WARNING", stream)
    structlog.get_logger().info("quiet")
    logging.getLogger("other").info("quiet")
    assert not stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_no_token_is_written_wherever_it_stands(stream: io.StringIO) -> None:
    logs.configure("INFO", stream)
    given = token()
    structlog.get_logger().info(f"event {given}", header=f"Bearer {given}", nested={"a": [given]})
    logging.getLogger("other").warning("an argument: %s", given)
    try:
        fail(given)
    except RuntimeError:
        structlog.get_logger().exception("failed")
    assert given not in stream.getvalue()
    assert given.split(".")[1] not in stream.getvalue()
    assert stream.getvalue().count("[token]") >= 5


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_a_traceback_has_no_local_variables(stream: io.StringIO) -> None:
    logs.configure("INFO", stream)
    try:
        fail("it broke")
    except RuntimeError:
        structlog.get_logger().exception("failed", reference="r1")
    assert "it broke" in stream.getvalue()
    assert "r1" in stream.getvalue()
    assert "hidden value" not in stream.getvalue()


def test_a_terminal_gets_lines_to_read() -> None:
    stream = Terminal()
    logs.configure("INFO", stream)
    structlog.get_logger().info("started", port=8000)
    assert "started" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_requests_and_their_query_strings_are_not_written() -> None:
    stream = io.StringIO()
    logs.configure("INFO", stream)
    logging.getLogger("uvicorn.access").info("GET /graphql?variables=%s", "personal")
    logging.getLogger("strawberry.execution").error("customer ann@example.com is unknown")
    assert not stream.getvalue()


def test_a_value_that_json_does_not_know_does_not_stop_the_line() -> None:
    stream = io.StringIO()
    logs.configure("INFO", stream)
    structlog.get_logger().info("odd", number=2**70, half="\ud800", kind=object, keys={1: 2})
    assert lines(stream)[0]["event"] == "odd"

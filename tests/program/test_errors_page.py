"""docs/errors.md has every code that the source can tell, with cause and cure, and its examples give that very code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from projectgate.schema.user_errors import UserErrorCode
from tests.error_codes import ROOT, stated
from tests.program.served import Served, serve_demo

pytestmark = pytest.mark.xdist_group("errors_page")

PAGE = (ROOT / "docs" / "errors.md").read_text()
USER_CODES = [code.name for code in UserErrorCode]
# What gives on a code that is stated elsewhere. `status.name` is that of an address that is not there, NOT_FOUND.
PASSED_ON = {
    "InvalidState.code",
    "NotFound.code",
    "UserErrorCode(fault.code)",
    "_code(error)",
    "_code_before_execution(error, told=told)",
    "closing.code",  # of a WebSocket: a number
    "code",
    "error.code",
    "fault.code",
    "getattr(error, 'code', 'INTERNAL')",
    "missing",
    "original.code",
    "reason.code",
    "refused.code",
    "rejected.code",
    "stated",
    "status.name",
    # Whole refusals, given to a method whose name another one with a code has too.
    "_NOWHERE",
    "scope[REFUSED]",
}
# No request provokes a fault of ours or uses up a caller's minute; the demo's settings leave some out; two take ten
# seconds.
WITHOUT_EXAMPLE = {
    "DEADLINE_EXCEEDED",
    "DOCUMENT_NOT_TRUSTED",
    "INTERNAL",
    "PERSISTED_QUERY_NOT_SUPPORTED",
    "RATE_LIMITED",
    "REQUEST_TIMEOUT",
    "SERVER_RESTARTING",
    "TOO_MANY_CONNECTIONS",
    "TOO_MANY_SUBSCRIPTIONS",
}
GIVEN: dict[str, dict[str, Any]] = {
    "TooManyItems": {
        "items": [
            {
                "projectId": f"project-{number}",
                "productStatusUpdates": [{"skuId": "SKU-001", "status": "Checked"}],
            }
            for number in range(101)
        ]
    }
}


def _chapter(heading: str) -> dict[str, str]:
    """The sections of a chapter of the page by their codes."""
    chapter = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    parts = re.split(r"^### `([A-Z_]+)`$", chapter, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


USER = _chapter("User errors")
TOP_LEVEL = _chapter("Top-level errors")
SECTIONS = [*USER.items(), *TOP_LEVEL.items()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_demo(tmp_path_factory.mktemp("demo")) as served:
        yield served


def test_the_page_has_the_codes_of_user_errors_in_their_order() -> None:
    assert list(USER) == USER_CODES


def test_the_page_has_every_other_code_that_the_source_states() -> None:
    codes, passed_on = stated()
    assert codes >= set(USER_CODES)
    assert set(TOP_LEVEL) == codes - set(USER_CODES)
    assert passed_on == PASSED_ON


def test_what_a_program_does_is_told_of_codes_that_there_are() -> None:
    table = PAGE.partition("\n| code | what to do |\n")[2].partition("\n\n")[0]
    named = [re.findall(r"`([A-Z_]{5,})`", row.split(" | ")[0]) for row in table.splitlines()[1:]]
    codes = [code for row in named for code in row]
    assert len(codes) == len(set(codes)) > 10
    assert set(codes) <= {*USER, *TOP_LEVEL}


def test_the_page_has_no_code_but_those_of_its_two_chapters() -> None:
    headings = re.findall(r"^### (.*)$", PAGE, re.MULTILINE)
    assert headings == [f"`{code}`" for code in [*USER, *TOP_LEVEL]]


@pytest.mark.parametrize(("code", "section"), SECTIONS, ids=[code for code, _ in SECTIONS])
def test_each_code_has_a_cause_and_a_cure_and_an_example(code: str, section: str) -> None:
    assert re.search(r"^- \*\*Cause:\*\* \S.{20}", section, re.MULTILINE)
    assert re.search(r"^- \*\*Cure:\*\* \S.{5}", section, re.MULTILINE)
    has_example = re.search(r"```(graphql|sh)\n.*```json\n", section, re.DOTALL) is not None
    assert has_example is (code not in WITHOUT_EXAMPLE)


@pytest.mark.parametrize(("code", "section"), USER.items(), ids=list(USER))
def test_the_example_of_a_user_error_answers_as_the_page_says(
    demo: Served, code: str, section: str
) -> None:
    *before, last = re.findall(r"```graphql\n(.*?)```", section, re.DOTALL)
    for operation in before:
        _, body = _posted(demo, operation)
        assert _payload(body)["userErrors"] == []
    status, body = _posted(demo, last)
    (error,) = _payload(body)["userErrors"]
    assert (status, error["code"]) == (200, code)
    assert f"Type `{error['__typename']}`" in section
    assert _without_chance(error) == _without_chance(_shown(section))
    for field in error.keys() - {"__typename", "code", "message", "path"}:
        assert f"with `{field}`" in section.replace("with `currentVersion` and", "with"), field


@pytest.mark.parametrize(
    ("code", "section"),
    [pair for pair in TOP_LEVEL.items() if pair[0] not in WITHOUT_EXAMPLE],
    ids=[code for code in TOP_LEVEL if code not in WITHOUT_EXAMPLE],
)
def test_the_example_of_a_top_level_error_answers_as_the_page_says(
    demo: Served, tmp_path: Path, code: str, section: str
) -> None:
    ((language, example),) = re.findall(r"```(graphql|sh)\n(.*?)```", section, re.DOTALL)
    answer = _curled(demo, example, tmp_path) if language == "sh" else _posted(demo, example)
    status, body = answer
    (error,) = body["errors"]
    assert error["extensions"]["code"] == code
    assert f"\nStatus: {status}. " in section
    assert error == _shown(section)


def test_an_address_that_is_not_there_is_not_found(demo: Served, tmp_path: Path) -> None:
    command = "curl http://127.0.0.1:8000/graph"
    status, body = _curled(demo, command, tmp_path)
    assert (status, body["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")


def _posted(demo: Served, operation: str) -> tuple[int, dict[str, Any]]:
    named = re.match(r"\w+ (\w+)", operation)
    variables = GIVEN.get(named[1], {}) if named else {}
    request = urllib.request.Request(
        demo.url + "graphql",
        json.dumps({"query": operation, "variables": variables}).encode(),
        {
            "Content-Type": "application/json",
            "Accept": "application/graphql-response+json",
            "Authorization": f"Bearer {demo.token}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def _curled(demo: Served, command: str, folder: Path) -> tuple[int, dict[str, Any]]:
    """The answer to a command of the page; curl is told by its file of settings to show the status too."""
    (folder / ".curlrc").write_text('silent\nwrite-out = "\\n%{http_code}"\n')
    done = subprocess.run(
        ["bash", "-uc", command.replace("http://127.0.0.1:8000", demo.url.rstrip("/"))],
        env=os.environ | {"TOKEN": demo.token, "CURL_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def _payload(body: dict[str, Any]) -> dict[str, Any]:
    assert "errors" not in body, body
    (payload,) = body["data"].values()
    found: dict[str, Any] = payload
    return found


def _shown(section: str) -> dict[str, Any]:
    """The error that the page shows."""
    (block,) = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    shown: dict[str, Any] = json.loads(block)
    return shown


def _without_chance(error: dict[str, Any]) -> Any:
    """The error without what is different in every database: the ids of its lines, and times."""
    text = re.sub(r"\b[0-9a-f]{32}\b", "ID", json.dumps(error))
    return json.loads(re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text))

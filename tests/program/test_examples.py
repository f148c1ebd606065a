"""The README's commands, the example scripts and the documented operations do what they say, on a served demo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program.pages import CLAIM, PAGE, Example, contains, examples, schema_chapter
from tests.program.served import Served, serve_demo

pytestmark = pytest.mark.xdist_group("examples")

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()
# The worked claim has a test of its own: its operations need each other.
OPERATIONS = examples(PAGE.replace(schema_chapter(CLAIM), ""))
# The subscription has a test in a browser.
EXAMPLES = [
    path
    for path in sorted((ROOT / "explorer" / "src" / "examples").glob("*.graphql"))
    if "\nsubscription" not in path.read_text()
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_demo(tmp_path_factory.mktemp("demo")) as served:
        yield served


def _shell(demo: Served, block: str) -> dict[str, Any]:
    command = block.replace("http://127.0.0.1:8000", demo.url.rstrip("/"))
    done = subprocess.run(
        ["bash", "-euc", command],
        env=os.environ | {"TOKEN": demo.token},
        capture_output=True,
        check=True,
        timeout=30,
    )
    body: dict[str, Any] = json.loads(done.stdout)
    assert "errors" not in body
    data: dict[str, Any] = body["data"]
    return data


def _script(demo: Served, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    names = {"PROJECTGATE_URL": demo.url + "graphql", "PROJECTGATE_TOKEN": demo.token}
    return subprocess.run(
        command,
        cwd=ROOT / "examples",
        env=os.environ | names,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def _answer(demo: Served, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        demo.url + "graphql",
        json.dumps({"query": query, "variables": variables or {}}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {demo.token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        body: dict[str, Any] = json.load(answer)
    return body


def test_the_first_query_and_the_first_mutation_of_the_readme_answer_as_it_says(
    demo: Served,
) -> None:
    query, mutation = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    products = _shell(demo, query)["project"]["products"]
    assert [product["skuId"] for product in products] == ["SKU-001", "SKU-002"]
    first = _shell(demo, mutation)["updateProjectProductStatus"]
    assert first["changed"] is True
    assert {change["after"] for change in first["changes"]} == {"Cancelled", "Defect"}
    again = _shell(demo, mutation)["updateProjectProductStatus"]
    assert (again["changed"], again["project"]) == (False, first["project"])


@pytest.mark.parametrize("example", OPERATIONS, ids=lambda example: example.name)
def test_the_operations_of_the_schema_page_run_on_the_demo(demo: Served, example: Example) -> None:
    body = _answer(demo, example.operation)
    assert "errors" not in body, body
    for payload in body["data"].values():
        assert payload, example.operation
        assert not payload.get("userErrors"), body
        assert contains(payload, example.answer), body


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_operations_of_the_explorer_run_on_the_demo(demo: Served, path: Path) -> None:
    variables = path.with_suffix(".json")
    given = json.loads(variables.read_text()) if variables.exists() else {}
    body = _answer(demo, path.read_text(), given)
    assert "errors" not in body, body
    assert all(body["data"].values())
    for payload in body["data"].values():
        assert not payload.get("userErrors"), body


def test_the_python_scripts_write_once_and_say_why_they_did_not(demo: Served) -> None:
    python = sys.executable
    done = _script(
        demo, python, "update_product_status.py", "project-123", "SKU-002", "Cancelled", "Defect"
    )
    assert done.returncode == 0, done.stderr
    assert ".status: Active -> Cancelled" in done.stdout
    again = _script(demo, python, "update_product_status.py", "project-123", "SKU-002", "Cancelled")
    assert "changed: False" in again.stdout
    wrong = _script(demo, python, "update_product_status.py", "project-123", "sku-002", "Cancelled")
    assert wrong.returncode == 1
    assert "PRODUCT_NOT_FOUND at productStatusUpdates.0.skuId" in wrong.stdout
    assert "SKU-002" in wrong.stdout
    assert "Usage" in _script(demo, python, "update_product_status.py").stderr
    unknown = _script(demo, python, "update_product_status.py", "nowhere", "SKU-002", "Cancelled")
    assert unknown.returncode == 2
    listed = _script(demo, python, "replace_products.py", "project-123", "SKU-009", "Handle", "2.5")
    assert listed.returncode == 0, listed.stderr
    assert "would add 1, remove 0" in listed.stdout


def test_the_curl_scripts_write_with_version_and_key_and_fail_when_refused(demo: Served) -> None:
    version = _answer(demo, '{ project(id: "project-123") { version } }')["data"]["project"][
        "version"
    ]
    given = ("bash", "update_product_status.sh", "project-123", "SKU-001", "Checked")
    done = _script(demo, *given, str(version), "curl-1")
    assert done.returncode == 0, done.stdout + done.stderr
    again = _script(demo, *given, str(version), "curl-1")
    assert again.stdout == done.stdout
    stale = _script(demo, *given[:-1], "Other", str(version), "curl-2")
    assert stale.returncode == 1
    assert "VERSION_CONFLICT" in stale.stdout
    quoted = _script(demo, *given[:3], 'SKU"\\', "Checked", str(version + 1), "curl-4")
    assert "PRODUCT_NOT_FOUND" in quoted.stdout
    broken = _script(demo, *given, "no number", "curl-5")
    assert broken.returncode == 22
    assert "BAD_REQUEST" in broken.stderr
    lines = '[{ "skuId": "SKU-001", "name": "Product one", "quantity": 1 }]'
    replaced = _script(
        demo, "bash", "replace_products.sh", "project-123", str(version + 1), "curl-3", given=lines
    )
    assert replaced.returncode == 0, replaced.stdout + replaced.stderr


def _versions(demo: Served, *ids: str) -> dict[str, int]:
    query = "query($id: ID!) { project(id: $id) { version } }"
    return {one: _answer(demo, query, {"id": one})["data"]["project"]["version"] for one in ids}


def test_the_script_for_many_projects_writes_all_it_can_and_names_the_others(demo: Served) -> None:
    ids = [f"project-{number}" for number in (1015, 1016, 1017)]
    before = _versions(demo, *ids)
    done = _script(demo, sys.executable, "close_claims.py", "Closed", *ids, "nowhere")
    assert done.returncode == 1
    lines = [f"{one}: version {before[one] + 1}" for one in ids]
    assert done.stdout.splitlines() == ["nowhere: there is no such project", *lines]
    again = _script(demo, sys.executable, "close_claims.py", "Closed", *ids)
    assert (again.returncode, _versions(demo, *ids)) == (
        0,
        {one: before[one] + 1 for one in ids},
    )
    assert again.stdout.splitlines() == [f"{one}: nothing to do" for one in ids]
    blank = _script(demo, sys.executable, "close_claims.py", " ", ids[0])
    assert blank.returncode == 1
    assert "INVALID_VALUE at items.0.productStatusUpdates.0.status" in blank.stdout


def test_the_script_for_many_projects_tells_which_one_was_written_by_another_meanwhile(
    demo: Served,
) -> None:
    # What the script does, with another write between its reading and its sending.
    code = """
import close_claims, client
items = [close_claims.read("Closed", one) for one in ("project-1018", "project-1020")]
client.run('mutation { patchProject(input: {id: "project-1020", tags: ["new"]}) { changed } }', {})
print(close_claims.send(items))
print(close_claims.main("Closed", "project-1020"))
"""
    done = _script(demo, sys.executable, "-c", code)
    assert done.stdout.splitlines() == [
        "project-1018: version 2",
        "project-1020: overtaken",
        "(False, ['project-1020'])",
        "project-1020: version 3",
        "0",
    ], done.stderr


def test_the_curl_script_for_many_projects_writes_once_for_a_key_and_fails_when_one_is_refused(
    demo: Served,
) -> None:
    update = '[{ "skuId": "%s", "status": "Closed" }]'
    item = '{ "projectId": "%s", "productStatusUpdates": %s }'
    good = item % ("project-1024", update % "BREMSE-D")
    bad = item % ("project-1028", update % "bremse-d")
    script = ("bash", "close_claims.sh")
    done = _script(demo, *script, "many-1", given=f"[{good}]")
    assert done.returncode == 0, done.stdout + done.stderr
    again = _script(demo, *script, "many-1", given=f"[{good}]")
    assert (again.returncode, again.stdout) == (0, done.stdout)
    mixed = _script(demo, *script, "many-2", given=f"[{good}, {bad}]")
    assert mixed.returncode == 1
    assert "PRODUCT_NOT_FOUND" in mixed.stdout
    empty = _script(demo, *script, "many-3", given="[]")
    assert (empty.returncode, "EMPTY_INPUT" in empty.stdout) == (1, True)

"""The explorer and the plain page, in a real Chromium against a served demo."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Response, expect, sync_playwright

import projectgate
from tests.conftest import absent

pytestmark = [
    # The first test also starts a browser and a server that seeds its database.
    pytest.mark.timeout(240),
    # With --dist loadgroup one worker runs them all, on one server of each kind.
    pytest.mark.xdist_group("explorer"),
]

PACKAGE = Path(projectgate.__file__).parent
EDITOR = ".graphiql-query-editor"
ANSWER = ".graphiql-response"
START_SECONDS = 90
# Another program's write, sent from the page for the sake of its token.
WRITE = """async (name) => {
  const { token } = await (await fetch('/explorer/config.json')).json();
  const query = 'mutation ($input: PatchProjectInput!) { patchProject(input: $input) { changed } }';
  await fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables: { input: { id: 'project-123', name } } }),
  });
}"""
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: Chromium refuses to start as root with one, and it sees only our own pages here.
# The rest stops the browser's own traffic, which is not what these tests are about.
CHROMIUM_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EXAMPLES = [
    "NestedRead",
    "Search",
    "PageWalk",
    "StatusUpdate",
    "ListReplacement",
    "Workflow",
    "Versions",
    "Changes",
]
READING_EXAMPLES = {
    "NestedRead": "project",
    "Search": "searchProjects",
    "PageWalk": "projects",
    "ListReplacement": "replaceProjectProducts",
    "Workflow": "acceptWorkflowStep",
    "Versions": "project",
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real headless Chromium with a profile of its own."""
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    path = os.environ.get("PROJECTGATE_TEST_CHROMIUM") or next(filter(None, found), None)
    if path is None:
        absent("no Chromium: install one, or name its program in PROJECTGATE_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        # Each launch makes a fresh user data folder and removes it at the end.
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo with the explorer."""
    if not (PACKAGE / "explorer" / "dist" / "index.html").exists():
        absent("the explorer is not built: run `make explorer`")
    with serve_demo(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture(scope="module")
def demo_without_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo from a copy of the program in which the explorer was never built."""
    folder = tmp_path_factory.mktemp("demo_without_node")
    # Python looks in the working folder first, so there the copy is the program.
    shutil.copytree(
        PACKAGE, folder / "projectgate", ignore=shutil.ignore_patterns("dist", "__pycache__")
    )
    with serve_demo(folder) as found:
        yield found


@contextmanager
def serve_demo(folder: Path) -> Iterator[str]:
    """Runs `serve --demo` in a folder, on a database there; gives the address it prints."""
    output = folder / "output.txt"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Settings of the developer's own must not decide what is tested.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PROJECTGATE_")}
    env["PROJECTGATE_DATABASE_URL"] = f"sqlite+aiosqlite:///{folder / 'demo.sqlite'}"
    command = [sys.executable, "-m", "projectgate", "serve", "--demo", "--port", str(port)]
    # A file, not a pipe: nobody has to drain it while the tests run.
    with (
        output.open("wb") as sink,
        subprocess.Popen(command, cwd=folder, env=env, stdout=sink, stderr=sink) as server,
    ):
        try:
            yield address(server, output, port)
        finally:
            server.terminate()
            server.wait(timeout=30)


def address(server: subprocess.Popen[bytes], output: Path, port: int) -> str:
    """The address in the server's output, once it takes connections there."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        printed = re.search(rf"http://127\.0\.0\.1:{port}\b", output.read_text("utf-8"))
        if printed and accepts(port):
            return printed.group()
        time.sleep(0.1)
    pytest.fail(f"the demo did not start in {START_SECONDS} s:\n{output.read_text('utf-8')}")


def accepts(port: int) -> bool:
    """True when something listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def watched(chromium: Browser, served: str) -> Iterator[Page]:
    """A page with empty storage, where nothing may go wrong and nothing may leave the host."""
    context = chromium.new_context(base_url=served, viewport={"width": 1400, "height": 1100})
    page = context.new_page()
    faults: list[str] = []
    addresses: set[str] = set()
    page.on(
        "console",
        lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.extend(failure(request)))
    # Of the whole context: the requests of the page's workers are among them.
    context.on("request", lambda request: addresses.add(request.url))
    yield page
    context.close()
    assert faults == []
    assert [found for found in addresses if not found.startswith((f"{served}/", "data:"))] == []


def failure(request: Request) -> list[str]:
    """What was wrong with a request; nothing, when the page was left before its answer."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"{request.url} {request.failure}"]


@pytest.fixture
def explorer(chromium: Browser, demo: str) -> Iterator[Page]:
    """The built explorer, ready to run an operation."""
    with watched(chromium, demo) as page:
        page.goto("/")
        # The editors come last; a tab that is chosen before them would be overwritten.
        expect(page.locator(EDITOR)).to_contain_text("NestedRead", timeout=60_000)
        # The schema is there when the documentation can show it.
        page.get_by_role("button", name="Show Documentation Explorer").click()
        expect(page.locator(".graphiql-plugin")).to_contain_text("Root Types")
        yield page


@pytest.fixture
def plain(chromium: Browser, demo_without_node: str) -> Iterator[Page]:
    """The plain page, with the demo token filled in."""
    with watched(chromium, demo_without_node) as page:
        page.goto("/")
        expect(page.locator("#headers")).to_have_value(re.compile(r"Bearer [\w.-]{20,}"))
        yield page


def run(page: Page, button: str) -> Any:
    """Presses the button and gives the JSON that the endpoint answered."""
    with page.expect_response(is_answer) as answered:
        page.locator(button).click()
    assert answered.value.status == 200
    return answered.value.json()


def is_answer(response: Response) -> bool:
    """True when this answers an operation of the user, not the page's question for the schema."""
    sent = response.request.post_data or ""
    return response.url.endswith("/graphql") and "IntrospectionQuery" not in sent


def run_example(page: Page, name: str) -> Any:
    """Opens the tab of an example in the explorer and runs it."""
    page.get_by_role("tab", name=name).click()
    expect(page.locator(EDITOR)).to_contain_text(f" {name}")
    return run(page, ".graphiql-execute-button")


def statuses(project: Any) -> dict[str, str]:
    """The status of each product, by sku."""
    return {line["skuId"]: line["status"] for line in project["products"]}


def test_the_example_query_is_shown_with_its_data(explorer: Page) -> None:
    answer = run_example(explorer, "NestedRead")
    assert answer["data"]["project"]["id"] == "project-123"
    expect(explorer.locator(ANSWER)).to_contain_text('"id": "project-123"')
    expect(explorer.locator(ANSWER)).to_contain_text('"skuId": "SKU-001"')


@pytest.mark.parametrize(("name", "field"), READING_EXAMPLES.items())
def test_each_example_that_writes_nothing_is_answered_in_full(
    explorer: Page, name: str, field: str
) -> None:
    answer = run_example(explorer, name)
    assert "errors" not in answer
    assert answer["data"][field]
    assert answer["data"][field].get("userErrors", []) == []
    expect(explorer.locator(ANSWER)).to_contain_text(f'"{field}"')


def test_the_status_update_example_cancels_the_product(explorer: Page) -> None:
    payload = run_example(explorer, "StatusUpdate")["data"]["updateProjectProductStatus"]
    assert payload["userErrors"] == []
    assert payload["changed"] is True
    assert statuses(payload["project"])["SKU-001"] == "Cancelled"
    expect(explorer.locator(ANSWER)).to_contain_text('"cancellationCode": "Defect"')
    stored = run_example(explorer, "NestedRead")["data"]["project"]
    assert stored["version"] == payload["project"]["version"]
    assert statuses(stored)["SKU-001"] == "Cancelled"


def test_the_subscription_example_shows_a_write_as_it_happens(explorer: Page) -> None:
    explorer.get_by_role("tab", name="Changes").click()
    expect(explorer.locator(EDITOR)).to_contain_text("subscription Changes")
    with explorer.expect_websocket() as opened:
        explorer.locator(".graphiql-execute-button").click()
    # Nothing tells that the server has it, which is silent until there is something: so there is, until it is shown.
    for number in range(40):
        explorer.evaluate(WRITE, f"Followed {number}")
        if explorer.locator(ANSWER).get_by_text("patchProject").count():
            break
        explorer.wait_for_timeout(250)
    expect(explorer.locator(ANSWER)).to_contain_text('"operation": "patchProject"')
    expect(explorer.locator(ANSWER)).to_contain_text('"projectId": "project-123"')
    expect(explorer.locator(ANSWER)).to_contain_text('"after": "Followed')
    # The button now stops it.
    with opened.value.expect_event("close"):
        explorer.locator(".graphiql-execute-button").click()


def test_the_explorer_plugin_lists_the_fields_of_the_schema(explorer: Page) -> None:
    explorer.get_by_role("button", name="Show GraphiQL Explorer").click()
    fields = explorer.locator(".graphiql-plugin")
    expect(fields).to_contain_text("searchProjects")
    expect(fields).to_contain_text("transactionSummary")


def test_a_reload_keeps_the_tab_but_stores_no_token(explorer: Page) -> None:
    run_example(explorer, "Search")
    # GraphiQL stores its tabs half a second after a change.
    explorer.wait_for_timeout(1_500)
    stored = explorer.evaluate("JSON.stringify(localStorage)")
    assert "searchProjects" in stored
    assert "Bearer" not in stored
    explorer.reload()
    expect(explorer.locator(EDITOR)).to_contain_text("query Search")
    expect(explorer.get_by_role("tab")).to_contain_text(EXAMPLES)
    answer = run(explorer, ".graphiql-execute-button")
    assert answer["data"]["searchProjects"]["totalHits"] > 0


def test_the_plain_page_runs_a_query_with_the_keyboard(plain: Page) -> None:
    plain.locator("#query").press("Control+Enter")
    expect(plain.locator("#result")).to_contain_text('"id": "project-123"')
    expect(plain.locator("#status")).to_contain_text("HTTP 200")


def test_the_plain_page_runs_a_mutation(plain: Page) -> None:
    plain.locator("#example").select_option("Cancel a product")
    payload = run(plain, "#run")["data"]["updateProjectProductStatus"]
    assert payload["userErrors"] == []
    assert statuses(payload["project"])["SKU-002"] == "Cancelled"
    expect(plain.locator("#result")).to_contain_text('"cancellationCode": "Defect"')


def test_the_plain_page_says_which_field_is_not_json(plain: Page) -> None:
    plain.locator("#variables").fill("{")
    plain.locator("#run").click()
    expect(plain.locator("#result")).to_contain_text("Variables are not JSON")
    expect(plain.locator("#status")).to_have_text("Not sent")

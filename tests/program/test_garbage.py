"""What a request leaves behind is freed at once: it holds whole projects, and the collector comes seldom."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest

from projectgate.app import create_app
from projectgate.data.database import Database
from tests.make.documents import make_full_document, store_documents
from tests.program.conftest import bearer, make_settings

pytestmark = pytest.mark.anyio

TURNS = 20
NESTED = "version products { id } partners { name } transactions { value } log { nodes { text } }"
STATUS = """mutation ($status: String!, $expected: Int) {
  updateProjectProductStatus(input: { projectId: "project-1", expectedVersion: $expected,
    productStatusUpdates: [{ skuId: "sku-0", status: $status }] }) {
    changes { path } project { %s } userErrors { code }
  }
}""".replace("%s", NESTED)

# It is active already.
ACTIVATE = """mutation {
  activateProject(input: { projectId: "project-1" }) {
    changed project { %s } userErrors { code }
  }
}""".replace("%s", NESTED)


@pytest.fixture
def nothing_collected() -> Iterator[None]:
    """Keeps the collector from coming by itself."""
    gc.disable()
    yield
    gc.enable()


async def asked(app: Any, body: Any) -> Any:
    """The answer to a POST, sent by nothing that leaves anything behind itself."""
    content = json.dumps(body).encode()
    headers = {"content-type": "application/json", "host": "x", **bearer(roles=["ProjectAdmin"])}
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "app": app,
    }
    await app(scope, receive, send)
    return json.loads(sent[1]["body"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f'{{ project(id: "project-1") {{ {NESTED} }} }}', None),
        (f"{{ projects {{ nodes {{ {NESTED} }} }} }}", None),
        (f'{{ project(id: "project-1", atVersion: 1) {{ {NESTED} }} }}', None),
        (STATUS, None),
        (STATUS, 1_000),
        (ACTIVATE, None),
        ("{ missing }", None),
    ],
    ids=["one", "page", "version", "write", "refused", "impossible", "invalid"],
)
async def test_what_a_request_leaves_behind_is_freed_without_the_collector(
    database: Database, nothing_collected: None, query: str, expected: int | None
) -> None:
    await store_documents(database, [make_full_document(f"project-{n}") for n in range(3)])
    app = create_app(make_settings(), database=database)

    async def turn(number: int) -> None:
        variables = {"status": f"Status {number}", "expected": expected}
        body = {"query": query, "variables": variables if query is STATUS else {}}
        answer = await asked(app, body)
        assert ("errors" in answer) == (query == "{ missing }")

    for number in range(3):
        await turn(number)
    gc.collect()
    for number in range(TURNS):
        await turn(number)
    # Less than one thing for each: nothing that grows with what was asked.
    assert gc.collect() < TURNS


async def test_a_batch_with_operations_that_are_refused_is_freed_without_the_collector(
    database: Database, nothing_collected: None
) -> None:
    app = create_app(make_settings(batch_limit=10), database=database)
    texts = [
        "{ projects { nodes { id } } }",
        "{ missing }",
        "{ unknown }",
        "query A { viewer { name } }",
    ]
    batch = [{"query": query, "operationName": "B"} for query in texts]
    del batch[0]["operationName"]
    for turns in (3, TURNS):
        gc.collect()
        for _ in range(turns):
            answers = await asked(app, batch)
            assert ["errors" in answer for answer in answers] == [False, True, True, True]
    assert gc.collect() < TURNS

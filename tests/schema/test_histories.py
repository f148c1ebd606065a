"""The log and the versions of a project, as connections."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.changes import change
from projectgate.resolvers.context import Context
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from tests.make.documents import make_document, store_documents
from tests.schema.conftest import ADMIN_CALLER, Ask

pytestmark = pytest.mark.anyio

Read = Callable[..., Awaitable[Any]]

OF = 'project(id: "project-1")'
PAGE = "nodes { %s } edges { cursor node { %s } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
LINES = [{"id": "line-1", "skuId": "SKU-001", "quantity": 1, "status": "Active"}]


async def written(database: Database, count: int) -> None:
    """Changes the status of the line, each time to another one, as a mutation does."""
    for place in range(count):
        update = StatusUpdate(status=f"Status {place}", line_id="line-1")
        command = UpdateProductStatus(project_id="project-1", product_status_updates=[update])
        outcome = await change(Context(database, ADMIN_CALLER), command)
        assert outcome.changed


async def pages(read: Read, history: str, field: str, first: int) -> list[dict[str, Any]]:
    """All pages of a history, newest first."""
    chosen = PAGE % (field, field)
    page_of = f"page: {history}(first: $first, after: $after) {{ {chosen} }}"
    query = f"query ($first: Int!, $after: String) {{ {OF} {{ {page_of} }} }}"
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await read(query, first=first, after=after))["project"]["page"]
        found.append(page)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("first", [1, 2, 3, 7, 100])
async def test_pages_of_the_log_join_to_all_of_it_newest_first_with_the_documents_own_items_last(
    database: Database, read: Read, first: int
) -> None:
    items = [{"id": f"item-{place}", "text": f"from the document {place}"} for place in range(3)]
    await store_documents(database, [make_document(products=LINES, logItems=items)])
    await written(database, 3)

    found = await pages(read, "log", "text", first)

    texts = [node["text"] for page in found for node in page["nodes"]]
    assert texts[:3] == ["updateProjectProductStatus"] * 3
    assert texts[3:] == ["import", *(item["text"] for item in items)]
    assert all(len(page["nodes"]) == first for page in found[:-1])


@pytest.mark.parametrize("first", [1, 2, 3, 7, 100])
async def test_pages_of_the_versions_join_to_all_of_them_newest_first(
    database: Database, read: Read, first: int
) -> None:
    await store_documents(database, [make_document(products=LINES)])
    await written(database, 6)

    found = await pages(read, "versions", "version", first)

    assert [node["version"] for page in found for node in page["nodes"]] == [7, 6, 5, 4, 3, 2, 1]


async def test_a_page_says_where_it_is(database: Database, read: Read) -> None:
    await store_documents(database, [make_document(products=LINES)])
    await written(database, 2)

    one, two, three = await pages(read, "versions", "version", 1)

    assert one["edges"] == [{"cursor": one["pageInfo"]["startCursor"], "node": {"version": 3}}]
    assert one["pageInfo"]["startCursor"] == one["pageInfo"]["endCursor"]
    states = [
        (page["pageInfo"]["hasNextPage"], page["pageInfo"]["hasPreviousPage"])
        for page in (one, two, three)
    ]
    assert states == [(True, False), (True, True), (False, True)]


async def test_an_empty_page_has_no_cursors(database: Database, read: Read) -> None:
    await store_documents(database, [make_document()])
    (page,) = await pages(read, "versions", "version", 1)
    chosen = PAGE % ("version", "version")

    data = await read(
        f'query ($after: String) {{ project(id: "project-1") {{ versions(after: $after) {{ {chosen} }} }} }}',
        after=page["pageInfo"]["endCursor"],
    )

    assert data["project"]["versions"] == {
        "nodes": [],
        "edges": [],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": True,
            "startCursor": None,
            "endCursor": None,
        },
    }


async def test_a_page_has_20_unless_told_otherwise(database: Database, read: Read) -> None:
    items = [{"text": str(place)} for place in range(30)]
    await store_documents(database, [make_document(logItems=items)])

    data = await read(
        '{ project(id: "project-1") { log { nodes { text } pageInfo { hasNextPage } } } }'
    )

    assert len(data["project"]["log"]["nodes"]) == 20
    assert data["project"]["log"]["pageInfo"]["hasNextPage"] is True


@pytest.mark.parametrize("history", ["log", "versions"])
@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_a_page_size_outside_1_to_100_is_an_error_that_says_the_limits(
    database: Database, ask: Ask, history: str, first: int
) -> None:
    await store_documents(database, [make_document()])

    answer = await ask(
        f'{{ project(id: "project-1") {{ {history}(first: {first}) {{ nodes {{ __typename }} }} }} }}'
    )

    assert answer.code == "BAD_USER_INPUT"
    assert str(first) in answer.message
    assert "1 and 100" in answer.message


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("history", ["log", "versions"])
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "not base64!",
        "é",
        "a\0",
        "\ud800",
        encoded("{"),
        encoded("1"),
        encoded("null"),
        encoded('["log", "project-1"]'),
        encoded('["log", "project-1", "1"]'),
        encoded('["log", "project-1", true]'),
        encoded('["versions", "project-1", 1.5]'),
        encoded(f'["versions", "project-1", {2**31}]'),
        encoded(f'["log", "project-1", {10**30}]'),
        encoded('["other", "project-1", 1]'),
    ],
)
async def test_what_is_no_cursor_is_an_error_that_says_so(
    database: Database, ask: Ask, history: str, cursor: str
) -> None:
    await store_documents(database, [make_document()])

    answer = await ask(
        f"query ($after: String) {{ {OF} {{ {history}(after: $after) {{ nodes {{ __typename }} }} }} }}",
        after=cursor,
    )

    assert answer.code == "INVALID_CURSOR"
    assert "endCursor" in answer.message


async def test_a_cursor_is_good_for_its_own_project_and_history_only(
    database: Database, ask: Ask, read: Read
) -> None:
    await store_documents(database, [make_document("project-1"), make_document("project-2")])
    (page,) = await pages(read, "versions", "version", 1)
    query = "query ($id: ID!, $after: String) { project(id: $id) { p: %s(after: $after) { nodes { __typename } } } }"
    after = page["pageInfo"]["endCursor"]

    assert (await ask(query % "versions", id="project-1", after=after)).errors == []
    assert (await ask(query % "versions", id="project-2", after=after)).code == "INVALID_CURSOR"
    assert (await ask(query % "log", id="project-1", after=after)).code == "INVALID_CURSOR"


async def test_a_version_says_who_wrote_what_and_when(database: Database, read: Read) -> None:
    await store_documents(database, [make_document(products=LINES, tags=["a"], projectValue=7)])
    await written(database, 1)

    data = await read(
        f"{{ {OF} {{ versions {{ nodes {{ version at actor operation changes {{ path before after }} }} }} }} }}"
    )

    second, first = data["project"]["versions"]["nodes"]
    assert (second["actor"], second["operation"]) == ("admin", "updateProjectProductStatus")
    changes = {change["path"]: (change["before"], change["after"]) for change in second["changes"]}
    assert changes["products[line-1].status"] == ("Active", "Status 0")
    assert (first["version"], first["actor"], first["operation"]) == (1, "importer", "import")
    assert first["at"] == "2026-03-01T12:00:00Z"
    began = {change["path"]: (change["before"], change["after"]) for change in first["changes"]}
    assert began["status"] == (None, "Active")
    assert began["tags"] == (None, ["a"])
    assert began["projectValue"] == (None, "7")
    assert began["products[line-1]"][1]["quantity"] == "1"


async def test_the_fields_of_a_log_item_are_those_of_its_document(
    database: Database, read: Read
) -> None:
    item = {
        "id": "item-1",
        "date": "2026-02-03T04:05:06.7Z",
        "user": "Kari",
        "text": "Next step",
        "comment": "ok",
        "data": "{}",
        "previousWorkflowStepName": "A",
        "newWorkflowStepName": "B",
        "dueDate": "2026-02-04T00:00:00+01:00",
        "dueText": "Call",
        "hidden": True,
        "hiddenFromCustomer": True,
        "hiddenFromPartner": True,
    }
    await store_documents(database, [make_document(logItems=[item, {}])])

    data = await read(
        f'{{ project(id: "project-1") {{ log {{ nodes {{ {" ".join(item)} }} }} }} }}'
    )

    ours, theirs, bare = data["project"]["log"]["nodes"]
    assert theirs == item | {
        "date": "2026-02-03T04:05:06.700000Z",
        "dueDate": "2026-02-03T23:00:00Z",
    }
    assert (ours["text"], ours["user"], ours["date"]) == (
        "import",
        "importer",
        "2026-03-01T12:00:00Z",
    )
    assert bare == dict.fromkeys(item) | dict.fromkeys(
        ["hidden", "hiddenFromCustomer", "hiddenFromPartner"], False
    )

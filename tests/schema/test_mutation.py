"""Mutations as clients send them: inputs in, payloads out."""

from __future__ import annotations

from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.access import READ, Caller
from tests.make.mutations import text_of
from tests.make.writes import admin, dump, stored, writing
from tests.schema.conftest import answered
from tests.schema.whole import selection
from tests.schema.writes import CHANGES, ERRORS, LINES, payload

pytestmark = pytest.mark.anyio


async def test_a_status_update_answers_the_project_and_what_changed(filled: Database) -> None:
    found = await payload(
        filled,
        "updateProjectProductStatus",
        f"project {{ version products {{ id status cancellationCode }} }} changed {CHANGES} {ERRORS}",
        projectId="project-1",
        productStatusUpdates=[
            {"skuId": "SKU-001", "status": "Cancelled", "cancellationCode": "Defect"},
            {"lineId": "line-2", "orderId": "10236", "status": "Sent", "cancellationCode": None},
        ],
        expectedVersion=1,
    )

    assert found == {
        "project": {
            "version": 2,
            "products": [
                {"id": "line-1", "status": "Cancelled", "cancellationCode": "Defect"},
                {"id": "line-2", "status": "Sent", "cancellationCode": None},
            ],
        },
        "changed": True,
        "changes": [
            {"path": "products[line-1].status", "before": "Active", "after": "Cancelled"},
            {"path": "products[line-1].cancellationCode", "before": None, "after": "Defect"},
            {"path": "products[line-2].status", "before": "Active", "after": "Sent"},
        ],
        "userErrors": [],
    }


async def test_absent_and_null_differ_in_a_status_update(filled: Database) -> None:
    cases: list[tuple[dict[str, Any], tuple[str | None, str | None]]] = [
        ({"cancellationCode": "C", "cancellationReason": "R"}, ("C", "R")),
        ({}, ("C", "R")),
        ({"cancellationCode": None}, (None, "R")),
        ({"cancellationReason": None}, (None, None)),
    ]
    for given, left in cases:
        update = given | {"lineId": "line-1", "status": "Cancelled"}
        found = await payload(
            filled,
            "updateProjectProductStatus",
            projectId="project-1",
            productStatusUpdates=[update],
        )
        assert found["userErrors"] == []
        line = ((await stored(filled)).project.products or [])[0]
        assert (line.cancellation_code, line.cancellation_reason) == left


async def test_a_replaced_list_answers_what_was_added_updated_and_removed(
    filled: Database,
) -> None:
    line = {
        "name": "Tap",
        "skuId": "SKU-003",
        "productId": "P-3",
        "quantity": "2.50",
        "status": "Ordered",
        "cancellationCode": "C",
        "cancellationReason": "R",
        "properties": [{"key": "color", "value": "white", "keyGroup": "g", "valueType": "String"}],
        "referenceType": "Tap",
        "orderType": "Order",
        "orderId": "9",
    }

    found = await payload(
        filled,
        "replaceProjectProducts",
        f"project {{ products {selection('ProjectProduct')} }} {LINES} changed {ERRORS}",
        projectId="project-1",
        products=[line, {"id": "line-2", "quantity": 3, "name": None}],
    )

    new, kept = found["project"]["products"]
    assert new == line | {"id": new["id"], "quantity": "2.5"}
    assert (kept["id"], kept["quantity"], kept["name"], kept["skuId"]) == (
        "line-2",
        "3",
        None,
        "SKU-002",
    )
    assert (found["added"], found["updated"], found["removed"]) == (
        [new["id"]],
        ["line-2"],
        ["line-1"],
    )


CALLS: dict[str, dict[str, Any]] = {
    "updateProjectProductStatus": {
        "projectId": "project-1",
        "productStatusUpdates": [{"skuId": "SKU-001", "status": "Sent"}],
    },
    "replaceProjectProducts": {"projectId": "project-1", "products": [{"name": "New"}]},
    "patchProject": {"id": "project-1", "name": "Other", "products": [{"id": "line-2"}]},
    "createProject": {"projectTypeId": "claim", "name": "Made", "products": [{"name": "New"}]},
}
calls = pytest.mark.parametrize("mutation", CALLS)


def everything(mutation: str) -> str:
    """All that a payload can tell."""
    lines = LINES if mutation in ("replaceProjectProducts", "patchProject") else ""
    return f"project {selection('Project')} changed {CHANGES} {lines} {ERRORS}"


def alike(found: Any, made: dict[str, str]) -> Any:
    """A payload without times, and with the ids that were made numbered in their order."""
    if isinstance(found, dict):
        return {
            name: "<time>"
            if name
            in (
                "at",
                "date",
                "modified",
                "created",
                "startDate",
                "cursor",
                "endCursor",
                "startCursor",
            )
            else alike(value, made)
            for name, value in found.items()
        }
    if isinstance(found, list):
        return [alike(item, made) for item in found]
    if not isinstance(found, str):
        return found
    for name in list(made):
        found = found.replace(name, made[name])
    if len(found) == 32 and all(char in "0123456789abcdef" for char in found):
        made[found] = f"<made {len(made)}>"
        return made[found]
    return found


@calls
async def test_a_dry_run_answers_what_the_real_run_then_does(
    filled: Database, mutation: str
) -> None:
    before = await dump(filled)
    selected = everything(mutation)
    dry = await payload(filled, mutation, selected, dryRun=True, **CALLS[mutation])
    assert await dump(filled) == before

    real = await payload(filled, mutation, selected, **CALLS[mutation])

    assert dry["userErrors"] == []
    assert dry["changed"]
    newest, *older = dry["project"]["log"]["nodes"]
    assert (newest["user"], newest["text"]) == ("anna", mutation)
    assert len(older) == (0 if mutation == "createProject" else 1)
    assert dry["project"]["versions"]["nodes"][0]["operation"] == mutation
    assert alike(dry, {}) == alike(real, {})


@calls
async def test_the_same_request_again_answers_the_same_whatever_is_selected(
    filled: Database, mutation: str
) -> None:
    given = CALLS[mutation] | {"idempotencyKey": "key"}
    narrow = await payload(filled, mutation, "project { id version } changed", **given)
    project = narrow["project"]
    later = {"id": project["id"], "name": "Later", "products": [], "tags": ["later"]}
    assert (await payload(filled, "patchProject", **later))["changed"]
    before = await dump(filled)

    again = await payload(filled, mutation, everything(mutation), **given)
    repeated = await payload(filled, mutation, everything(mutation), **given)

    assert await dump(filled) == before
    assert again == repeated
    assert again["changed"]
    assert (again["project"]["id"], again["project"]["version"]) == (
        project["id"],
        project["version"],
    )
    assert again["project"]["tags"] == []
    assert again["project"]["products"] != []
    assert len(again["project"]["versions"]["nodes"]) == project["version"]
    if mutation in ("replaceProjectProducts", "createProject"):
        added = [line["id"] for line in again["project"]["products"] if line["name"] == "New"]
        assert again.get("added", added) == added


async def test_each_payload_of_one_operation_shows_what_its_own_write_left(
    filled: Database,
) -> None:
    text = """
        mutation {
          one: patchProject(input: { id: "project-1", name: "One", tags: ["one"] }) {
            project { version name tags log { nodes { text } } versions { nodes { version } } }
          }
          two: patchProject(input: { id: "project-1", name: "Two", products: [] }) {
            project { version name tags products { id } versions { nodes { version } } }
          }
        }
    """

    answer = await answered(writing(filled), text)

    assert answer.errors == []
    one, two = answer.data["one"]["project"], answer.data["two"]["project"]
    assert (one["version"], one["name"], one["tags"]) == (2, "One", ["one"])
    assert one["versions"]["nodes"] == [{"version": 2}, {"version": 1}]
    assert one["log"]["nodes"] == [{"text": "patchProject"}, {"text": "import"}]
    assert (two["version"], two["name"], two["tags"], two["products"]) == (3, "Two", ["one"], [])
    assert len(two["versions"]["nodes"]) == 3


SAME: dict[str, dict[str, Any]] = {
    "updateProjectProductStatus": {
        "projectId": "project-1",
        "productStatusUpdates": [{"lineId": "line-1", "status": "Active"}],
    },
    "replaceProjectProducts": {
        "projectId": "project-1",
        "products": [{"id": "line-1"}, {"id": "line-2"}],
    },
    "patchProject": {"id": "project-1", "tags": [], "storeId": "store-oslo"},
}


@pytest.mark.parametrize("mutation", SAME)
async def test_a_payload_of_a_write_that_changes_nothing_says_so(
    filled: Database, mutation: str
) -> None:
    before = await dump(filled)

    found = await payload(filled, mutation, everything(mutation), **SAME[mutation])

    assert (found["changed"], found["changes"], found["userErrors"]) == (False, [], [])
    assert found["project"]["version"] == 1
    assert [found.get(name, []) for name in LINES.split()] == [[], [], []]
    assert await dump(filled) == before


@calls
async def test_a_reader_is_forbidden_and_learns_nothing(filled: Database, mutation: str) -> None:
    reader = Caller("rune", frozenset({READ}))
    for target in ("project-1", "no-such"):
        given = {
            name: target if name in ("projectId", "id") else value
            for name, value in CALLS[mutation].items()
        }
        answer = await answered(
            writing(filled, reader), text_of(mutation, "changed"), {"input": given}
        )
        assert answer.code == "FORBIDDEN"
        assert answer.message == (
            "a mutation needs the role ProjectAdmin; the token of 'rune' does not have it"
        )


async def test_a_store_outside_the_scope_is_forbidden(filled: Database) -> None:
    given = {"id": "project-1", "storeId": "store-bergen"}
    answer = await answered(
        writing(filled, admin("bo", "store-oslo")),
        text_of("patchProject", "changed"),
        {"input": given},
    )
    assert answer.code == "FORBIDDEN"
    assert "'store-bergen'" in answer.message


@calls
async def test_a_text_that_cannot_be_stored_is_a_user_error(
    filled: Database, mutation: str
) -> None:
    found = await payload(filled, mutation, **CALLS[mutation] | {"idempotencyKey": "a\0b"})
    (error,) = found["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_VALUE", ["idempotencyKey"])

"""Project types, from documents to JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.access import READ, Caller
from tests.conftest import recorded
from tests.make.documents import store_types, type_documents
from tests.schema.whole import expected, selection

pytestmark = pytest.mark.anyio

Read = Callable[..., Awaitable[Any]]


async def test_every_field_of_every_example_type_is_answered_as_the_document_has_it(
    database: Database, read: Read
) -> None:
    documents = type_documents()
    await store_types(database, documents)

    data = await read(f"{{ projectTypes {selection('ProjectType')} }}")

    assert data["projectTypes"] == [expected("ProjectType", document) for document in documents]


async def test_a_type_without_anything_has_empty_lists_and_nulls(
    database: Database, read: Read
) -> None:
    await store_types(database, [{"projectTypeId": "bare"}])

    data = await read(f'{{ projectType(id: "bare") {selection("ProjectType")} }}')

    assert data["projectType"] == expected("ProjectType", {"projectTypeId": "bare"})
    assert data["projectType"]["workflowSteps"] == []


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("", (True, False)),
        ("(active: null)", (True, False)),
        ("(active: true)", (True,)),
        ("(active: false)", (False,)),
    ],
)
async def test_active_chooses_the_types_that_new_projects_can_have(
    database: Database, read: Read, arguments: str, wanted: tuple[bool, ...]
) -> None:
    documents = type_documents()
    await store_types(database, documents)

    data = await read(f"{{ projectTypes{arguments} {{ id }} }}")

    ids = [document["projectTypeId"] for document in documents if document["active"] in wanted]
    assert [kind["id"] for kind in data["projectTypes"]] == ids
    assert ids


async def test_every_reader_sees_every_type(database: Database, read: Read) -> None:
    await store_types(database, type_documents())
    nobody = Caller("ann", frozenset({READ}), frozenset())

    data = await read('{ projectTypes { id } projectType(id: "retired") { id active } }', nobody)

    assert len(data["projectTypes"]) == 6
    assert data["projectType"] == {"id": "retired", "active": False}


async def test_types_by_id_cost_one_statement_together_and_an_unknown_one_is_null(
    database: Database, read: Read
) -> None:
    await store_types(database, type_documents())

    with recorded(database) as sent:
        kitchen, claim, other = (
            f'projectType(id: "{name}") {{ id }}' for name in ("kitchen", "claim", "Claim")
        )
        data = await read(f"{{ a: {kitchen} b: {claim} c: {other} }}")

    assert data == {"a": {"id": "kitchen"}, "b": {"id": "claim"}, "c": None}
    assert len(sent) == 1

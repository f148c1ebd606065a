"""Made-up documents are whole, right, and the same for the same number."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Any

from projectgate.data import seed
from projectgate.data.base import dumps
from projectgate.data.omnium import document_of, storable
from projectgate.data.project_types import ProjectType
from projectgate.data.projects import Project
from tests.make.documents import project_documents
from tests.make.exchange import loads

COUNT = 250
DOCUMENTS = list(seed.documents(COUNT))
TYPES = {document["projectTypeId"]: document for document in seed.types()}


def test_the_same_number_gives_the_same_documents_and_fewer_are_their_beginning() -> None:
    assert list(seed.documents(50)) == DOCUMENTS[:50]


def test_another_number_gives_other_documents_but_the_same_example() -> None:
    others = list(seed.documents(50, seed=2))
    assert others[0] == DOCUMENTS[0]
    assert all(other != one for other, one in zip(others[1:], DOCUMENTS[1:], strict=False))


def test_as_many_documents_as_asked_for_with_ids_of_their_own() -> None:
    assert list(seed.documents(0)) == []
    assert len({document["id"] for document in DOCUMENTS}) == COUNT
    assert next(islice(seed.documents(10**9), 1000, None))["id"] == "project-2000"


def test_the_first_project_is_the_one_of_the_documentation() -> None:
    (first,) = seed.documents(1)
    assert first["id"] == "project-123"
    assert first["name"] == "Claim for order 10234"
    assert (first["type"], first["storeId"], first["status"]) == ("claim", "store-oslo", "Active")
    assert [(line["skuId"], line["status"]) for line in first["products"]] == [
        ("SKU-001", "Active"),
        ("SKU-002", "Active"),
    ]


def test_a_document_has_every_member_that_the_order_system_sends() -> None:
    (example,) = (one for one in project_documents() if one["id"] == "project-123")
    for document in DOCUMENTS:
        assert list(document) == list(example)


def _plain(document: dict[str, Any]) -> Any:
    return loads(dumps(document))


def test_what_is_calculated_in_a_document_is_right() -> None:
    for document in DOCUMENTS:
        project = Project.of(storable(document))
        project.recalculate()
        if project.workflow_steps:
            project.workflow_step = None
        assert _plain(document_of(project)) == _plain(document)


def test_types_and_projects_fit_together() -> None:
    assert list(TYPES) == ["kitchen", "claim", "return", "bicycle", "bathroom", "retired"]
    assert [kind for kind in TYPES if not ProjectType.of(TYPES[kind]).active] == ["retired"]
    for document in DOCUMENTS:
        kind = TYPES[document["type"]]
        assert document["projectTypeName"] == kind["projectTypeName"]
        assert [step["id"] for step in document["workflowSteps"]] == [
            step["id"] for step in kind["workflowSteps"]
        ]
        assert sum(step["current"] for step in document["workflowSteps"]) == bool(
            kind["workflowSteps"]
        )
        partners = {partner["id"] for partner in document["partners"]}
        assert not (kind["isPartnerDisabled"] and partners)
        assert partners <= set(kind["availablePartnerIds"] or partners)
        assert kind["canHaveMultiplePartners"] or len(partners) < 2


def test_there_is_something_of_everything() -> None:
    def values(member: str) -> set[Any]:
        return {document[member] for document in DOCUMENTS}

    assert values("type") >= set(TYPES) - {"retired"}
    assert {"New", "Active", "OnHold", "Completed", "CancelledByCustomer"} <= values("status")
    assert len(values("storeId")) == 6
    assert {len(document["products"]) for document in DOCUMENTS} >= {1, 8}
    for member in (
        "projectParts",
        "changeOrders",
        "transactions",
        "stores",
        "partners",
        "tags",
        "comments",
    ):
        assert {bool(document[member]) for document in DOCUMENTS} == {True, False}, member


def test_projects_are_made_before_the_start_and_changed_after_they_are_made() -> None:
    start = seed.START + timedelta(days=7)
    moved = list(seed.documents(20, start=start))
    for document, one in zip(moved, DOCUMENTS, strict=False):
        project, other = Project.of(document), Project.of(one)
        assert start - timedelta(days=400) <= project.created <= start
        assert project.created <= project.modified
        assert project.created - other.created == timedelta(days=7)

"""Inputs: every field is written and read back, and each input has the fields of its document."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type, get_nullable_type, is_list_type
from pydantic.alias_generators import to_camel

from projectgate.data.addresses import Address
from projectgate.data.attachments import Asset
from projectgate.data.change_orders import ChangeOrder
from projectgate.data.check_list import CheckListItem
from projectgate.data.contact_persons import ContactPerson
from projectgate.data.customers import ProjectCustomer
from projectgate.data.database import Database
from projectgate.data.documents import Document
from projectgate.data.entity_errors import EntityError
from projectgate.data.form_data import FormEntry
from projectgate.data.partners import ProjectPartner
from projectgate.data.parts import ProjectPart
from projectgate.data.products import ProductRow
from projectgate.data.properties import ExternalId, Property
from projectgate.data.stores import ProjectStore
from projectgate.data.tasks import Task
from projectgate.data.transactions import Transaction
from projectgate.resolvers.products import StatusUpdate
from tests.make.mutations import text_of
from tests.make.writes import dump, imported_types, make_type, writing
from tests.schema.conftest import answered
from tests.schema.whole import TYPES, selection
from tests.schema.whole_patch import APART, FIELDS, NAMES, OPTIONS
from tests.schema.writes import ERRORS, payload

pytestmark = pytest.mark.anyio


def kept(answer: Any, given: Any) -> Any:
    """The part of an answer that was given."""
    if isinstance(given, dict):
        return {name: kept(answer[name], value) for name, value in given.items()}
    if isinstance(given, list):
        assert len(answer) == len(given)
        return [kept(one, other) for one, other in zip(answer, given, strict=True)]
    return answer


def test_the_whole_patch_below_gives_every_field_there_is() -> None:
    """So that no field of an input is forgotten by the test after it."""

    def missing(kind: GraphQLInputObjectType, given: dict[str, Any], path: str) -> Iterator[str]:
        for name, field in kind.fields.items():
            if name not in given:
                yield f"{path}{name}"
                continue
            below = get_named_type(field.type)
            value = given[name][0] if is_list_type(get_nullable_type(field.type)) else given[name]
            if isinstance(below, GraphQLInputObjectType):
                yield from missing(below, value, f"{path}{name}.")

    patch = TYPES["PatchProjectInput"]
    assert isinstance(patch, GraphQLInputObjectType)
    customer = FIELDS["customer"] | NAMES
    absent = set(missing(patch, FIELDS | {"customer": customer}, ""))
    line = {f"products.{name}" for name in ("name", "productId", "status", "referenceType")}
    line |= {f"products.{name}" for name in ("orderType", "orderId")}
    line |= {f"products.cancellation{name}" for name in ("Code", "Reason")}
    calculated = {
        f"{owner}transactions.{name}"
        for owner in ("", "projectParts.", "changeOrders.")
        for name in REFUSED
    }
    new = {
        "products.id",
        "transactions.id",
        *(
            f"{owner}.{name}"
            for owner in ("projectParts", "changeOrders")
            for name in ("id", "tasks.id", "transactions.id")
        ),
    }
    assert absent == {"id"} | OPTIONS | APART | line | new | calculated


@pytest.mark.parametrize("mutation", ["patchProject", "createProject"])
async def test_every_field_of_an_input_is_written_and_read_back(
    filled: Database, mutation: str
) -> None:
    target: dict[str, Any] = (
        {"id": "project-1"} if mutation == "patchProject" else {"projectTypeId": "claim"}
    )
    whole = selection("Project")

    found = await payload(filled, mutation, f"project {whole} {ERRORS}", **target, **FIELDS)

    assert found["userErrors"] == []
    assert kept(found["project"], FIELDS) == FIELDS
    project = found["project"]
    query = f"query ($id: ID!) {{ project(id: $id) {whole} }}"
    later = await answered(writing(filled), query, {"id": project["id"]})
    assert later.data["project"] == project
    at_version = f"query ($id: ID!, $n: Int) {{ project(id: $id, atVersion: $n) {whole} }}"
    variables = {"id": project["id"], "n": project["version"]}
    assert (await answered(writing(filled), at_version, variables)).data["project"] == project


async def test_the_names_of_a_customer_are_written(filled: Database) -> None:
    for name, shown in (("lastName", "Æ"), ("firstName", "Å Æ"), ("fullName", "Ø")):
        found = await payload(
            filled,
            "patchProject",
            "project { customer { displayName kind } }",
            id="project-1",
            customer={name: NAMES[name]},
        )
        customer = found["project"]["customer"]
        assert customer == {"displayName": shown, "kind": "PRIVATE"}
    found = await payload(
        filled,
        "patchProject",
        "project { customer { displayName kind } }",
        id="project-1",
        customer={"name": "Østby AS", "taxId": "9"},
    )
    assert found["project"]["customer"] == {"displayName": "Østby AS", "kind": "BUSINESS"}


async def test_values_and_type_of_a_project_without_transactions_are_written(
    filled: Database,
) -> None:
    await imported_types(filled, make_type(id="other", name="Other"))

    found = await payload(
        filled,
        "patchProject",
        f"project {{ projectValue projectBudgetValue type projectTypeName }} {ERRORS}",
        id="project-1",
        projectValue="12.50",
        projectBudgetValue=7,
        type="other",
    )

    assert found["project"] == {
        "projectValue": "12.5",
        "projectBudgetValue": "7",
        "type": "other",
        "projectTypeName": "Other",
    }


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("replaceProjectProducts", {"projectId": "project-1", "products": None}),
        ("replaceProjectProducts", {"projectId": "project-1"}),
        ("replaceProjectProducts", {"projectId": "project-1", "products": [None]}),
        ("replaceProjectProducts", {"projectId": None, "products": []}),
        ("updateProjectProductStatus", {"projectId": "project-1", "productStatusUpdates": None}),
        (
            "updateProjectProductStatus",
            {"projectId": "project-1", "productStatusUpdates": [{"skuId": "S"}]},
        ),
        (
            "updateProjectProductStatus",
            {"projectId": "project-1", "productStatusUpdates": [{"status": None}]},
        ),
        ("patchProject", {"name": "x"}),
        ("patchProject", {"id": "project-1", "tags": [None]}),
        ("patchProject", {"id": "project-1", "version": 2}),
        ("patchProject", {"id": "project-1", "projectTypeName": "x"}),
        ("patchProject", {"id": "project-1", "transactionSummary": {}}),
        ("patchProject", {"id": "project-1", "dryRun": None}),
        ("patchProject", {"id": "project-1", "deadline": "2026-01-01T00:00:00"}),
        ("patchProject", {"id": "project-1", "projectValue": "1,5"}),
        ("patchProject", {"id": "project-1", "stores": [{"name": "x"}]}),
        ("createProject", {"name": "x"}),
        ("createProject", {"projectTypeId": "claim", "expectedVersion": 1}),
    ],
)
async def test_an_input_that_is_not_of_its_type_is_a_request_error(
    filled: Database, mutation: str, given: dict[str, Any]
) -> None:
    before = await dump(filled)

    answer = await answered(writing(filled), text_of(mutation, "changed"), {"input": given})

    assert answer.data is None
    assert answer.code == "BAD_USER_INPUT"
    assert await dump(filled) == before


REFUSED = {"value", "budgetValue", "budgetDeviation", "budgetDeviationPercent"}
MODELS: dict[str, type[Document]] = {
    "PropertyInput": Property,
    "ExternalIdInput": ExternalId,
    "AddressInput": Address,
    "ContactPersonInput": ContactPerson,
    "ProjectCustomerInput": ProjectCustomer,
    "ProjectPartnerInput": ProjectPartner,
    "ProjectStoreInput": ProjectStore,
    "CheckListItemInput": CheckListItem,
    "FormEntryInput": FormEntry,
    "EntityErrorInput": EntityError,
    "AssetInput": Asset,
    "TransactionInput": Transaction,
    "TaskInput": Task,
    "ProjectPartInput": ProjectPart,
    "ChangeOrderInput": ChangeOrder,
    "ProjectProductInput": ProductRow,
}


@pytest.mark.parametrize("name", MODELS)
def test_an_input_has_the_fields_of_its_document_but_for_what_is_calculated(name: str) -> None:
    kind = TYPES[name]
    assert isinstance(kind, GraphQLInputObjectType)
    model = MODELS[name]
    settable = {to_camel(field) for field, held in model.model_fields.items() if not held.exclude}
    calculated = {"url", "contentType", "length"} if name == "AssetInput" else set()
    # Those of a transaction are there to be refused by name.
    refused = REFUSED if name == "TransactionInput" else set()
    assert set(kind.fields) == settable - calculated | refused


def test_a_status_update_has_the_fields_of_its_command() -> None:
    kind = TYPES["ProductStatusUpdateInput"]
    assert isinstance(kind, GraphQLInputObjectType)
    assert set(kind.fields) == {to_camel(held.name) for held in dataclasses.fields(StatusUpdate)}

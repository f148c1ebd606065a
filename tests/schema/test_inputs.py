"""Every field of every input: written, read back, cleared or refused by null, and none forgotten."""

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
from projectgate.data.projects import Project
from projectgate.data.properties import ExternalId, Property
from projectgate.data.stores import ProjectStore
from projectgate.data.tasks import Task
from projectgate.data.transactions import Transaction
from projectgate.resolvers.products import StatusUpdate
from projectgate.schema.build import schema
from tests.make.mutations import text_of
from tests.make.writes import dump, imported_types, make_type, stored, writing
from tests.schema.conftest import answered
from tests.schema.whole import selection
from tests.schema.writes import ERRORS, fill, payload

pytestmark = pytest.mark.anyio

TYPES = schema._schema.type_map


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with the type claim and project-1."""
    await fill(database)
    return database


ADDRESS = {
    "name": "Home",
    "line1": "Storgata 1",
    "line2": "Bygg B",
    "streetNumber": "1",
    "apartmentNumber": "H0101",
    "postalCode": "0150",
    "city": "Oslo",
    "state": "Oslo",
    "regionCode": "03",
    "regionName": "Østlandet",
    "countryCode": "NO",
    "countryName": "Norge",
    "locationName": "Storo",
    "email": "home@example.test",
    "phone": "22 33 44 55",
    "externalId": "a-1",
    "purposes": ["Delivery", "Billing"],
    "properties": [{"key": "door", "value": "4", "keyGroup": None, "valueType": "Number"}],
}
PROPERTY = {"key": "k", "value": "v", "keyGroup": "g", "valueType": "String"}
PERSON = {
    "id": "c-1",
    "firstName": "Åse",
    "lastName": "Ærlig",
    "email": "ase@example.test",
    "phone": "1",
    "role": "Owner",
    "roles": ["Owner", "Cook"],
    "isPrimaryContact": True,
    "notify": True,
    "address": ADDRESS,
    "privateCustomerId": "pc-1",
    "externalIds": [{"id": "x", "providerName": "CRM"}],
    "properties": [PROPERTY],
}
PARTNER = {
    "id": "b-1",
    "name": "Rør AS",
    "email": "ror@example.test",
    "phone": "2",
    "role": "Plumber",
    "address": ADDRESS,
    "addresses": [ADDRESS],
    "contacts": [PERSON],
    "properties": [PROPERTY],
}
MONEY = {
    "description": "Work",
    "revenue": "10.5",
    "cost": "0.25",
    "budgetRevenue": "8",
    "budgetCost": "-1",
}
WORK = {
    "title": "Floor",
    "description": "Tiles",
    "status": "Sent",
    "cartIds": ["cart-1"],
    "tasks": [
        {
            "text": "Measure",
            "comment": "twice",
            "isCompleted": True,
            "completed": "2026-05-01T12:00:00.000001Z",
            "completedById": "u-1",
            "completedByName": "Bo",
            "created": "2026-04-01T12:00:00Z",
            "properties": [PROPERTY],
        }
    ],
    "transactions": [MONEY],
    "properties": [PROPERTY],
    "created": "2026-03-01T12:00:00Z",
    "modified": "2026-03-02T12:00:00Z",
}
# Every field that a client may give, as the answer then has it.
FIELDS: dict[str, Any] = {
    "projectNumber": "P-9",
    "name": "Kjøkken",
    "projectCategory": "Claim",
    "subType": "Small",
    "status": "Venter",
    "cancellationCode": "C",
    "cancellationReason": "R",
    "deadline": "2026-06-01T10:00:00Z",
    "projectDate": "2026-06-02T10:00:00Z",
    "externalReference": "EXT-9",
    "externalIds": [{"id": "1", "providerName": "CRM"}, {"id": "2", "providerName": None}],
    "tags": ["a", "B"],
    "publicUrl": "https://example.test/p",
    "customer": {
        "id": "cu-1",
        "number": "K9",
        "email": "k@example.test",
        "phone": "3",
        "address": ADDRESS,
        "addresses": [ADDRESS, ADDRESS],
        "tags": ["VIP"],
    },
    "contactPersons": [PERSON],
    "storeContact": PERSON,
    "storeId": "store-bergen",
    "stores": [
        {
            "storeId": "store-oslo",
            "name": "Oslo",
            "email": "oslo@example.test",
            "phone": "4",
            "role": "Pickup",
            "address": ADDRESS,
            "properties": [PROPERTY],
        }
    ],
    "addresses": [ADDRESS],
    "partner": PARTNER,
    "partners": [PARTNER],
    "partnerCheckList": [
        {
            "text": "Keys",
            "comment": "two",
            "isCompleted": True,
            "completed": "2026-05-01T12:00:00Z",
            "completedById": "u-1",
            "completedByName": "Bo",
        }
    ],
    "products": [{"skuId": "SKU-9", "quantity": "0.5", "properties": [PROPERTY]}],
    "projectParts": [WORK],
    "changeOrders": [WORK | {"approved": "2026-05-03T12:00:00Z", "approvedBy": "Bo"}],
    "transactions": [MONEY],
    "projectAdditionalValue": "1.5",
    "formData": [PROPERTY, PROPERTY],
    "attachments": [
        {
            "assetId": "a-1",
            "name": "Plan",
            "fileName": "plan.pdf",
            "description": "The plan",
            "altText": "A plan",
            "assetType": "Document",
            "purpose": "Drawing",
            "isMainImage": True,
            "sortOrder": -3,
            "externalUrl": "https://example.test/plan",
            "forceUpload": True,
            "parentId": "x",
            "created": "2026-01-01T00:00:00Z",
            "modified": "2026-01-02T00:00:00Z",
            "properties": [PROPERTY],
        }
    ],
    "errors": [
        {
            "key": "E1",
            "message": "m",
            "details": "d",
            "comment": "c",
            "severity": "Error",
            "status": "New",
            "occurred": "2026-05-01T12:00:00Z",
            "referenceId": "r",
        }
    ],
}
NAMES = {"name": "Østby AS", "fullName": "Ø", "firstName": "Å", "lastName": "Æ", "taxId": "9"}
# Given in a test of their own: calculated while there are transactions, or without a field of their own.
APART = {"projectValue", "projectBudgetValue", "type"}
OPTIONS = {"expectedVersion", "idempotencyKey", "dryRun"}


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


CLEARABLE = [
    "projectNumber",
    "name",
    "projectCategory",
    "subType",
    "status",
    "cancellationCode",
    "cancellationReason",
    "deadline",
    "projectDate",
    "externalReference",
    "publicUrl",
    "customer",
    "storeContact",
    "storeId",
    "partner",
]
NOT_NULL = [
    "externalIds",
    "tags",
    "contactPersons",
    "stores",
    "addresses",
    "partners",
    "partnerCheckList",
    "products",
    "projectParts",
    "changeOrders",
    "transactions",
    "projectValue",
    "projectBudgetValue",
    "projectAdditionalValue",
    "formData",
    "attachments",
    "errors",
    "type",
]


def test_every_field_of_a_patch_is_cleared_or_refuses_null() -> None:
    patch = TYPES["PatchProjectInput"]
    assert isinstance(patch, GraphQLInputObjectType)
    assert set(CLEARABLE) | set(NOT_NULL) | OPTIONS | {"id"} == set(patch.fields)


@pytest.mark.parametrize("literal", [True, False], ids=["literal", "variable"])
async def test_null_is_a_user_error_where_it_cannot_be_and_clears_elsewhere(
    filled: Database, literal: bool
) -> None:
    async def patch(names: list[str]) -> Any:
        if not literal:
            selected = f"project {{ {' '.join(names)} }} {ERRORS}".replace(
                "customer ", "customer { id } "
            )
            selected = selected.replace("storeContact ", "storeContact { id } ")
            selected = selected.replace("partner ", "partner { id } ")
            nulls: dict[str, Any] = dict.fromkeys(names)
            return await payload(
                filled,
                "patchProject",
                selected if names == CLEARABLE else ERRORS,
                id="project-1",
                **nulls,
            )
        given = " ".join(f"{name}: null" for name in names)
        text = f'mutation {{ patchProject(input: {{ id: "project-1" {given} }}) {{ {ERRORS} }} }}'
        answer = await answered(writing(filled), text)
        assert answer.errors == []
        return answer.data["patchProject"]

    await payload(filled, "patchProject", id="project-1", **FIELDS)
    refused = (await patch(NOT_NULL))["userErrors"]
    assert sorted(error["path"] for error in refused if error["code"] == "INVALID_VALUE") == sorted(
        [name] for name in NOT_NULL
    )
    lists = {name for name in NOT_NULL if name != "type" and "Value" not in name}
    assert all(
        "use [] to clear" in error["message"] for error in refused if error["path"][0] in lists
    )
    cleared = await patch(CLEARABLE)
    assert cleared["userErrors"] == []
    project = (await stored(filled)).project
    for name in CLEARABLE:
        field = next(key for key, held in Project.model_fields.items() if held.alias == name)
        assert getattr(project, field) is None


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


async def test_a_null_list_written_out_is_a_validation_error(filled: Database) -> None:
    text = """
        mutation {
          replaceProjectProducts(input: { projectId: "project-1", products: null }) { changed }
        }
    """

    answer = await answered(writing(filled), text)

    assert answer.code == "GRAPHQL_VALIDATION_FAILED"


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

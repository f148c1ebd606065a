"""Updating a whole project: what is absent is cleared, but for the products; what an update does not have stays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.resolvers.changes import change
from projectgate.resolvers.errors import Forbidden
from projectgate.resolvers.updates import UpdateProject
from projectgate.schema.build import schema
from tests.make.documents import make_full_document
from tests.make.projects import NOON, make_project
from tests.make.writes import (
    admin,
    dump,
    imported,
    imported_types,
    make_type,
    stored,
    told,
    writing,
)

pytestmark = pytest.mark.anyio

# The members of OmniumProjectUpdateRequest: 23 with the id, and the products, which our ruling adds.
PUT = """
    id projectNumber name cancellationCode cancellationReason deadline externalReference externalIds tags publicUrl
    customer contactPersons storeContact storeId stores addresses partner partners projectParts changeOrders
    transactions projectValue formData
"""
OPTIONS = {"expectedVersion", "idempotencyKey", "dryRun"}
LISTS = {
    "external_ids": [{"id": "new"}],
    "tags": ["new"],
    "contact_persons": [{"id": "new"}],
    "stores": [{"store_id": "new"}],
    "addresses": [{"city": "new"}],
    "partners": [{"id": "new"}],
    "project_parts": [{"title": "new"}],
    "change_orders": [{"title": "new"}],
    "transactions": [{"description": "new"}],
    "form_data": [{"key": "new"}],
}
ONES = {
    "project_number": "new",
    "name": "new",
    "cancellation_code": "new",
    "cancellation_reason": "new",
    "deadline": NOON,
    "external_reference": "new",
    "public_url": "new",
    "customer": {"id": "new"},
    "store_contact": {"id": "new"},
    "store_id": "new",
    "partner": {"id": "new"},
}
FIELDS: dict[str, Any] = LISTS | ONES


def make_whole(**changes: Any) -> Project:
    """A project that has something in every field of an update, and in many that no update has."""
    document = make_full_document() | {
        "type": "claim",
        "projectNumber": "P-1",
        "name": "Old",
        "cancellationCode": "Old",
        "cancellationReason": "old",
        "deadline": "2026-01-01T00:00:00Z",
        "externalReference": "old",
        "publicUrl": "old",
        "subType": "kept",
        "projectDate": "2026-01-01T00:00:00Z",
        "projectAdditionalValue": 5,
    }
    project = Project.of(document | changes)
    project.recalculate()
    return project


async def update(database: Database, caller: Any = None, **given: Any) -> Any:
    """The outcome of an update."""
    command = UpdateProject(project_id="project-1", given=given)
    return await change(writing(database, caller), command)


@pytest.fixture
async def whole(database: Database) -> Database:
    """A database with such a project, of a type that allows everything."""
    await imported_types(database, make_type())
    await imported(database, make_whole())
    return database


def test_an_update_has_the_fields_of_rests_put_and_the_products() -> None:
    kind = schema._schema.type_map["UpdateProjectInput"]
    assert isinstance(kind, GraphQLInputObjectType)
    assert len(PUT.split()) == 23
    assert set(kind.fields) == {*PUT.split(), "products"} | OPTIONS
    assert len(FIELDS) == 23 - 2


async def test_what_is_absent_is_cleared_and_what_an_update_does_not_have_stays(
    whole: Database,
) -> None:
    """Products are the exception, and are replaced when given."""
    before = (await stored(whole)).project

    outcome = await update(whole)

    assert outcome.faults == []
    there = (await stored(whole)).project
    for name in ONES:
        assert getattr(before, name) is not None, name
        assert getattr(there, name) is None, name
    for name in LISTS:
        assert getattr(before, name), name
        assert getattr(there, name) == [], name
    assert there.project_value == there.project_budget_value == Decimal(0)
    kept = set(Project.model_fields) - set(FIELDS) - {"id", "modified", "version_id"}
    kept -= {"project_value", "project_budget_value"}
    for name in kept:
        assert getattr(there, name) == getattr(before, name), name
    assert there.products
    await update(whole, products=[{"sku_id": "NEW"}])
    assert [line.sku_id for line in (await stored(whole)).project.products or ()] == ["NEW"]
    await update(whole, products=[])
    assert (await stored(whole)).project.products == []


@pytest.mark.parametrize("name", FIELDS)
async def test_a_field_that_is_given_is_the_only_one_that_is_not_cleared(
    whole: Database, name: str
) -> None:
    outcome = await update(whole, **{name: FIELDS[name]})

    assert outcome.faults == []
    there = (await stored(whole)).project
    for other in FIELDS:
        value = getattr(there, other)
        assert bool(value) == (other == name), other
    assert "new" in str(getattr(there, name)) or getattr(there, name) == NOON


@pytest.mark.parametrize("name", [*FIELDS, "products", "project_value"])
async def test_null_clears_what_can_be_null_and_is_refused_elsewhere(
    whole: Database, name: str
) -> None:
    outcome = await update(whole, **{name: None})

    refused = name in LISTS or name in ("products", "project_value")
    assert [fault.code for fault in outcome.faults] == ["INVALID_VALUE"] * refused


async def test_the_value_is_cleared_or_given_where_there_are_no_transactions(
    database: Database,
) -> None:
    await imported(database, make_project(project_value=Decimal(9)))

    async def value() -> Decimal:
        project: Any = (await stored(database)).project
        found: Decimal = project.project_value
        return found

    await update(database, project_value=Decimal("7.5"))
    assert await value() == Decimal("7.5")
    await update(database)
    assert await value() == Decimal(0)
    money = [{"revenue": Decimal(3)}]
    refused = await update(database, project_value=Decimal(1), transactions=money)
    assert told(refused) == [("CALCULATED_FIELD", "projectValue")]
    await update(database, transactions=money)
    assert await value() == Decimal(3)


async def test_a_caller_cannot_clear_the_store_that_makes_a_project_theirs(
    database: Database,
) -> None:
    await imported(database, make_project())
    before = await dump(database)

    with pytest.raises(Forbidden):
        await update(database, admin("anna", "store-oslo"), name="x")

    assert await dump(database) == before
    kept = await update(database, admin("anna", "store-oslo"), name="x", store_id="store-oslo")
    assert kept.faults == []


async def test_an_element_with_an_id_keeps_what_is_not_given_of_it(whole: Database) -> None:
    """Inside lists an update is as a patch."""
    before = (await stored(whole)).project
    first = (before.transactions or [])[0]

    await update(whole, transactions=[{"id": first.id, "cost": Decimal(99)}])

    (there,) = (await stored(whole)).project.transactions or []
    assert (there.id, there.cost, there.revenue) == (first.id, Decimal(99), first.revenue)

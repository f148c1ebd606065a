"""What a patch does beside setting a field: lists, the type, elements that are known by a key, faults."""

from __future__ import annotations

from decimal import Decimal

import pytest

from projectgate.data.database import Database
from tests.make.projects import make_project
from tests.make.writes import (
    changed_paths,
    dump,
    ids,
    imported,
    imported_types,
    make_claim,
    make_line,
    make_type,
    patched,
    stored,
    told,
)

pytestmark = pytest.mark.anyio


async def test_an_empty_patch_changes_nothing(database: Database) -> None:
    """Success without a version."""
    await imported(database, make_claim())
    outcome = await patched(database)
    assert (outcome.faults, outcome.changed) == ([], False)
    assert (await stored(database)).row.version == 1


async def test_products_of_a_patch_replace_the_list_and_are_told(database: Database) -> None:
    """As replaceProjectProducts does; without products nothing is told of lines."""
    await imported(database, make_claim())
    outcome = await patched(
        database, products=[{"id": "line-2", "status": "Sent"}, {"name": "New"}]
    )
    lines = (await stored(database)).project.products or []
    assert outcome.details == {
        "added": [lines[1].id],
        "updated": ["line-2"],
        "removed": ["line-1"],
    }
    assert (await patched(database, name="x")).details == {}
    outcome = await patched(database, products=[{"id": "line-1"}], tags=None)
    assert told(outcome) == [("INVALID_VALUE", "tags"), ("PRODUCT_NOT_FOUND", "products.0.id")]


async def test_the_type_can_change_to_another_active_one(database: Database) -> None:
    """Its name comes along, the workflow stays."""
    await imported_types(
        database, make_type(), make_type(id="retired", active=False), make_type(id="b", name="Bad")
    )
    await imported(database, make_claim(type="claim", project_type_name="Claim"))
    outcome = await patched(database, type="b")
    assert [(change.path, change.after) for change in outcome.changes] == [
        ("type", "b"),
        ("projectTypeName", "Bad"),
    ]
    assert told(await patched(database, type="retired")) == [("INVALID_VALUE", "type")]
    assert told(await patched(database, type="no-such")) == [("NOT_FOUND", "type")]
    assert told(await patched(database, type=None, tags=None)) == [
        ("INVALID_VALUE", "type"),
        ("INVALID_VALUE", "tags"),
    ]
    assert not (await patched(database, type="b")).changed


async def test_all_faults_of_a_patch_are_told_together(database: Database) -> None:
    """Of every field, however deep; nothing is written."""
    await imported(database, make_claim())
    before = await dump(database)
    key = {"key": "k"}
    outcome = await patched(
        database,
        name="Other",
        status="",
        project_value=None,
        customer={"addresses": None, "address": {"purposes": None}, "tags": ["x"]},
        partner={"contacts": [{"roles": None, "notify": None}]},
        contact_persons=[{"properties": [key, key]}],
        stores=[{"store_id": "a"}, {"store_id": "a"}, {"store_id": " "}, {}],
        partners=[{"id": "a", "properties": [{"key": ""}]}],
        attachments=[{"asset_id": "a"}, {"asset_id": "a"}, {}, {}],
        tags=["x"] * 1001,
        products=[{"id": "zz"}],
        transactions=[{"id": "zz"}],
        project_parts=[
            {"id": "zz", "cart_ids": None, "tasks": [{"id": "t"}], "transactions": None}
        ],
        change_orders=[{"tasks": [{"properties": [key, key]}]}],
    )
    assert told(outcome) == [
        ("INVALID_VALUE", "status"),
        ("INVALID_VALUE", "projectValue"),
        ("INVALID_VALUE", "customer.addresses"),
        ("INVALID_VALUE", "customer.address.purposes"),
        ("INVALID_VALUE", "partner.contacts.0.roles"),
        ("INVALID_VALUE", "partner.contacts.0.notify"),
        ("DUPLICATE_KEY", "contactPersons.0.properties.1.key"),
        ("DUPLICATE_UPDATE", "stores.1.storeId"),
        ("INVALID_VALUE", "stores.2.storeId"),
        ("INVALID_VALUE", "stores.3.storeId"),
        ("INVALID_VALUE", "partners.0.properties.0.key"),
        ("DUPLICATE_UPDATE", "attachments.1.assetId"),
        ("TOO_MANY", "tags"),
        ("PRODUCT_NOT_FOUND", "products.0.id"),
        ("NOT_FOUND", "transactions.0.id"),
        ("NOT_FOUND", "projectParts.0.id"),
        ("INVALID_VALUE", "projectParts.0.cartIds"),
        ("NOT_FOUND", "projectParts.0.tasks.0.id"),
        ("INVALID_VALUE", "projectParts.0.transactions"),
        ("DUPLICATE_KEY", "changeOrders.0.tasks.0.properties.1.key"),
        ("CALCULATED_FIELD", "projectValue"),
    ]
    assert outcome.project is None
    assert await dump(database) == before


async def test_the_fields_of_the_same_customer_are_kept_and_those_of_another_are_not(
    database: Database,
) -> None:
    """What one customer told us must not end up at another."""
    person = {"id": "p1", "email": "a@example.test", "phone": "1", "bonusPoints": 12}
    await imported(database, make_project(customer=person, store_contact=person))
    await patched(database, customer={"phone": "2"}, store_contact={"id": "p1", "phone": "2"})
    project = (await stored(database)).project
    for one in (project.customer, project.store_contact):
        assert one is not None
        assert (one.id, one.email, one.phone) == ("p1", "a@example.test", "2")
        assert one.unknown == {"bonusPoints": 12}
    await patched(database, customer={"id": "p2"}, store_contact={"id": None, "first_name": "Bo"})
    project = (await stored(database)).project
    for one, found in ((project.customer, "p2"), (project.store_contact, None)):
        assert one is not None
        assert (one.id, one.email, one.phone, one.unknown) == (found, None, None, {})


async def test_an_element_with_the_key_of_one_that_is_there_is_that_one_updated(
    database: Database,
) -> None:
    """A file keeps its url and size, which no caller can give; a store what was said about it."""
    file = {"asset_id": "a", "url": "https://example.test/a", "length": 9, "name": "Drawing"}
    await imported(
        database,
        make_project(
            attachments=[file, {"name": "no id", "url": "https://example.test/b"}],
            stores=[{"store_id": "s", "role": "Pickup"}],
            partners=[{"id": "b", "role": "Tømrer"}],
            contact_persons=[{"id": "c", "email": "c@example.test"}, {"phone": "1"}],
        ),
    )
    await patched(
        database,
        attachments=[{"name": "new"}, {"asset_id": "a", "name": "Plan"}],
        stores=[{"store_id": "s", "name": "Oslo"}],
        partners=[{"id": "b", "name": "Rør"}],
        contact_persons=[{"id": None, "first_name": "Bo"}, {"id": "c", "first_name": "Åse"}],
    )
    project = (await stored(database)).project
    new, plan = project.attachments or []
    assert (new.url, new.length) == (None, Decimal(0))
    assert (plan.name, plan.url, plan.length) == ("Plan", "https://example.test/a", Decimal(9))
    assert [(one.name, one.role) for one in project.stores or []] == [("Oslo", "Pickup")]
    assert [(one.name, one.role) for one in project.partners or []] == [("Rør", "Tømrer")]
    assert [(one.email, one.phone) for one in project.contact_persons or []] == [
        (None, None),
        ("c@example.test", None),
    ]


async def test_parts_and_change_orders_keep_what_is_absent(database: Database) -> None:
    """Their tasks and transactions are lists with ids of their own, replaced when given."""
    part = {
        "id": "p",
        "title": "Floor",
        "tasks": [{"id": "t1", "text": "Tile"}, {"id": "t2", "text": "Grout"}],
        "transactions": [{"id": "x1", "revenue": 5}],
        "xOwn": 1,
    }
    await imported(
        database,
        make_project(
            project_parts=[part, {"id": "q"}], change_orders=[part | {"approved_by": "B"}]
        ),
    )
    outcome = await patched(
        database,
        project_parts=[
            {"id": "q", "title": "Wall"},
            {"id": "p", "tasks": [{"id": "t2", "is_completed": True}, {"text": "Wash"}]},
        ],
        change_orders=[{"id": "p", "status": "Approved"}],
    )
    assert outcome.faults == []
    project = (await stored(database)).project
    q, p = project.project_parts or []
    assert (q.id, q.title, p.title, p.unknown) == ("q", "Wall", "Floor", {"xOwn": 1})
    assert [(task.text, task.is_completed) for task in p.tasks or []] == [
        ("Grout", True),
        ("Wash", False),
    ]
    assert ids(p.transactions) == ["x1"]
    (order,) = project.change_orders or []
    assert (order.approved_by, order.status, ids(order.tasks)) == ("B", "Approved", ["t1", "t2"])
    assert project.project_value == 10


async def test_only_what_is_given_is_judged(database: Database) -> None:
    """An imported project may have what a caller may not give; the rest of it can be patched."""
    key = {"key": "k"}
    odd = make_project(
        status=" ",
        products=[make_line(quantity=-1)],
        project_parts=[{"id": "p", "properties": [key, key]}],
        stores=[{"store_id": "s"}, {"store_id": "s"}],
        transactions=[{"id": "t", "revenue": 1}],
    )
    await imported(database, odd)
    outcome = await patched(database, name="x", project_parts=[{"id": "p", "title": "y"}])
    assert outcome.faults == []
    assert changed_paths(outcome) == ["name", "projectParts[p].title", "projectParts[p].modified"]


@pytest.mark.parametrize("status", ["Completed", "CancelledByCustomer", "OnHold", None])
async def test_a_project_can_be_corrected_in_every_state(
    database: Database, status: str | None
) -> None:
    """Data is not workflow."""
    await imported(database, make_claim(status=status))
    assert (await patched(database, name="Corrected")).changed
    assert (await stored(database)).project.status == status

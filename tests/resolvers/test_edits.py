"""Every field of a patch: set and read back, kept when absent, cleared by null or null refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from projectgate.data.collections import Calculated
from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.resolvers.changes import change
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.updates import PatchProject
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
    stored,
    told,
    writing,
)

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CLEARED = "cleared"
REFUSED = "refused"


class Field(NamedTuple):
    """A field of the patch: its name, two values for it, and what null does."""

    name: str
    first: Any
    second: Any
    null: str


ADDRESS = {"line1": "Storgata 1", "city": "Oslo", "purposes": ["Delivery"]}
PERSON = {"id": "c1", "first_name": "Åse", "email": "ase@example.test", "roles": ["Eier"]}
MONEY = {"description": "Work", "revenue": Decimal("10.5"), "budget_cost": Decimal(3)}
FIELDS = [
    *(
        Field(name, "one", "två", CLEARED)
        for name in (
            "project_number",
            "name",
            "project_category",
            "sub_type",
            "status",
            "cancellation_code",
            "cancellation_reason",
            "external_reference",
            "public_url",
            "store_id",
        )
    ),
    Field("deadline", NOON, NOON.replace(microsecond=1), CLEARED),
    Field("project_date", NOON, NOON.replace(year=2027), CLEARED),
    *(
        Field(name, Decimal("1.5"), Decimal("-2.0000000001"), REFUSED)
        for name in ("project_value", "project_budget_value", "project_additional_value")
    ),
    Field("customer", {"id": "p1", "name": "Østby", "address": ADDRESS}, {"id": "p2"}, CLEARED),
    Field("store_contact", PERSON, {"first_name": "Bo", "notify": True}, CLEARED),
    Field("partner", {"id": "b1", "name": "Rør", "contacts": [PERSON]}, {"id": "b2"}, CLEARED),
    Field("external_ids", [{"id": "1", "provider_name": "CRM"}], [{"id": "2"}], REFUSED),
    Field("contact_persons", [PERSON], [{"first_name": "Bo"}, PERSON], REFUSED),
    Field("stores", [{"store_id": "s1", "address": ADDRESS}], [{"store_id": "s2"}], REFUSED),
    Field("addresses", [ADDRESS], [{"city": "Bergen"}, ADDRESS], REFUSED),
    Field("partners", [{"id": "b1", "role": "Tømrer"}], [{"id": "b2"}, {"id": "b1"}], REFUSED),
    Field("partner_check_list", [{"text": "Keys", "is_completed": True}], [], REFUSED),
    Field("form_data", [{"key": "k", "value": "1"}, {"key": "k"}], [{"key": "é"}], REFUSED),
    Field(
        "attachments",
        [{"asset_id": "a", "name": "Drawing", "sort_order": 2, "created": NOON}],
        [{"external_url": "https://example.test/x"}],
        REFUSED,
    ),
    Field("errors", [{"key": "E1", "severity": "Error", "occurred": NOON}], [], REFUSED),
    Field("tags", ["a", "B"], ["B"], REFUSED),
    Field("products", [{"sku_id": "S1"}], [{"sku_id": "S2"}, {"sku_id": "S1"}], REFUSED),
    Field("transactions", [MONEY], [MONEY, {"cost": Decimal("0.1")}], REFUSED),
    Field(
        "project_parts",
        [{"title": "Floor", "tasks": [{"text": "Tile"}], "transactions": [MONEY]}],
        [{"title": "Roof", "cart_ids": ["c1"], "properties": [{"key": "k"}]}],
        REFUSED,
    ),
    Field(
        "change_orders",
        [{"title": "More", "approved": NOON, "tasks": [{"text": "Tile", "is_completed": True}]}],
        [{"title": "Less", "approved_by": "Bo", "created": NOON}],
        REFUSED,
    ),
]
fields = pytest.mark.parametrize("field", FIELDS, ids=[field.name for field in FIELDS])
# What a patch takes besides: the type, which needs another to change to.
OTHERS = {"type"}
# Set by the order system, by the workflow, by mutations of their own, or calculated.
NOT_OURS = {
    "id",
    "project_type_name",
    "created",
    "modified",
    "canceled",
    "rejected_by_partners",
    "workflow_step",
    "workflow_steps",
    "log_items",
    "comments",
    "customer_comments",
    "attachments_root_directory",
    "version_id",
}


async def patch(database: Database, **given: Any) -> Outcome:
    """The outcome of a patch of project-1."""
    return await change(writing(database), PatchProject(project_id="project-1", given=given))


def contains(document: Any, given: Any) -> bool:
    """Whether a document says what was given, at whatever depth."""
    if isinstance(given, dict):
        return all(contains(getattr(document, name), value) for name, value in given.items())
    if isinstance(given, list):
        pairs = zip(document, given, strict=False)
        return len(document) == len(given) and all(contains(*pair) for pair in pairs)
    return bool(document == given)


def test_every_field_of_a_project_is_patched_or_not_ours() -> None:
    """So no field of a project is forgotten here."""
    calculated = {
        name
        for name, field in Project.model_fields.items()
        if field.exclude and Calculated is not None
    }
    named = {field.name for field in FIELDS} | OTHERS
    assert named | NOT_OURS | calculated == set(Project.model_fields)
    assert not named & (NOT_OURS | calculated)


@fields
async def test_a_field_is_set_read_back_and_kept_when_absent(
    database: Database, field: Field
) -> None:
    """And nothing else changes with it, but what is calculated from it."""
    await imported(database, make_project(name="Before"))
    calculated = {"projectValue", "projectBudgetValue"}
    for place, value in enumerate((field.first, field.second)):
        outcome = await patch(database, **{field.name: value})
        assert outcome.faults == []
        assert outcome.project is not None
        for project in (outcome.project.project, (await stored(database)).project):
            assert contains(getattr(project, field.name), value)
        roots = {path.split(".")[0].split("[")[0] for path in changed_paths(outcome)} - calculated
        alias = Project.model_fields[field.name].alias
        assert roots <= {alias}
        kept = (await stored(database)).project
        assert (await patch(database, external_reference=f"other {place}")).changed
        after = (await stored(database)).project
        if field.name != "external_reference":
            assert getattr(after, field.name) == getattr(kept, field.name)


@fields
async def test_null_clears_a_field_that_can_be_null_and_is_refused_elsewhere(
    database: Database, field: Field
) -> None:
    """The message says what to do instead."""
    await imported(database, make_project(name="Before"))
    await patch(database, **{field.name: field.first})
    before = await dump(database)
    outcome = await patch(database, **{field.name: None})
    if field.null == CLEARED:
        assert outcome.faults == []
        assert outcome.changed
        assert getattr((await stored(database)).project, field.name) is None
        return
    assert told(outcome) == [("INVALID_VALUE", Project.model_fields[field.name].alias)]
    way_out = (
        "use [] to clear" if isinstance(field.first, list) else "give a value, or leave it out"
    )
    assert way_out in outcome.faults[0].message
    assert await dump(database) == before


@fields
async def test_the_same_value_again_changes_nothing(database: Database, field: Field) -> None:
    """Elements that get ids when they are made are named by them."""
    await imported(database, make_project(name="Before"))
    await patch(database, **{field.name: field.first})
    before = await dump(database)
    value = field.first
    made = getattr((await stored(database)).project, field.name)
    if field.name in ("products", "transactions", "project_parts", "change_orders"):
        value = [_with_ids(element, there) for element, there in zip(value, made, strict=True)]
    outcome = await patch(database, **{field.name: value})
    assert (outcome.faults, outcome.changed, outcome.changes) == ([], False, [])
    assert await dump(database) == before


def _with_ids(given: dict[str, Any], there: Any) -> dict[str, Any]:
    nested = {
        name: [
            _with_ids(element, other)
            for element, other in zip(given[name], getattr(there, name), strict=True)
        ]
        for name in ("tasks", "transactions")
        if name in given
    }
    return given | nested | {"id": there.id}


async def test_an_empty_list_clears(database: Database) -> None:
    """Every list, in one write."""
    full = {field.name: field.first for field in FIELDS if isinstance(field.first, list)}
    await imported(database, make_project())
    assert (await patch(database, **full)).changed
    assert (await patch(database, **{name: [] for name in full})).changed
    project = (await stored(database)).project
    assert [getattr(project, name) for name in full] == [[]] * len(full)


async def test_an_empty_patch_changes_nothing(database: Database) -> None:
    """Success without a version."""
    await imported(database, make_claim())
    outcome = await patch(database)
    assert (outcome.faults, outcome.changed) == ([], False)
    assert (await stored(database)).row.version == 1


async def test_products_of_a_patch_replace_the_list_and_are_told(database: Database) -> None:
    """As replaceProjectProducts does; without products nothing is told of lines."""
    await imported(database, make_claim())
    outcome = await patch(database, products=[{"id": "line-2", "status": "Sent"}, {"name": "New"}])
    lines = (await stored(database)).project.products or []
    assert outcome.details == {
        "added": [lines[1].id],
        "updated": ["line-2"],
        "removed": ["line-1"],
    }
    assert (await patch(database, name="x")).details == {}
    outcome = await patch(database, products=[{"id": "line-1"}], tags=None)
    assert told(outcome) == [("INVALID_VALUE", "tags"), ("PRODUCT_NOT_FOUND", "products.0.id")]


async def test_the_type_can_change_to_another_active_one(database: Database) -> None:
    """Its name comes along, the workflow stays."""
    await imported_types(
        database, make_type(), make_type(id="retired", active=False), make_type(id="b", name="Bad")
    )
    await imported(database, make_claim(type="claim", project_type_name="Claim"))
    outcome = await patch(database, type="b")
    assert [(change.path, change.after) for change in outcome.changes] == [
        ("type", "b"),
        ("projectTypeName", "Bad"),
    ]
    assert told(await patch(database, type="retired")) == [("INVALID_VALUE", "type")]
    assert told(await patch(database, type="no-such")) == [("NOT_FOUND", "type")]
    assert told(await patch(database, type=None, tags=None)) == [
        ("INVALID_VALUE", "type"),
        ("INVALID_VALUE", "tags"),
    ]
    assert not (await patch(database, type="b")).changed


@pytest.mark.parametrize("level", ["transactions", "project_parts", "change_orders"])
async def test_a_calculated_value_cannot_be_set(database: Database, level: str) -> None:
    """While there is any transaction on any level; projectAdditionalValue can always be set."""
    money: Any = [MONEY] if level == "transactions" else [{"transactions": [MONEY]}]
    await imported(database, make_project(project_value=Decimal(9)))
    assert (await patch(database, **{level: money})).changed
    outcome = await patch(database, project_value=Decimal(1), project_budget_value=Decimal(2))
    assert told(outcome) == [
        ("CALCULATED_FIELD", "projectValue"),
        ("CALCULATED_FIELD", "projectBudgetValue"),
    ]
    assert "projectAdditionalValue" in outcome.faults[0].message
    outcome = await patch(database, project_additional_value=Decimal("0.25"))
    assert changed_paths(outcome) == ["projectValue", "projectAdditionalValue"]
    row: Any = (await stored(database)).row
    assert (row.project_value, row.project_budget_value) == (Decimal("10.75"), Decimal(-3))


async def test_what_counts_for_a_calculated_value_is_the_project_after_the_write(
    database: Database,
) -> None:
    """The value may come with the removal of all transactions, not with the first one."""
    await imported(database, make_project())
    outcome = await patch(database, project_value=Decimal(1), transactions=[MONEY])
    assert told(outcome) == [("CALCULATED_FIELD", "projectValue")]
    await patch(database, transactions=[MONEY])
    outcome = await patch(database, project_value=Decimal(1), transactions=[])
    assert outcome.faults == []
    assert (await stored(database)).project.project_value == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"project_value": Decimal(10**18)}, "projectValue"),
        ({"project_additional_value": Decimal("0.00000000001")}, "projectAdditionalValue"),
        ({"transactions": [{}, {"revenue": Decimal(10**18)}]}, "transactions.1.revenue"),
        (
            {"project_parts": [{"transactions": [{"cost": Decimal("1E-11")}]}]},
            "projectParts.0.transactions.0.cost",
        ),
        ({"products": [{"quantity": Decimal(10**18)}]}, "products.0.quantity"),
    ],
)
async def test_amounts_have_18_digits_before_and_10_after_the_point(
    database: Database, given: dict[str, Any], path: str
) -> None:
    """The message says both limits."""
    await imported(database, make_project())
    outcome = await patch(database, **given)
    assert told(outcome) == [("INVALID_VALUE", path)]
    assert "the limits are 18 and 10" in outcome.faults[0].message


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"status": "?"}, "status"),
        ({"project_number": "?"}, "projectNumber"),
        ({"store_id": "?"}, "storeId"),
        ({"tags": ["x", "?"]}, "tags.1"),
        ({"products": [{"sku_id": "?"}]}, "products.0.skuId"),
        ({"stores": [{"store_id": "?"}]}, "stores.0.storeId"),
        ({"partners": [{"id": "?"}]}, "partners.0.id"),
        ({"partner": {"id": "?"}}, "partner.id"),
        ({"customer": {"id": "?"}}, "customer.id"),
        ({"external_ids": [{"id": "?"}]}, "externalIds.0.id"),
    ],
)
async def test_a_text_that_is_indexed_has_up_to_300_characters(
    database: Database, given: dict[str, Any], path: str
) -> None:
    """Whatever its characters are; the message says both numbers."""

    def put(value: Any, text: str) -> Any:
        if isinstance(value, dict):
            return {name: put(item, text) for name, item in value.items()}
        if isinstance(value, list):
            return [put(item, text) for item in value]
        return text if value == "?" else value

    # Of four bytes each, and no two alike, so that no database can make them shorter.
    text = "".join(chr(0x20000 + 7 * number) for number in range(301))
    await imported(database, make_project())
    outcome = await patch(database, **put(given, text))
    assert told(outcome) == [("INVALID_VALUE", path)]
    assert "301" in outcome.faults[0].message
    assert "300" in outcome.faults[0].message
    assert (await patch(database, **put(given, text[:300]))).changed


async def test_all_faults_of_a_patch_are_told_together(database: Database) -> None:
    """Of every field, however deep; nothing is written."""
    await imported(database, make_claim())
    before = await dump(database)
    key = {"key": "k"}
    outcome = await patch(
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
    await patch(database, customer={"phone": "2"}, store_contact={"id": "p1", "phone": "2"})
    project = (await stored(database)).project
    for one in (project.customer, project.store_contact):
        assert one is not None
        assert (one.id, one.email, one.phone) == ("p1", "a@example.test", "2")
        assert one.unknown == {"bonusPoints": 12}
    await patch(database, customer={"id": "p2"}, store_contact={"id": None, "first_name": "Bo"})
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
    await patch(
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
    outcome = await patch(
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
    outcome = await patch(database, name="x", project_parts=[{"id": "p", "title": "y"}])
    assert outcome.faults == []
    assert changed_paths(outcome) == ["name", "projectParts[p].title", "projectParts[p].modified"]


@pytest.mark.parametrize("status", ["Completed", "CancelledByCustomer", "OnHold", None])
async def test_a_project_can_be_corrected_in_every_state(
    database: Database, status: str | None
) -> None:
    """Data is not workflow."""
    await imported(database, make_claim(status=status))
    assert (await patch(database, name="Corrected")).changed
    assert (await stored(database)).project.status == status


async def test_a_project_whose_calculated_value_is_very_large_can_still_be_written(
    database: Database,
) -> None:
    """Amounts have 18 digits before the point, what is calculated from them up to 28."""
    money = {"revenue": Decimal("999999999999999999.9999999999")}
    await imported(database, make_project(transactions=[money] * 3))
    outcome = await patch(database, name="Rich")
    assert changed_paths(outcome) == ["name"]
    row: Any = (await stored(database)).row
    assert row.project_value == Decimal("2999999999999999999.9999999997")

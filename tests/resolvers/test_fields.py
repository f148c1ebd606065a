"""Every field of a patch: set and read back, kept when absent, cleared by null or null refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from projectgate.data.collections import Calculated
from projectgate.data.database import Database
from projectgate.data.projects import Project
from tests.make.projects import make_project
from tests.make.writes import changed_paths, dump, imported, patched, stored, told

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
        outcome = await patched(database, **{field.name: value})
        assert outcome.faults == []
        assert outcome.project is not None
        for project in (outcome.project.project, (await stored(database)).project):
            assert contains(getattr(project, field.name), value)
        roots = {path.split(".")[0].split("[")[0] for path in changed_paths(outcome)} - calculated
        alias = Project.model_fields[field.name].alias
        assert roots <= {alias}
        kept = (await stored(database)).project
        assert (await patched(database, external_reference=f"other {place}")).changed
        after = (await stored(database)).project
        if field.name != "external_reference":
            assert getattr(after, field.name) == getattr(kept, field.name)


@fields
async def test_null_clears_a_field_that_can_be_null_and_is_refused_elsewhere(
    database: Database, field: Field
) -> None:
    """The message says what to do instead."""
    await imported(database, make_project(name="Before"))
    await patched(database, **{field.name: field.first})
    before = await dump(database)
    outcome = await patched(database, **{field.name: None})
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
    await patched(database, **{field.name: field.first})
    before = await dump(database)
    value = field.first
    made = getattr((await stored(database)).project, field.name)
    if field.name in ("products", "transactions", "project_parts", "change_orders"):
        value = [_with_ids(element, there) for element, there in zip(value, made, strict=True)]
    outcome = await patched(database, **{field.name: value})
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
    assert (await patched(database, **full)).changed
    assert (await patched(database, **{name: [] for name in full})).changed
    project = (await stored(database)).project
    assert [getattr(project, name) for name in full] == [[]] * len(full)

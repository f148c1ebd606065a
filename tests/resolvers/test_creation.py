"""Making a project of a type."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from projectgate.data.check_list import CheckListItem
from projectgate.data.database import Database
from projectgate.resolvers.access import Caller
from projectgate.resolvers.changes import create
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.errors import Forbidden
from projectgate.resolvers.outcomes import Outcome
from tests.make.writes import (
    admin,
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

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
async def typed(database: Database) -> Database:
    """A database with the type claim and one that is not active."""
    retired = make_type(id="retired", active=False, workflow_steps=None, partner_check_list=None)
    await imported_types(database, make_type(), retired)
    return database


async def make(
    database: Database, caller: Caller | None = None, type_id: str = "claim", **given: Any
) -> Outcome:
    """The outcome of making a project."""
    command = CreateProject(project_type_id=type_id, given=given)
    return await create(writing(database, caller, lambda: NOW), command)


async def test_a_new_project_is_new_and_at_the_first_step_of_its_types_workflow(
    typed: Database,
) -> None:
    """The template is copied; the first step is the one with the lowest index, wherever it stands."""
    outcome = await make(typed)
    assert outcome.faults == []
    assert outcome.project is not None
    there = await stored(typed, outcome.project.id)
    project = there.project
    assert (project.status, project.type, project.project_type_name) == ("New", "claim", "Claim")
    assert project.project_category == "Service"
    assert project.created == project.modified == NOW
    assert there.row.version == outcome.project.version == 1
    assert ids(project.workflow_steps) == ["claim-2", "claim-1"]
    decide, receive = project.workflow_steps or []
    assert (decide.current, decide.start_date, decide.accept_text) == (False, None, "Next")
    assert (receive.current, receive.start_date) == (True, NOW)
    assert [one.id for one in receive.external_ids or []] == ["x"]
    assert project.current_step() == receive
    row: Any = there.row
    assert (row.workflow_step_id, row.workflow_step_name) == ("claim-1", "Receive")
    assert project.partner_check_list == [CheckListItem.new(text="Keys received")]
    assert (project.products, project.store_id) == ([], None)


async def test_two_new_projects_have_ids_of_their_own(typed: Database) -> None:
    """Made here, never given."""
    first, second = await make(typed), await make(typed)
    assert first.project is not None
    assert second.project is not None
    assert first.project.id != second.project.id


async def test_what_is_given_goes_into_the_new_project(typed: Database) -> None:
    """Products, money and a status of the tenant's own among it."""
    outcome = await make(
        typed,
        name="Claim 9",
        status="Venter",
        project_category="Claim",
        store_id="store-oslo",
        tags=["urgent"],
        customer={"name": "Østby AS"},
        products=[{"sku_id": "SKU-001", "quantity": Decimal("2.5")}, {"status": "Sent"}],
        transactions=[{"revenue": Decimal("10.5"), "cost": Decimal(3)}],
        project_additional_value=Decimal("0.5"),
    )
    assert outcome.project is not None
    project = (await stored(typed, outcome.project.id)).project
    assert (project.name, project.status, project.project_category) == (
        "Claim 9",
        "Venter",
        "Claim",
    )
    assert (project.tags, project.store_id, project.project_value) == (
        ["urgent"],
        "store-oslo",
        Decimal(8),
    )
    assert [(line.sku_id, line.quantity, line.status) for line in project.products or []] == [
        ("SKU-001", Decimal("2.5"), "Active"),
        (None, 1, "Sent"),
    ]
    changes = {change.path: change.after for change in outcome.changes}
    assert changes["name"] == "Claim 9"
    assert changes["projectValue"] == "8"
    assert all(change.before is None for change in outcome.changes)


async def test_all_faults_of_a_new_project_are_told_together(typed: Database) -> None:
    """And nothing is made."""
    before = await dump(typed)
    outcome = await make(
        typed,
        status=" ",
        tags=None,
        products=[make_line()],
        project_value=Decimal(1),
        transactions=[{"revenue": None}, {}],
    )
    assert told(outcome) == [
        ("INVALID_VALUE", "status"),
        ("INVALID_VALUE", "tags"),
        ("PRODUCT_NOT_FOUND", "products.0.id"),
        ("INVALID_VALUE", "transactions.0.revenue"),
        ("CALCULATED_FIELD", "projectValue"),
    ]
    assert await dump(typed) == before


@pytest.mark.parametrize(
    ("type_id", "code"), [("retired", "INVALID_VALUE"), ("no-such", "NOT_FOUND"), ("", "NOT_FOUND")]
)
async def test_a_new_project_needs_an_active_type(typed: Database, type_id: str, code: str) -> None:
    """The message names the type."""
    outcome = await make(typed, type_id=type_id)
    assert told(outcome) == [(code, "projectTypeId")]
    assert repr(type_id) in outcome.faults[0].message


async def test_a_type_without_workflow_makes_a_project_without_steps(database: Database) -> None:
    """Then no step is current."""
    await imported_types(database, make_type(workflow_steps=None, partner_check_list=None))
    outcome = await make(database)
    assert outcome.project is not None
    project = (await stored(database, outcome.project.id)).project
    assert (project.workflow_steps, project.current_step()) == ([], None)


@pytest.mark.parametrize(
    ("stores", "given", "main"),
    [
        (("store-oslo",), {}, "store-oslo"),
        (("store-oslo",), {"store_id": None}, "store-oslo"),
        (("store-oslo", "store-bergen"), {"store_id": "store-bergen"}, "store-bergen"),
        (("store-oslo", "store-bergen"), {"stores": [{"store_id": "store-bergen"}]}, None),
        ((), {}, None),
        ((), {"store_id": "store-malmo"}, "store-malmo"),
    ],
)
async def test_the_store_of_a_new_project_defaults_to_the_callers_only_one(
    typed: Database, stores: tuple[str, ...], given: dict[str, Any], main: str | None
) -> None:
    """With several stores it is named; in all stores it may be missing."""
    outcome = await make(typed, admin("bo", *stores), **given)
    assert outcome.project is not None
    assert (await stored(typed, outcome.project.id)).project.store_id == main


@pytest.mark.parametrize(
    ("caller", "given"),
    [
        (admin("bo", "store-oslo"), {"store_id": "store-bergen"}),
        (admin("bo", "store-oslo"), {"stores": [{"store_id": "store-bergen"}]}),
        (Caller("bo", admin().roles, frozenset()), {}),
        (Caller("bo", admin().roles, frozenset()), {"store_id": "store-oslo"}),
    ],
)
async def test_a_project_cannot_be_made_outside_the_callers_stores(
    typed: Database, caller: Caller, given: dict[str, Any]
) -> None:
    """Whether the store is named or missing."""
    before = await dump(typed)
    with pytest.raises(Forbidden, match="store"):
        await make(typed, caller, **given)
    assert await dump(typed) == before


async def test_a_caller_of_several_stores_is_asked_which(typed: Database) -> None:
    """And told which there are."""
    outcome = await make(typed, admin("bo", "store-oslo", "store-bergen"))
    assert told(outcome) == [("INVALID_VALUE", "storeId")]
    assert "store-bergen, store-oslo" in outcome.faults[0].message


async def test_a_line_of_another_project_is_unknown_to_a_new_one(typed: Database) -> None:
    """Nothing is moved between projects."""
    await imported(typed, make_claim())
    outcome = await make(typed, products=[{"id": "line-1"}])
    assert told(outcome) == [("PRODUCT_NOT_FOUND", "products.0.id")]
    assert ids((await stored(typed)).project.products) == ["line-1", "line-2"]

"""Sums made by the database, against exact addition in Python."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import true

from projectgate.data import access, sums
from projectgate.data.database import Database
from projectgate.data.graphs import insert_many
from projectgate.data.projects import Project
from projectgate.data.transactions import CHANGE_ORDER, PART, PROJECT, Summary, summary
from tests.conftest import recorded
from tests.make.answers import stores
from tests.make.projects import make_project

pytestmark = pytest.mark.anyio

LARGEST = Decimal("999999999999999999.9999999999")
SMALLEST = Decimal("0.0000000001")
amounts = st.decimals(-LARGEST, LARGEST, places=10)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from([PROJECT, PART, CHANGE_ORDER]), amounts, amounts)))
@example([(PROJECT, LARGEST, -LARGEST)] * 200 + [(PART, SMALLEST, -SMALLEST)])
async def test_sums_of_any_amounts_are_exact(
    database: Database, rows: list[tuple[str, Decimal, Decimal]]
) -> None:
    def of(level: str) -> list[dict[str, Decimal]]:
        return [
            {"revenue": one, "cost": two, "budget_revenue": -one, "budget_cost": -two}
            for kind, one, two in rows
            if kind == level
        ]

    project = make_project(
        transactions=of(PROJECT),
        project_parts=[{"id": "part", "transactions": of(PART)}],
        change_orders=[{"id": "order", "transactions": of(CHANGE_ORDER)}],
        project_value=0,
    )
    # What is calculated has more digits than a project of such amounts may have; sums do not look at it.
    project.project_value = project.project_budget_value = Decimal(0)
    async with database.transaction() as transaction:
        await insert_many(transaction, [(project, 1)])
        found = await sums.by_level(transaction, true())
        transaction.discard()
    levels = project.levels()
    assert found == {
        PROJECT: levels["project"],
        PART: levels["parts"],
        CHANGE_ORDER: levels["changeOrders"],
    }


async def test_only_the_projects_of_the_search_are_summed(
    filled: tuple[Database, list[Project]],
) -> None:
    database, projects = filled
    with recorded(database) as sent:
        found = await sums.by_level(database, access.visible(["store-oslo"]))
    assert len(sent) == 1
    visible = [project.levels() for project in projects if "store-oslo" in stores(project)]
    for level, name in ((PROJECT, "project"), (PART, "parts"), (CHANGE_ORDER, "changeOrders")):
        assert found[level] == summary(one[name] for one in visible)
    assert found[PART] != Summary()


async def test_no_transactions_sum_to_zero(database: Database) -> None:
    assert set((await sums.by_level(database, true())).values()) == {Summary()}

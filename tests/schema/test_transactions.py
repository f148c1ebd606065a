"""Calculated money, worked out a second time with fractions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.resolvers.context import Context
from projectgate.resolvers.revisions import Revision
from tests.make.documents import make_document, store_documents
from tests.schema.conftest import READER, answered
from tests.schema.whole import amount, expected, money, summary

Read = Callable[..., Awaitable[Any]]

AMOUNTS = (
    "revenue cost budgetRevenue budgetCost value budgetValue budgetDeviation budgetDeviationPercent"
)
LEVELS = f"""
    projectValue projectBudgetValue projectAdditionalValue
    valueBreakdown {{ project parts changeOrders additional total }}
    transactionSummary {{ id description {AMOUNTS} }}
    projectTransactionTotal {{ id description {AMOUNTS} }}
    transactions {{ {AMOUNTS} }}
    projectParts {{ transactions {{ {AMOUNTS} }} transactionSummary {{ id description {AMOUNTS} }} }}
    changeOrders {{ transactions {{ {AMOUNTS} }} transactionSummary {{ id description {AMOUNTS} }} }}
"""

# What a document may hold: 18 digits before the point and 10 after it, and often nothing special.
decimals = st.one_of(
    st.just(Decimal(0)),
    st.integers(-5, 5).map(Decimal),
    st.decimals("-999999999999999999.9999999999", "999999999999999999.9999999999", places=10),
)
transactions = st.lists(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("revenue", "cost", "budgetRevenue", "budgetCost"), decimals),
    ),
    max_size=4,
)
owners = st.lists(transactions, max_size=3)


def owned(level: str, lists: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [{"id": f"{level}-{n}", "transactions": rows} for n, rows in enumerate(lists)]


def document_of(
    own: list[dict[str, Any]],
    parts: list[list[dict[str, Any]]],
    orders: list[list[dict[str, Any]]],
    **changes: Any,
) -> dict[str, Any]:
    return make_document(
        transactions=own,
        projectParts=owned("part", parts),
        changeOrders=owned("order", orders),
        **changes,
    )


def check(project: dict[str, Any], document: dict[str, Any]) -> None:
    """Compares every amount of an answered project with the one worked out from its document."""
    wanted = expected("Project", document)
    for name in ("projectValue", "projectBudgetValue", "projectAdditionalValue", "valueBreakdown"):
        assert project[name] == wanted[name], name
    every = list(document["transactions"])
    assert project["transactions"] == [money([row]) for row in document["transactions"]]
    for name in ("projectParts", "changeOrders"):
        for answer, owner in zip(project[name], document[name], strict=True):
            assert answer["transactions"] == [money([row]) for row in owner["transactions"]]
            assert answer["transactionSummary"] == summary(owner["transactions"])
            every += owner["transactions"]
    assert project["transactionSummary"] == summary(document["transactions"])
    assert project["projectTransactionTotal"] == summary(every)


async def answered_in_memory(document: dict[str, Any]) -> dict[str, Any]:
    """A project that no database holds, through the schema."""
    project = Project.of(document)
    project.recalculate()
    context = Context(Database("sqlite+aiosqlite:///:memory:"), READER)
    context.loaders.project.prime(project.id, Revision(project, 1).row)
    answer = await answered(context, f'{{ project(id: "{project.id}") {{ {LEVELS} }} }}')
    assert answer.errors == []
    found: dict[str, Any] = answer.data["project"]
    return found


@settings(max_examples=100, deadline=None)
@given(
    own=transactions,
    parts=owners,
    orders=owners,
    additional=decimals,
    value=decimals,
    budget=decimals,
)
def test_every_calculated_amount_is_what_fractions_say(
    own: list[dict[str, Any]],
    parts: list[list[dict[str, Any]]],
    orders: list[list[dict[str, Any]]],
    additional: Decimal,
    value: Decimal,
    budget: Decimal,
) -> None:
    document = document_of(
        own,
        parts,
        orders,
        projectAdditionalValue=additional,
        projectValue=value,
        projectBudgetValue=budget,
    )

    check(asyncio.run(answered_in_memory(document)), document)


LARGE = "999999999999999999.9999999999"
EXTREMES = [
    {"revenue": LARGE, "cost": f"-{LARGE}", "budgetRevenue": "0.0000000001"},
    {"revenue": LARGE, "cost": f"-{LARGE}", "budgetCost": "0.0000000003"},
    {"revenue": "-0.0000000001", "budgetRevenue": f"-{LARGE}", "budgetCost": LARGE},
    {"revenue": "1e3", "cost": "10.50", "budgetRevenue": "-0"},
]


@pytest.mark.anyio
async def test_amounts_that_a_float_cannot_hold_are_exact_on_both_databases(
    database: Database, read: Read
) -> None:
    rows = [{name: Decimal(value) for name, value in row.items()} for row in EXTREMES]
    document = document_of(
        rows * 25, [rows, [], rows[:1]], [rows[2:]], projectAdditionalValue=Decimal(LARGE)
    )
    await store_documents(database, [document])

    data = await read(f'{{ project(id: "project-1") {{ {LEVELS} }} }}')

    check(data["project"], document)
    assert len(data["project"]["transactions"]) == 100
    assert data["project"]["transactions"][0]["value"] == "1999999999999999999.9999999998"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("row", "percent"),
    [
        ({"revenue": 110, "budgetRevenue": 100}, "10"),
        ({"revenue": 100, "budgetRevenue": 300}, "-66.6667"),
        ({"revenue": 1, "budgetRevenue": 3}, "-66.6667"),
        ({"revenue": "100.00005", "budgetRevenue": 100}, "0.0001"),
        ({"revenue": "100.00004", "budgetRevenue": 100}, "0"),
        ({"revenue": "99.99995", "budgetRevenue": 100}, "-0.0001"),
        ({"revenue": 5, "budgetRevenue": -10}, "-150"),
        ({"revenue": 5}, None),
        ({"revenue": 5, "budgetRevenue": "7.5", "budgetCost": "7.50"}, None),
        ({}, None),
    ],
)
async def test_the_deviation_in_percent_is_rounded_half_up_to_4_places_and_null_without_a_budget(
    database: Database, read: Read, row: dict[str, Any], percent: str | None
) -> None:
    await store_documents(database, [make_document(transactions=[row])])

    chosen = "{ p: budgetDeviationPercent }"
    data = await read(
        f'{{ project(id: "project-1") {{ transactions {chosen} s: transactionSummary {chosen} }} }}'
    )

    assert data["project"] == {"transactions": [{"p": percent}], "s": {"p": percent}}


@pytest.mark.anyio
async def test_a_percentage_of_a_sum_is_not_the_sum_of_percentages(
    database: Database, read: Read
) -> None:
    rows = [{"revenue": 20, "budgetRevenue": 10}, {"revenue": 100, "budgetRevenue": 1000}]
    await store_documents(database, [make_document(transactions=rows)])

    data = await read(
        '{ project(id: "project-1") { transactionSummary { budgetDeviationPercent } } }'
    )

    assert data["project"]["transactionSummary"] == {"budgetDeviationPercent": amount("-88.1188")}


@pytest.mark.anyio
async def test_parts_and_change_orders_count_whatever_their_status(
    database: Database, read: Read
) -> None:
    statuses = ["Sent", "Rejected", "Approved", "Cancelled", None]
    lists = [[{"revenue": 10**place}] for place in range(5)]
    document = document_of([], lists, lists)
    for name in ("projectParts", "changeOrders"):
        for owner, status in zip(document[name], statuses, strict=True):
            owner["status"] = status
    await store_documents(database, [document])

    data = await read(
        '{ project(id: "project-1") { projectValue valueBreakdown { parts changeOrders total } } }'
    )

    assert data["project"] == {
        "projectValue": "22222",
        "valueBreakdown": {"parts": "11111", "changeOrders": "11111", "total": "22222"},
    }


@pytest.mark.anyio
async def test_without_any_transaction_the_value_is_the_one_given(
    database: Database, read: Read
) -> None:
    given_values = {
        "projectValue": "700.50",
        "projectBudgetValue": 600,
        "projectAdditionalValue": 50,
    }
    await store_documents(database, [document_of([], [[]], [], **given_values)])

    chosen = "projectValue projectBudgetValue valueBreakdown { project parts changeOrders additional total }"
    data = await read(f'{{ project(id: "project-1") {{ {chosen} }} }}')

    assert data["project"] == {
        "projectValue": "700.5",
        "projectBudgetValue": "600",
        "valueBreakdown": {
            "project": "0",
            "parts": "0",
            "changeOrders": "0",
            "additional": "50",
            "total": "700.5",
        },
    }

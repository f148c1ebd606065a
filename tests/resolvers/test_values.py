"""Values that a patch cannot have or set: amounts that are calculated or too long, and texts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from projectgate.data.database import Database
from tests.make.projects import make_project
from tests.make.writes import changed_paths, imported, patched, stored, told

pytestmark = pytest.mark.anyio

MONEY = {"description": "Work", "revenue": Decimal("10.5"), "budget_cost": Decimal(3)}


@pytest.mark.parametrize("level", ["transactions", "project_parts", "change_orders"])
async def test_a_calculated_value_cannot_be_set(database: Database, level: str) -> None:
    """While there is any transaction on any level; projectAdditionalValue can always be set."""
    money: Any = [MONEY] if level == "transactions" else [{"transactions": [MONEY]}]
    await imported(database, make_project(project_value=Decimal(9)))
    assert (await patched(database, **{level: money})).changed
    outcome = await patched(database, project_value=Decimal(1), project_budget_value=Decimal(2))
    assert told(outcome) == [
        ("CALCULATED_FIELD", "projectValue"),
        ("CALCULATED_FIELD", "projectBudgetValue"),
    ]
    assert "projectAdditionalValue" in outcome.faults[0].message
    outcome = await patched(database, project_additional_value=Decimal("0.25"))
    assert changed_paths(outcome) == ["projectValue", "projectAdditionalValue"]
    row: Any = (await stored(database)).row
    assert (row.project_value, row.project_budget_value) == (Decimal("10.75"), Decimal(-3))


async def test_what_counts_for_a_calculated_value_is_the_project_after_the_write(
    database: Database,
) -> None:
    """The value may come with the removal of all transactions, not with the first one."""
    await imported(database, make_project())
    outcome = await patched(database, project_value=Decimal(1), transactions=[MONEY])
    assert told(outcome) == [("CALCULATED_FIELD", "projectValue")]
    await patched(database, transactions=[MONEY])
    outcome = await patched(database, project_value=Decimal(1), transactions=[])
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
    outcome = await patched(database, **given)
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
    outcome = await patched(database, **put(given, text))
    assert told(outcome) == [("INVALID_VALUE", path)]
    assert "301" in outcome.faults[0].message
    assert "300" in outcome.faults[0].message
    assert (await patched(database, **put(given, text[:300]))).changed


async def test_a_project_whose_calculated_value_is_very_large_can_still_be_written(
    database: Database,
) -> None:
    """Amounts have 18 digits before the point, what is calculated from them up to 28."""
    money = {"revenue": Decimal("999999999999999999.9999999999")}
    await imported(database, make_project(transactions=[money] * 3))
    outcome = await patched(database, name="Rich")
    assert changed_paths(outcome) == ["name"]
    row: Any = (await stored(database)).row
    assert row.project_value == Decimal("2999999999999999999.9999999997")

"""The money of a project, added up with `Decimal` from its transactions."""

from __future__ import annotations

import decimal
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .drafts import State

AMOUNTS = ("revenue", "cost", "budgetRevenue", "budgetCost")
# 38 digits are the most that a calculated amount has.
EXACT = decimal.Context(prec=60)


def levels(state: State) -> dict[str, list[State]]:
    """The transactions of the project itself, of its parts, and of its change orders."""
    return {
        "project": state["transactions"],
        "parts": [row for part in state["projectParts"] for row in part["transactions"]],
        "changeOrders": [row for order in state["changeOrders"] for row in order["transactions"]],
    }


def every(state: State) -> list[State]:
    """All transactions."""
    return [row for rows in levels(state).values() for row in rows]


def summary(rows: Iterable[State]) -> dict[str, Any]:
    """The four sums, and what is calculated of them."""
    with decimal.localcontext(EXACT):
        listed = list(rows)
        sums: dict[str, Any] = {
            name: sum((row[name] for row in listed), Decimal(0)) for name in AMOUNTS
        }
        value = sums["revenue"] - sums["cost"]
        budget = sums["budgetRevenue"] - sums["budgetCost"]
        deviation = value - budget
        percent = None
        if budget:
            percent = (deviation / budget * 100).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        return sums | {
            "value": value,
            "budgetValue": budget,
            "budgetDeviation": deviation,
            "budgetDeviationPercent": percent,
        }


def settle(before: State | None, after: State, says: set[str]) -> None:
    """The values of a project follow its transactions; with the last of them goes what they came to."""
    additional = after["projectAdditionalValue"]
    if every(after):
        total = summary(every(after))
        after["projectValue"] = EXACT.add(total["value"], additional)
        after["projectBudgetValue"] = total["budgetValue"]
    elif before is not None and every(before):
        if "projectValue" not in says:
            after["projectValue"] = additional
        if "projectBudgetValue" not in says:
            after["projectBudgetValue"] = Decimal(0)

"""Transactions of a project, its parts and its change orders, and what is calculated from them.

Source: OmniumProjectTransaction; the formulas are those of its documentation and of our ruling: a summary adds
the four amounts, then derives the others from the sums.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple, Protocol

from .collections import Calculated, Collection
from .documents import Amount, Document, Key, Word
from .money import ZERO, minus, percent, total


class Amounts(Protocol):
    """Anything with the four amounts of a transaction."""

    @property
    def revenue(self) -> Decimal:
        """Money in."""
        ...

    @property
    def cost(self) -> Decimal:
        """Money out."""
        ...

    @property
    def budget_revenue(self) -> Decimal:
        """Money planned to come in."""
        ...

    @property
    def budget_cost(self) -> Decimal:
        """Money planned to go out."""
        ...


class Transaction(Document):
    """Money in and out, planned and real. Source: OmniumProjectTransaction."""

    id: Key = ""
    description: Word | None = None
    revenue: Amount = ZERO
    cost: Amount = ZERO
    budget_revenue: Amount = ZERO
    budget_cost: Amount = ZERO
    value: Calculated = None
    budget_value: Calculated = None
    budget_deviation: Calculated = None
    budget_deviation_percent: Calculated = None


class Summary(NamedTuple):
    """The sum of transactions: a transaction without id. Units: the tenant's currency."""

    revenue: Decimal = ZERO
    cost: Decimal = ZERO
    budget_revenue: Decimal = ZERO
    budget_cost: Decimal = ZERO
    id: None = None
    description: None = None


def value(amounts: Amounts) -> Decimal:
    """Revenue less cost."""
    return minus(amounts.revenue, amounts.cost)


def budget_value(amounts: Amounts) -> Decimal:
    """Budgeted revenue less budgeted cost."""
    return minus(amounts.budget_revenue, amounts.budget_cost)


def budget_deviation(amounts: Amounts) -> Decimal:
    """Value less budgeted value."""
    return minus(value(amounts), budget_value(amounts))


def budget_deviation_percent(amounts: Amounts) -> Decimal | None:
    """Deviation in percent of the budgeted value, 4 places, half up; None without a budget."""
    return percent(budget_deviation(amounts), budget_value(amounts))


def summary(transactions: Iterable[Amounts]) -> Summary:
    """The exact sum of transactions, or of summaries."""
    rows = list(transactions)
    if not rows:
        return Summary()
    return Summary(
        total(row.revenue for row in rows),
        total(row.cost for row in rows),
        total(row.budget_revenue for row in rows),
        total(row.budget_cost for row in rows),
    )


PROJECT, PART, CHANGE_ORDER = "project", "part", "changeOrder"
TRANSACTIONS = Collection("project_transaction", Transaction, keys=("level", "owner_id"))

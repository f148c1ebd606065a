"""Transactions, their sums, and the value of a project level by level."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from ..data import transactions


@strawberry.type(
    description=(
        "Money in and out, real and budgeted, or the sum of several. Amounts are in the tenant's currency. What is "
        "calculated follows from the four amounts; of a sum, from the four sums."
    )
)
class Transaction:
    """Served from rows of `data.transactions.TRANSACTIONS` and from its `Summary`."""

    id: strawberry.ID | None = strawberry.field(
        description="The id of the transaction; null for a sum."
    )
    description: str | None = strawberry.field(
        description="What the transaction is for; null when not given, and for a sum."
    )
    revenue: Decimal = strawberry.field(description="Money in; 0 when not given.")
    cost: Decimal = strawberry.field(description="Money out; 0 when not given.")
    budget_revenue: Decimal = strawberry.field(description="Budgeted money in; 0 when not given.")
    budget_cost: Decimal = strawberry.field(description="Budgeted money out; 0 when not given.")

    @strawberry.field(description="`revenue` less `cost`.")
    def value(self) -> Decimal:
        """Calculated, never stored."""
        return transactions.value(self)

    @strawberry.field(description="`budgetRevenue` less `budgetCost`.")
    def budget_value(self) -> Decimal:
        """Calculated, never stored."""
        return transactions.budget_value(self)

    @strawberry.field(description="`value` less `budgetValue`.")
    def budget_deviation(self) -> Decimal:
        """Calculated, never stored."""
        return transactions.budget_deviation(self)

    @strawberry.field(
        description=(
            "`budgetDeviation` in percent of `budgetValue`, rounded half up to 4 places; null when `budgetValue` is 0."
        )
    )
    def budget_deviation_percent(self) -> Decimal | None:
        """Calculated, never stored."""
        return transactions.budget_deviation_percent(self)


@strawberry.type(
    description=(
        "Where the value of a project comes from. Parts and change orders count whatever their status. Without any "
        "transaction the levels are 0 and `total` is the value the client gave."
    )
)
class ValueBreakdown:
    """Served from `resolvers.projects.Breakdown`."""

    project: Decimal = strawberry.field(
        description="The value of the transactions of the project itself."
    )
    parts: Decimal = strawberry.field(
        description="The value of the transactions of all project parts."
    )
    change_orders: Decimal = strawberry.field(
        description="The value of the transactions of all change orders."
    )
    additional: Decimal = strawberry.field(
        description="What was added by hand, `projectAdditionalValue`."
    )
    total: Decimal = strawberry.field(
        description="`projectValue`: the sum of the four while there is any transaction."
    )

"""Inputs of money and work: transactions, tasks, project parts and change orders."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from .given import optional
from .property_inputs import PropertyInput

_PROPERTIES = (
    "Custom properties, each key once; they replace those before. Null is refused; `[]` clears."
)
_CALCULATED = "Calculated from the four amounts: giving it is CALCULATED_FIELD."
_STATUS = "Sent, Rejected, Approved, Cancelled, or one of the tenant's own. Null clears."


def _amount(what: str) -> str:
    return (
        f"{what}; 0 for a new one. Up to 18 digits before and 10 after the point. Null is refused."
    )


@strawberry.input
class _Transaction:
    """What can be said of a transaction. What is calculated is there to be refused with a reason."""

    description: strawberry.Maybe[str | None] = optional("What it is for. Null clears.")
    revenue: strawberry.Maybe[Decimal | None] = optional(_amount("Money in"))
    cost: strawberry.Maybe[Decimal | None] = optional(_amount("Money out"))
    budget_revenue: strawberry.Maybe[Decimal | None] = optional(_amount("Budgeted money in"))
    budget_cost: strawberry.Maybe[Decimal | None] = optional(_amount("Budgeted money out"))
    value: strawberry.Maybe[Decimal | None] = optional(_CALCULATED)
    budget_value: strawberry.Maybe[Decimal | None] = optional(_CALCULATED)
    budget_deviation: strawberry.Maybe[Decimal | None] = optional(_CALCULATED)
    budget_deviation_percent: strawberry.Maybe[Decimal | None] = optional(_CALCULATED)


@strawberry.input(
    description=(
        "Money in and out. With the `id` of a transaction that is there it is that one: absent fields are kept and "
        "null clears. Without `id` it is new. What is calculated cannot be given."
    )
)
class TransactionInput(_Transaction):
    """Becomes `data.transactions.Transaction`."""

    id: strawberry.ID | None = optional(
        "The id of a transaction of this list. Absent or null: a new one."
    )


@strawberry.input(description="New money in and out.")
class NewTransactionInput(_Transaction):
    """Becomes `data.transactions.Transaction`."""


@strawberry.input(description="A change to a transaction: absent fields are kept and null clears.")
class TransactionUpdateInput(_Transaction):
    """Becomes `data.transactions.Transaction`."""

    id: strawberry.ID = strawberry.field(description="The id of the transaction.")


@strawberry.input
class TaskFields:
    """What can be said of a task."""

    text: strawberry.Maybe[str | None] = optional("What is to be done. Null clears.")
    comment: strawberry.Maybe[str | None] = optional("A remark on it. Null clears.")
    is_completed: strawberry.Maybe[bool | None] = optional(
        "Whether it is done; false for a new task. Null is refused."
    )
    properties: strawberry.Maybe[list[PropertyInput] | None] = optional(_PROPERTIES)


@strawberry.input(
    description=(
        "Something to do. With the `id` of a task that is there it is that one: absent fields are kept and null "
        "clears. Without `id` it is new."
    )
)
class TaskInput(TaskFields):
    """Becomes `data.tasks.Task`."""

    id: strawberry.ID | None = optional("The id of a task of this list. Absent or null: a new one.")
    completed: strawberry.Maybe[datetime | None] = optional("When it was done. Null clears.")
    completed_by_id: strawberry.Maybe[str | None] = optional("The id of who did it. Null clears.")
    completed_by_name: strawberry.Maybe[str | None] = optional(
        "The name of who did it. Null clears."
    )
    created: strawberry.Maybe[datetime | None] = optional("When the task was made. Null clears.")


@strawberry.input
class _Work:
    """What project parts and change orders have in common."""

    title: strawberry.Maybe[str | None] = optional("The heading. Null clears.")
    description: strawberry.Maybe[str | None] = optional("What it is. Null clears.")
    status: strawberry.Maybe[str | None] = optional(_STATUS)
    cart_ids: strawberry.Maybe[list[str] | None] = optional(
        "The ids of the carts that belong to it; they replace those before. Null is refused; `[]` clears."
    )
    tasks: strawberry.Maybe[list[TaskInput] | None] = optional(
        "What is to be done, 1,000 at most; tasks left out are removed. Null is refused; `[]` removes all."
    )
    transactions: strawberry.Maybe[list[TransactionInput] | None] = optional(
        "Its own money, 1,000 at most; transactions left out are removed. Null is refused; `[]` removes all."
    )
    properties: strawberry.Maybe[list[PropertyInput] | None] = optional(_PROPERTIES)
    created: strawberry.Maybe[datetime | None] = optional("When it was made. Null clears.")
    modified: strawberry.Maybe[datetime | None] = optional("When it was last changed. Null clears.")


@strawberry.input
class _ChangeOrder(_Work):
    """What can be said of a change order."""

    approved: strawberry.Maybe[datetime | None] = optional("When it was approved; null: it is not.")
    approved_by: strawberry.Maybe[str | None] = optional("Who approved it. Null clears.")


@strawberry.input(
    description=(
        "A piece of the work. With the `id` of a part that is there it is that one: absent fields are kept and null "
        "clears. Without `id` it is new."
    )
)
class ProjectPartInput(_Work):
    """Becomes `data.parts.ProjectPart`."""

    id: strawberry.ID | None = optional(
        "The id of a part of this project. Absent or null: a new one."
    )


@strawberry.input(description="A new piece of the work.")
class NewProjectPartInput(_Work):
    """Becomes `data.parts.ProjectPart`."""


@strawberry.input(
    description="A change to a part: absent fields are kept and null clears; lists that are given replace those before."
)
class ProjectPartUpdateInput(_Work):
    """Becomes `data.parts.ProjectPart`."""

    id: strawberry.ID = strawberry.field(description="The id of the part.")


@strawberry.input(
    description=(
        "A change to the agreed work. With the `id` of a change order that is there it is that one: absent fields are "
        "kept and null clears. Without `id` it is new."
    )
)
class ChangeOrderInput(_ChangeOrder):
    """Becomes `data.change_orders.ChangeOrder`."""

    id: strawberry.ID | None = optional(
        "The id of a change order of this project. Absent or null: a new one."
    )


@strawberry.input(description="A new change to the agreed work.")
class NewChangeOrderInput(_ChangeOrder):
    """Becomes `data.change_orders.ChangeOrder`."""


@strawberry.input(
    description=(
        "A change to a change order: absent fields are kept and null clears; lists that are given replace those before."
    )
)
class ChangeOrderUpdateInput(_ChangeOrder):
    """Becomes `data.change_orders.ChangeOrder`."""

    id: strawberry.ID = strawberry.field(description="The id of the change order.")

"""Change orders."""

from __future__ import annotations

from datetime import datetime

import strawberry

from ..data.properties import Property as PropertyDocument
from ..data.transactions import CHANGE_ORDER
from .nested import documents_field, words_field
from .parts import owned_field, summary_field
from .properties import Property
from .tasks import Task
from .transactions import Transaction


@strawberry.type(
    description=(
        "A change to the agreed work, with tasks and transactions of its own. A field that is null was not given."
    )
)
class ChangeOrder:
    """Served from rows of `data.change_orders.CHANGE_ORDERS`."""

    id: strawberry.ID = strawberry.field(description="The id of the change order.")
    title: str | None = strawberry.field(description="The heading.")
    description: str | None = strawberry.field(description="What the change is.")
    status: str | None = strawberry.field(
        description="Sent, Rejected, Approved, Cancelled, or one of the tenant's own."
    )
    cart_ids: list[str] = words_field(
        "cart_ids",
        description="The ids of the carts that belong to the change order, in their order.",
    )
    tasks: list[Task] = owned_field(
        "tasks", CHANGE_ORDER, description="What is to be done, in its order."
    )
    transactions: list[Transaction] = owned_field(
        "transactions",
        CHANGE_ORDER,
        description="The money of this change order alone, in the order given.",
    )
    transaction_summary: Transaction = summary_field(
        CHANGE_ORDER, description="The sum of `transactions`; all 0 when there are none."
    )
    properties: list[Property] = documents_field(
        "properties",
        PropertyDocument,
        description="Custom properties of the change order, in their order.",
    )
    created: datetime | None = strawberry.field(description="When the change order was made.")
    modified: datetime | None = strawberry.field(
        description="When the change order was last changed."
    )
    approved: datetime | None = strawberry.field(
        description="When the change order was approved; null while it is not."
    )
    approved_by: str | None = strawberry.field(
        description="Who approved the change order; null while it is not approved."
    )

"""Project parts, and the fields they share with change orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from ..data.properties import Property as PropertyDocument
from ..data.transactions import PART, summary
from ..execution.fields import loader_field
from .nested import documents_field, words_field
from .properties import Property
from .tasks import Task
from .transactions import Transaction


def owned_field(name: str, level: str, *, description: str) -> Any:
    """A field that is what a part or change order owns: the loader takes its project, its level and its id."""
    return loader_field(
        name,
        lambda row: (row.project_id, level, row.id),
        reads=("project_id", "id"),
        description=description,
    )


def summary_field(level: str, *, description: str) -> Any:
    """A field that is the sum of the transactions a part or change order owns."""
    return loader_field(
        "transactions",
        lambda row: (row.project_id, level, row.id),
        then=lambda _, transactions: summary(transactions),
        description=description,
    )


@strawberry.type(
    description="A piece of the work, with tasks and transactions of its own. A field that is null was not given."
)
class ProjectPart:
    """Served from rows of `data.parts.PARTS`."""

    id: strawberry.ID = strawberry.field(description="The id of the part.")
    title: str | None = strawberry.field(description="The heading.")
    description: str | None = strawberry.field(description="What the part is.")
    status: str | None = strawberry.field(
        description="Sent, Rejected, Approved, Cancelled, or one of the tenant's own."
    )
    cart_ids: list[str] = words_field(
        "cart_ids", description="The ids of the carts that belong to the part, in their order."
    )
    tasks: list[Task] = owned_field("tasks", PART, description="What is to be done, in its order.")
    transactions: list[Transaction] = owned_field(
        "transactions",
        PART,
        description="The money of this part alone, in the order given.",
    )
    transaction_summary: Transaction = summary_field(
        PART, description="The sum of `transactions`; all 0 when there are none."
    )
    properties: list[Property] = documents_field(
        "properties",
        PropertyDocument,
        description="Custom properties of the part, in their order.",
    )
    created: datetime | None = strawberry.field(description="When the part was made.")
    modified: datetime | None = strawberry.field(description="When the part was last changed.")

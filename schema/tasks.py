"""Tasks of project parts and change orders."""

from __future__ import annotations

from datetime import datetime

import strawberry

from ..data.properties import Property as PropertyDocument
from .nested import documents_field
from .properties import Property


@strawberry.type(
    description="Something to do for a project part or a change order. A field that is null was not given."
)
class Task:
    """Served from rows of `data.tasks.TASKS`."""

    id: strawberry.ID = strawberry.field(description="The id of the task.")
    text: str | None = strawberry.field(description="What is to be done.")
    comment: str | None = strawberry.field(description="A remark on it.")
    is_completed: bool = strawberry.field(description="Whether it is done.")
    completed: datetime | None = strawberry.field(
        description="When it was done; null while it is not."
    )
    completed_by_id: str | None = strawberry.field(description="The id of who did it.")
    completed_by_name: str | None = strawberry.field(description="The name of who did it.")
    created: datetime | None = strawberry.field(description="When the task was made.")
    properties: list[Property] = documents_field(
        "properties",
        PropertyDocument,
        description="Custom properties of the task, in their order.",
    )

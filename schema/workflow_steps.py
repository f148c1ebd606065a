"""Steps of a workflow."""

from __future__ import annotations

from datetime import datetime

import strawberry

from ..data.properties import ExternalId as ExternalIdDocument
from .nested import documents_field
from .properties import ExternalId


@strawberry.type(
    description=(
        "A step of a workflow: of a project, copied from its type, or of the type itself. "
        "A field that is null was not given."
    )
)
class WorkflowStep:
    """Served from `data.workflow_steps.WorkflowStep` and its rows."""

    id: strawberry.ID = strawberry.field(
        description="The id of the step; that of the type's step it was copied from."
    )
    index: int = strawberry.field(description="The place in the workflow; the first step has 0.")
    name: str | None = strawberry.field(description="The name of the step.")
    description: str | None = strawberry.field(description="What is done in the step.")
    current: bool = strawberry.field(description="Whether the project is at this step.")
    start_date: datetime | None = strawberry.field(
        description="When the project came to the step; null when it has not."
    )
    date_completed: datetime | None = strawberry.field(
        description="When the step was completed; null when it has not been."
    )
    accept_text: str | None = strawberry.field(
        description="The text on the button that goes on to the next step."
    )
    decline_text: str | None = strawberry.field(
        description="The text on the button that goes back to the step before."
    )
    date_text: str | None = strawberry.field(
        description="What date the user is asked for; null when none is."
    )
    is_comments_disabled: bool = strawberry.field(
        description="Whether comments are switched off in the step."
    )
    hidden_from_customer: bool = strawberry.field(
        description="Whether customers are not shown the step. You see it: every caller here is internal."
    )
    hidden_from_partner: bool = strawberry.field(
        description="Whether partners are not shown the step. You see it: every caller here is internal."
    )
    external_ids: list[ExternalId] = documents_field(
        "external_ids",
        ExternalIdDocument,
        description="Ids that other systems have for the step.",
    )

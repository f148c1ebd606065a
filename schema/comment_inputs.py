"""Inputs of what people say about a project."""

from __future__ import annotations

from datetime import datetime

import strawberry

from ..resolvers.comments import INTERNAL
from .given import WriteInput, optional

_PROJECT_ID = "The id of the project."


@strawberry.input(description="A row for the log of a project.")
class AddProjectLogItemInput(WriteInput):
    """Becomes `resolvers.comments.AddProjectLogItem`."""

    project_id: strawberry.ID = strawberry.field(description=_PROJECT_ID)
    text: str = strawberry.field(description="What happened; not blank.")
    comment: str | None = optional("What to say about it. Absent or null: nothing.")
    data: str | None = optional("Data in a form of its own. Absent or null: none.")
    due_date: datetime | None = optional("When something is due. Absent or null: not said.")
    due_text: str | None = optional("What is due. Absent or null: not said.")
    hidden: bool = strawberry.field(
        default=False, description="Whether customers and partners are not to be shown it."
    )
    hidden_from_customer: bool = strawberry.field(
        default=False, description="Whether customers are not to be shown it."
    )
    hidden_from_partner: bool = strawberry.field(
        default=False, description="Whether partners are not to be shown it."
    )


@strawberry.input(description="A comment on a project; you are its creator.")
class AddProjectCommentInput(WriteInput):
    """Becomes `resolvers.comments.AddProjectComment`."""

    project_id: strawberry.ID = strawberry.field(description=_PROJECT_ID)
    detail: str = strawberry.field(description="The text; not blank.")
    type: str = strawberry.field(
        default=INTERNAL,
        description=(
            "Who it is for: ProjectCustomerComment puts it into `customerComments`; ProjectInternalComment and "
            "ProjectPartnerComment into `comments`. Any other text is refused."
        ),
    )
    title: str | None = optional("The heading. Absent or null: none.")
    parent_id: strawberry.ID | None = optional(
        "The id of the comment of the same list that this one answers. Absent or null: it answers none."
    )

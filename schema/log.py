"""The log of a project, as a connection."""

from __future__ import annotations

from datetime import datetime

import strawberry

from .pages import PageInfo


@strawberry.type(
    description="Something that happened to a project. A field that is null was not given."
)
class ProjectLogItem:
    """Served from rows of `data.log.LOG`."""

    id: strawberry.ID | None = strawberry.field(
        description="The id of the log item; null when its document had none."
    )
    date: datetime | None = strawberry.field(description="When it happened.")
    user: str | None = strawberry.field(description="Who did it.")
    text: str | None = strawberry.field(description="What happened.")
    comment: str | None = strawberry.field(description="What the user wrote about it.")
    data: str | None = strawberry.field(description="Data of the action, in a form of its own.")
    previous_workflow_step_name: str | None = strawberry.field(
        description="The name of the step the project left; null when no step moved."
    )
    new_workflow_step_name: str | None = strawberry.field(
        description="The name of the step the project came to; null when no step moved."
    )
    due_date: datetime | None = strawberry.field(description="When something is due.")
    due_text: str | None = strawberry.field(description="What is due.")
    hidden: bool = strawberry.field(
        description="Whether customers and partners are not shown it. You see it: every caller here is internal."
    )
    hidden_from_customer: bool = strawberry.field(description="Whether customers are not shown it.")
    hidden_from_partner: bool = strawberry.field(description="Whether partners are not shown it.")


@strawberry.type(description="A log item with its cursor.")
class ProjectLogEdge:
    """Served from `resolvers.histories.Edge`."""

    node: ProjectLogItem = strawberry.field(description="The log item.")
    cursor: str = strawberry.field(
        description="Give it as `after` to read what is older. Opaque, and good for this project's log only."
    )


@strawberry.type(description="A page of a project's log, newest first.")
class ProjectLogConnection:
    """Served from `resolvers.histories.Page`."""

    edges: list[ProjectLogEdge] = strawberry.field(description="The log items with their cursors.")
    nodes: list[ProjectLogItem] = strawberry.field(description="The log items without cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")

"""Errors that the order system recorded on a project."""

from __future__ import annotations

from datetime import datetime

import strawberry


@strawberry.type(
    description=(
        "Something that went wrong with the project in the order system. It says nothing about the answer you "
        "are reading. A field that is null was not given."
    )
)
class EntityError:
    """Served from rows of `data.entity_errors.ERRORS`."""

    key: str | None = strawberry.field(description="What kind of error it is, for programs.")
    message: str | None = strawberry.field(description="What happened, in one sentence.")
    details: str | None = strawberry.field(description="What happened, at length.")
    comment: str | None = strawberry.field(description="A remark someone made on it.")
    severity: str | None = strawberry.field(description="Error, Warning or Information.")
    status: str | None = strawberry.field(description="New, Solved or Deleted.")
    occurred: datetime | None = strawberry.field(description="When it happened.")
    reference_id: str | None = strawberry.field(description="The id of what it is about.")

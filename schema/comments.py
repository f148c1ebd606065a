"""Comments on a project."""

from __future__ import annotations

import strawberry

from .nested import words_field


@strawberry.type(
    description="A remark on a project, maybe an answer to another. A field that is null was not given."
)
class Comment:
    """Served from rows of `data.comments`."""

    id: strawberry.ID = strawberry.field(description="The id of the comment.")
    object_id: str | None = strawberry.field(description="The id of what the comment is on.")
    object_type: str | None = strawberry.field(
        description="The kind of thing the comment is on, such as Project."
    )
    type: str | None = strawberry.field(
        description="The kind of comment, such as ProjectCustomerComment or ProjectInternalComment."
    )
    title: str | None = strawberry.field(description="The heading.")
    detail: str | None = strawberry.field(description="The text.")
    creator: str | None = strawberry.field(description="The name of who wrote it.")
    user_id: str | None = strawberry.field(description="The id of who wrote it.")
    parent_id: str | None = strawberry.field(
        description="The id of the comment this one answers; null when it answers none."
    )
    tags: list[str] = words_field(
        "tags", description="Words that mark the comment, in their order."
    )

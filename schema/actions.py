"""What can be done with a project now."""

from __future__ import annotations

import strawberry


@strawberry.type(description="A mutation, and whether you can do it to the project now.")
class ProjectAction:
    """Served from `resolvers.actions.Action`."""

    name: str = strawberry.field(description="The name of the mutation.")
    allowed: bool = strawberry.field(
        description="Whether it can succeed, as far as the project's state and your role go."
    )
    reason: str | None = strawberry.field(
        description="Why it cannot: the message that the mutation would give. Null when it is allowed."
    )

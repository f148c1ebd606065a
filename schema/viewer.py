"""Who asks."""

from __future__ import annotations

import strawberry


@strawberry.type(description="The bearer of the token, as the gateway understands it.")
class Viewer:
    """Made from `resolvers.access.Caller`."""

    name: str = strawberry.field(description="The `sub` of the token.")
    roles: list[str] = strawberry.field(
        description=(
            "The roles that count here: ProjectRead for queries, ProjectAdmin for queries and mutations."
        )
    )
    store_ids: list[str] | None = strawberry.field(
        description="The ids of the stores whose projects you see; null means all stores, an empty list none."
    )

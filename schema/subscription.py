"""The root of subscriptions. It needs the role ProjectRead."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from ..resolvers.live_changes import LIST_LIMIT
from .info import Info
from .projects import Project
from .versions import FieldChange

_ANY_OF = f"1 to {LIST_LIMIT} of them; absent or null: all that you may see."


@strawberry.type(description="A write to a project, told as it happens.")
class ProjectChange:
    """Served from `resolvers.live.LiveChange`."""

    cursor: str = strawberry.field(
        description=(
            "Where this write is among all writes. Keep the last one: given as `after` to a new subscription, it goes "
            "on with the write after this one, so that nothing is missed or told twice."
        )
    )
    project_id: strawberry.ID = strawberry.field(description="The id of the project.")
    version: int = strawberry.field(
        description="The version that the write made, 1 at creation; a project's versions come in their order."
    )
    operation: str = strawberry.field(
        description="What wrote it: the name of the mutation, or import."
    )
    actor: str = strawberry.field(
        description="Who wrote it: the `sub` of the token, or the import."
    )
    at: datetime = strawberry.field(description="When it was written.")
    changes: list[FieldChange] = strawberry.field(
        description="What it changed, in the order of the project's fields. Of version 1: everything it began with."
    )

    @strawberry.field(
        graphql_type=Project | None,
        description=(
            "The project as this write left it, whatever was written since; read only when selected. Null only beside "
            "an error."
        ),
    )
    async def project(root: strawberry.Parent[Any]) -> Any:  # noqa: N805
        """The revision, read once for all who are told of the write."""
        revision = await root.revision()
        return None if revision is None else revision.row


@strawberry.type(
    description=(
        "What can be followed, over WebSocket (graphql-transport-ws) or as server-sent events (graphql-sse), with the "
        "role ProjectRead or ProjectAdmin."
    )
)
class Subscription:
    """One resolver per root field: allow, then follow."""

    @strawberry.subscription(
        graphql_type=ProjectChange,
        description=(
            "Every write to the projects that you see at the moment it is told, in one order that is the same for all, "
            "each once. Takes up where `after` says, else begins now. When the connection ends, subscribe again with "
            "the last `cursor` as `after`, here or at any other server of the same database."
        ),
    )
    async def project_changed(
        self,
        info: Info,
        project_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description=f"Writes to any of these projects only: {_ANY_OF}"),
        ] = None,
        store_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description=(
                    "Writes to projects only that belong to any of these stores when the write is told, as their main "
                    f"store or an additional one: {_ANY_OF}"
                )
            ),
        ] = None,
        after: Annotated[
            str | None,
            strawberry.argument(
                description=(
                    "A `cursor` of this subscription, however old: what was written since comes first. Absent or "
                    "null: only what is written from now on."
                )
            ),
        ] = None,
    ) -> Any:
        """What the caller may follow."""
        context = info.context
        if context.live is None:
            raise RuntimeError("nothing is followed here")
        return await context.live.follow(context.caller, project_ids, store_ids, after)

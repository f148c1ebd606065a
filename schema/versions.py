"""The versions of a project, as a connection, and what a write changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from ..resolvers import histories
from .pages import PageInfo
from .scalars import JSON


@strawberry.type(description="A value that a write changed.")
class FieldChange:
    """Served from `data.differences.Change`."""

    path: str = strawberry.field(
        description=(
            "Where the value is, under the names of this schema: `status`, `products[<line id>].status`; "
            "`products[<line id>]` for a line that came or went, `products[]` for the order of the lines."
        )
    )
    before: JSON | None = strawberry.field(
        description="The value before; null when there was none. Amounts are strings."
    )
    after: JSON | None = strawberry.field(
        description="The value after; null when there is none any more. Amounts are strings."
    )


@strawberry.type(description="A write that changed a project, and what it changed.")
class ProjectVersion:
    """Served from `data.versions.Version`."""

    version: int = strawberry.field(
        description="The number of the version: 1 at creation, 1 more for each write that changed something."
    )
    at: datetime = strawberry.field(description="When it was written.")
    actor: str = strawberry.field(
        description="Who wrote it: the `sub` of the token, or the import."
    )
    operation: str = strawberry.field(
        description="What wrote it: the name of the mutation, or import."
    )

    @strawberry.field(
        graphql_type=list[FieldChange],
        description="What it changed, in the order of the project's fields. Of version 1: everything it began with.",
    )
    def changes(root: strawberry.Parent[Any]) -> Any:  # noqa: N805
        """Told by the row, or by the state of a first version."""
        return histories.changes_of(root)


@strawberry.type(description="A version with its cursor.")
class ProjectVersionEdge:
    """Served from `resolvers.histories.Edge`."""

    node: ProjectVersion = strawberry.field(description="The version.")
    cursor: str = strawberry.field(
        description="Give it as `after` to read what is older. Opaque, and good for this project's versions only."
    )


@strawberry.type(description="A page of a project's versions, newest first.")
class ProjectVersionConnection:
    """Served from `resolvers.histories.Page`."""

    edges: list[ProjectVersionEdge] = strawberry.field(
        description="The versions with their cursors."
    )
    nodes: list[ProjectVersion] = strawberry.field(description="The versions without cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")

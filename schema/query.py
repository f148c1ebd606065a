"""The root of queries. Every one of them needs the role ProjectRead."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from ..execution.fields import along, reads
from ..resolvers import projects
from ..resolvers.access import require_read
from .info import Info
from .project_types import ProjectType
from .projects import Project
from .search_queries import SearchQueries
from .viewer import Viewer


@strawberry.type(
    description="What can be read. Every query needs the role ProjectRead or ProjectAdmin."
)
class Query(SearchQueries):
    """One resolver per root field: allow, then answer."""

    @strawberry.field(
        metadata=along(),
        graphql_type=Project | None,
        description="A project by its id; null when there is none, and when none of its stores is yours.",
    )
    async def project(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of the project.")],  # noqa: A002
        at_version: Annotated[
            int | None,
            strawberry.argument(
                description=(
                    "The project as the write of this version left it, 1 or more; the answer is null for a version "
                    "that is not there. Absent or null: as it is now."
                )
            ),
        ] = None,
    ) -> Any:
        """A visible project, now or at a version."""
        require_read(info.context.caller)
        return await projects.project(info.context, id, at_version)

    @strawberry.field(
        metadata=reads(),
        graphql_type=list[ProjectType],
        description="All project types, in the order of their import. There are few, so they come at once.",
    )
    async def project_types(
        self,
        info: Info,
        active: Annotated[
            bool | None,
            strawberry.argument(
                description="Only those that new projects can have, or only the others; absent or null: all."
            ),
        ] = None,
    ) -> Any:
        """The types, which every reader sees."""
        require_read(info.context.caller)
        return await projects.types(info.context, active)

    @strawberry.field(
        metadata=reads(),
        graphql_type=ProjectType | None,
        description="A project type by its id, active or not; null when there is none.",
    )
    async def project_type(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of the type.")],  # noqa: A002
    ) -> Any:
        """A type, which every reader sees."""
        require_read(info.context.caller)
        return await projects.project_type(info.context, id)

    @strawberry.field(metadata=reads(), description="The bearer of the token: you.")
    def viewer(self, info: Info) -> Viewer:
        """The caller."""
        caller = info.context.caller
        require_read(caller)
        return Viewer(
            name=caller.name,
            roles=sorted(caller.roles),
            store_ids=None if caller.stores is None else sorted(caller.stores),
        )

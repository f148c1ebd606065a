"""What mutations answer: the project as the write left it, what changed, or why it was refused."""

from __future__ import annotations

from typing import Any, Self

import strawberry

from ..resolvers.changes import Outcome
from .projects import Project
from .user_errors import UserError, user_error
from .versions import FieldChange


@strawberry.type
class Payload:
    """What every payload has."""

    project: Project | None = strawberry.field(
        description=(
            "The project as this write left it, whatever others wrote since; of a dry run as it would have left it. "
            "Null with a user error."
        )
    )
    changed: bool = strawberry.field(
        description="Whether anything differs; if not, there is no new version and no log row."
    )
    changes: list[FieldChange] = strawberry.field(
        description="What differs, in the order of the project's fields."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was written: all faults of the request at once. Empty when it succeeded."
    )

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """The payload of what came of a mutation."""
        return cls(**_values(outcome))


@strawberry.type
class LinesPayload(Payload):
    """A payload that tells of product lines."""

    added: list[strawberry.ID] = strawberry.field(
        description="The ids of new product lines, in list order. Empty when no product list was given."
    )
    updated: list[strawberry.ID] = strawberry.field(
        description=(
            "The ids of product lines that were kept and changed, in list order. Empty when no product list was given."
        )
    )
    removed: list[strawberry.ID] = strawberry.field(
        description="The ids of product lines that are gone, in their old order. Empty when no product list was given."
    )

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """The payload of what came of a mutation."""
        lines: dict[str, Any] = {
            name: outcome.details.get(name, []) for name in ("added", "updated", "removed")
        }
        return cls(**_values(outcome), **lines)


def _values(outcome: Outcome) -> dict[str, Any]:
    return {
        "project": None if outcome.project is None else outcome.project.row,
        "changed": outcome.changed,
        "changes": outcome.changes,
        "user_errors": [user_error(fault) for fault in outcome.faults],
    }


@strawberry.type(description="What came of `updateProjectProductStatus`.")
class UpdateProjectProductStatusPayload(Payload):
    """Made of an outcome."""


@strawberry.type(description="What came of `replaceProjectProducts`.")
class ReplaceProjectProductsPayload(LinesPayload):
    """Made of an outcome."""


@strawberry.type(description="What came of `patchProject`.")
class PatchProjectPayload(LinesPayload):
    """Made of an outcome."""


@strawberry.type(description="What came of `createProject`.")
class CreateProjectPayload(Payload):
    """Made of an outcome."""

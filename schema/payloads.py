"""What mutations answer: the project as the write left it, what changed, or why it was refused."""

from __future__ import annotations

from typing import Any, Self

import strawberry

from ..resolvers.outcomes import Outcome, Outcomes
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
        return cls(**_values(outcome), **_elements(outcome))


@strawberry.type
class ElementsPayload(Payload):
    """A payload that tells of the elements of the list that was written."""

    added: list[strawberry.ID] = strawberry.field(
        description="The ids of new elements, in the order given. Empty when none was to be added."
    )
    updated: list[strawberry.ID] = strawberry.field(
        description="The ids of elements that were changed, in the order given. Empty when none was to be."
    )
    removed: list[strawberry.ID] = strawberry.field(
        description="The ids of elements that are gone, in their old order. Empty when none was to be removed."
    )

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """The payload of what came of a mutation."""
        return cls(**_values(outcome), **_elements(outcome))


@strawberry.type(description="What came of a mutation for one of several projects.")
class ProjectResult(Payload):
    """Made of an outcome and its place."""

    index: int = strawberry.field(
        description="The place of the item in the input, counting from 0."
    )


@strawberry.type
class ManyPayload:
    """What the payload of a mutation of many projects has."""

    results: list[ProjectResult] = strawberry.field(
        description=(
            "What came of each item, in the order of the input. Empty when the request as a whole was refused."
        )
    )
    changed: bool = strawberry.field(description="Whether anything was written.")
    user_errors: list[UserError] = strawberry.field(
        description=(
            "Why nothing at all was written: what is wrong with the request as a whole, and with REJECT_ALL every "
            "fault of every item. Empty when anything could be written; the faults of single items are in `results`."
        )
    )

    @classmethod
    def of(cls, outcomes: Outcomes) -> Self:
        """The payload of what came of a mutation of many projects."""
        return cls(
            results=[
                ProjectResult(index=place, **_values(outcome))
                for place, outcome in enumerate(outcomes.results)
            ],
            changed=any(outcome.changed for outcome in outcomes.results),
            user_errors=[user_error(fault) for fault in outcomes.faults],
        )


def _elements(outcome: Outcome) -> dict[str, Any]:
    return {name: outcome.details.get(name, []) for name in ("added", "updated", "removed")}


def _values(outcome: Outcome) -> dict[str, Any]:
    return {
        "project": None if outcome.project is None else outcome.project.row,
        "changed": outcome.changed,
        "changes": outcome.changes,
        "user_errors": [user_error(fault) for fault in outcome.faults],
    }

"""What of a project decides which mutations can succeed: its state, its type, where its workflow is, what it has.

Made of a whole project before a write, and of rows for reads, so both tell the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

from ..data import statuses
from ..data.projects import Project


class State(Enum):
    """What the status of a project means for its workflow."""

    NEW = auto()
    # Active, and every status of the tenant's own.
    GOING = auto()
    ON_HOLD = auto()
    FINISHED = auto()
    CANCELLED = auto()

    @classmethod
    def of(cls, status: str | None) -> State:
        """The state of a status."""
        if status in statuses.FINISHED:
            return cls.FINISHED
        if status in statuses.CANCELLED:
            return cls.CANCELLED
        return {statuses.NEW: cls.NEW, statuses.ON_HOLD: cls.ON_HOLD}.get(status or "", cls.GOING)


class Kind(Protocol):
    """A project type, as far as it decides something: its document or its row."""

    @property
    def id(self) -> str:
        """The type's id."""
        ...

    @property
    def finish_on_last_step(self) -> bool:
        """Whether accepting the last step completes the project."""
        ...

    @property
    def is_partner_disabled(self) -> bool:
        """Whether projects have no partners."""
        ...

    @property
    def can_have_multiple_partners(self) -> bool:
        """Whether projects can have more than one partner."""
        ...

    @property
    def available_partner_ids(self) -> Sequence[str] | None:
        """The partners to choose from; none means every partner."""
        ...


@dataclass(frozen=True)
class Situation:
    """A project as far as it decides what can be done to it. `kind` is None when its type is not known here.

    `steps` are in the order of the workflow; `place` is that of the current one, None when the project is at none.
    """

    status: str | None
    kind: Kind | None
    steps: Sequence[Any]
    place: int | None
    partners: int
    products: int
    parts: int
    change_orders: int
    tasks: int
    transactions: int

    @property
    def state(self) -> State:
        """What the status means for the workflow."""
        return State.of(self.status)


def in_order(steps: Iterable[Any] | None) -> list[Any]:
    """Steps in the order of the workflow: by index, equals as they stand in the list."""
    return sorted(steps or (), key=lambda step: step.index)


def place_in(steps: Sequence[Any], stated: str | None) -> int | None:
    """The place of the current step, or of the one that the document states where none is current."""
    current = next((place for place, step in enumerate(steps) if step.current), None)
    if current is not None:
        return current
    return next((place for place, step in enumerate(steps) if stated and step.id == stated), None)


def situation_of(project: Project, kind: Kind | None) -> Situation:
    """The situation of a whole project."""
    owners = [*(project.project_parts or ()), *(project.change_orders or ())]
    steps = in_order(project.workflow_steps)
    stated = project.workflow_step
    return Situation(
        status=project.status,
        kind=kind,
        steps=steps,
        place=place_in(steps, stated.id if stated else None),
        partners=len(project.partners or ()) + (project.partner is not None),
        products=len(project.products or ()),
        parts=len(project.project_parts or ()),
        change_orders=len(project.change_orders or ()),
        tasks=sum(len(owner.tasks or ()) for owner in owners),
        transactions=len(project.transactions or ())
        + sum(len(owner.transactions or ()) for owner in owners),
    )

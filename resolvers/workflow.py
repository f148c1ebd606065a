"""The workflow of a project: its steps and its status, moved as the table of transitions has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from ..data.base import dumps
from ..data.log import LogItem
from ..data.projects import Project
from ..data.statuses import CANCELLED, COMPLETED
from ..data.workflow_steps import WorkflowStep
from .commands import Applied, Command, Draft
from .edits import edit_scalars
from .errors import InvalidInput, NotFound, Refused
from .inputs import ABSENT, Text, stated
from .situations import Situation, State
from .transitions import GIVEN, KEPT, TRANSITIONS, Due, Move, Transition, finishes, is_last, refusal


class CancelledBy(Enum):
    """Who cancelled a project; the value is the status that says so."""

    CUSTOMER, PARTNER, INTERNAL = CANCELLED


@dataclass(frozen=True, kw_only=True)
class Action(Command):
    """A command that the table of transitions has a line for."""

    comment: str | None = None

    def type_ids(self, project: Project | None) -> set[str]:
        """The project's own type: it says whether the workflow finishes on its last step."""
        return {project.type} if project and project.type else set()

    @classmethod
    def guard(cls, situation: Situation) -> Refused | None:
        """As the table has it."""
        return refusal(cls.operation, situation)

    def moved(
        self,
        draft: Draft,
        *,
        status: str | None = None,
        step: WorkflowStep | None = None,
        deadline: datetime | None = None,
        **noted: str | None,
    ) -> Applied:
        """Does to a draft what the table says; `status` and `step` are those that the command names."""
        transition, situation = TRANSITIONS[self.operation], draft.situation()
        project, left = draft.project, draft.project.current_step()
        target = step if transition.move is Move.NAMED else _target(transition.move, situation)
        becomes = transition.status(situation.state)
        if becomes is not KEPT:
            project.status = status if becomes is GIVEN else becomes
        if transition.move is Move.NEXT and finishes(situation):
            project.status = COMPLETED
            situation.steps[-1].date_completed = draft.now
        if target is not None:
            _enter(draft, situation, target)
        _set_deadline(project, transition, entered=target, given=deadline)
        note = LogItem.new(text=self.operation, comment=self.comment, **noted)
        if target is not None:
            note.previous_workflow_step_name = left.name if left else None
            note.new_workflow_step_name = target.name
            note.due_date = project.deadline
        return Applied(note=note)


def _target(move: Move, situation: Situation) -> WorkflowStep | None:
    """The step to go to by a move that names none; None where no step moves."""
    place = -1 if situation.place is None else situation.place
    target: WorkflowStep | None = None
    if move in (Move.NEXT, Move.NEXT_IF_ANY) and not is_last(situation):
        target = situation.steps[place + 1]
    elif move in (Move.BACK, Move.BACK_IF_ANY) and place > 0:
        target = situation.steps[place - 1]
    return target


def _enter(draft: Draft, situation: Situation, target: WorkflowStep) -> None:
    """Leaves the current step and comes to another one, which is completed no more."""
    steps, place = situation.steps, situation.place
    forward = place is None or any(step is target for step in steps[place + 1 :])
    for step in steps:
        step.current = step is target
    draft.project.workflow_step = None
    if place is not None and steps[place] is not target:
        # Going on completes the step that is left; going back takes that back. Steps in between stay as they are.
        steps[place].date_completed = draft.now if forward else None
    if forward or target.start_date is None:
        target.start_date = draft.now
    target.date_completed = None


def _set_deadline(
    project: Project,
    transition: Transition,
    *,
    entered: WorkflowStep | None,
    given: datetime | None,
) -> None:
    if transition.due is Due.ENTERED and entered is not None:
        project.deadline = given or entered.own_deadline
    elif transition.due is Due.CURRENT:
        current = project.current_step()
        project.deadline = (current and current.own_deadline) or project.deadline


@dataclass(frozen=True, kw_only=True)
class StepAction(Action):
    """An action that is done at a step; `from_step_id` refuses it when the project is at another one."""

    from_step_id: str | None = None

    def require(self, draft: Draft) -> None:
        """Lets an action pass that was meant for the step the project is at. Raises: Refused."""
        current = draft.project.current_step()
        at = current.id if current else None
        if self.from_step_id not in (None, at):
            raise InvalidInput(
                f"fromStepId is {self.from_step_id!r}, the project is at {at!r}; read it again",
                ["fromStepId"],
                code="STEP_MOVED",
            )
        super().require(draft)


@dataclass(frozen=True, kw_only=True)
class DatedStepAction(StepAction):
    """An action that comes to a step, maybe with a deadline."""

    deadline: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AcceptWorkflowStep(DatedStepAction):
    """Goes on to the next step. Source: WorkflowStepRequest, "next"."""

    operation: ClassVar[str] = "acceptWorkflowStep"

    def apply(self, draft: Draft) -> Applied:
        """Completes the step, and on the last one the project."""
        return self.moved(draft, deadline=self.deadline)


@dataclass(frozen=True, kw_only=True)
class DeclineWorkflowStep(DatedStepAction):
    """Goes back to the step before. Source: WorkflowStepRequest, "previous"."""

    operation: ClassVar[str] = "declineWorkflowStep"

    def apply(self, draft: Draft) -> Applied:
        """Goes back; a finished project is going again."""
        return self.moved(draft, deadline=self.deadline)


@dataclass(frozen=True, kw_only=True)
class GoToWorkflowStep(DatedStepAction):
    """Goes to a step of its choice. Source: WorkflowStepRequest, "specific"."""

    operation: ClassVar[str] = "goToWorkflowStep"

    workflow_step_id: str

    def apply(self, draft: Draft) -> Applied:
        """Jumps; at the step that the project is at already, nothing moves."""
        situation = draft.situation()
        step = next((one for one in situation.steps if one.id == self.workflow_step_id), None)
        if step is None:
            known = ", ".join(repr(one.id) for one in situation.steps)
            raise NotFound(
                f"the project has no workflow step {self.workflow_step_id!r}; it has {known}",
                ["workflowStepId"],
            )
        here = situation.place is not None and situation.steps[situation.place] is step
        if here and situation.state is not State.FINISHED:
            draft.project.deadline = self.deadline or draft.project.deadline
            due = draft.project.deadline
            return Applied(
                note=LogItem.new(text=self.operation, comment=self.comment, due_date=due)
            )
        return self.moved(draft, step=step, deadline=self.deadline)


@dataclass(frozen=True, kw_only=True)
class ActivateProject(Action):
    """Takes a project on hold or cancelled up again. Source: POST Activate."""

    operation: ClassVar[str] = "activateProject"

    def apply(self, draft: Draft) -> Applied:
        """What the cancellation said is kept in the log."""
        project = draft.project
        cancellation = {}
        if draft.situation().state is State.CANCELLED:
            cancellation = _cancellation(project)
            project.canceled = project.cancellation_code = project.cancellation_reason = None
        return self.moved(draft, data=_data(cancellation))


@dataclass(frozen=True, kw_only=True)
class CancelProject(Action):
    """Cancels a project, with who did it and why. Source: POST Cancel."""

    operation: ClassVar[str] = "cancelProject"

    cancelled_by: CancelledBy
    cancellation_code: Text = ABSENT
    cancellation_reason: Text = ABSENT

    def apply(self, draft: Draft) -> Applied:
        """The workflow stays where it is."""
        project = draft.project
        edit_scalars(
            project, stated(self, ("cancellation_code", "cancellation_reason")), draft.faults
        )
        project.canceled = draft.now
        return self.moved(draft, status=self.cancelled_by.value, data=_data(_cancellation(project)))


@dataclass(frozen=True, kw_only=True)
class UpdateProjectStatus(Action):
    """Sets any status; no step moves. Source: POST UpdateProjectStatus."""

    operation: ClassVar[str] = "updateProjectStatus"

    status: str

    def apply(self, draft: Draft) -> Applied:
        """The status as it is given."""
        edit_scalars(draft.project, {"status": self.status}, draft.faults)
        return self.moved(draft, status=draft.project.status)


def _cancellation(project: Project) -> dict[str, str]:
    given = {
        "cancellationCode": project.cancellation_code,
        "cancellationReason": project.cancellation_reason,
    }
    return {name: value for name, value in given.items() if value is not None}


def _data(values: dict[str, Any]) -> str | None:
    """What the log keeps of an action, as JSON; None for nothing."""
    return dumps(values).decode() if values else None

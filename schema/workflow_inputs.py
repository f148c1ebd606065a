"""Inputs of the workflow: its steps, and the status of the project."""

from __future__ import annotations

from datetime import datetime

import strawberry

from ..resolvers.workflow import CancelledBy
from .enums import described
from .given import WriteInput, optional

COMMENT = "What to say about it in the log. Absent or null: nothing."

described(
    CancelledBy,
    {
        "CUSTOMER": "The customer: the status becomes CancelledByCustomer.",
        "PARTNER": "A partner: the status becomes CancelledByPartner.",
        "INTERNAL": "Somebody of the business itself: the status becomes CancelledByInternal.",
    },
    "Who cancelled a project.",
)


@strawberry.input
class _ActionInput(WriteInput):
    """What every action on the workflow takes."""

    project_id: strawberry.ID = strawberry.field(description="The id of the project.")
    comment: str | None = optional(COMMENT)


@strawberry.input
class FromStepInput(_ActionInput):
    """What every action takes that is done at a step."""

    from_step_id: strawberry.ID | None = optional(
        "The id of the step that the action was meant for; when the project is at another one, the answer is "
        "STEP_MOVED. Absent or null: whatever the step is."
    )


@strawberry.input
class _StepInput(FromStepInput):
    """What every action takes that comes to a step."""

    deadline: datetime | None = optional(
        "The deadline of the step that becomes current, and so of the project. Absent or null: the one its own "
        "document states, else none. Without effect when no step becomes current."
    )


@strawberry.input(description="Accepts the current workflow step.")
class AcceptWorkflowStepInput(_StepInput):
    """Becomes `resolvers.workflow.AcceptWorkflowStep`."""


@strawberry.input(description="Declines the current workflow step.")
class DeclineWorkflowStepInput(_StepInput):
    """Becomes `resolvers.workflow.DeclineWorkflowStep`."""


@strawberry.input(description="Takes a project to a workflow step.")
class GoToWorkflowStepInput(_StepInput):
    """Becomes `resolvers.workflow.GoToWorkflowStep`."""

    workflow_step_id: strawberry.ID = strawberry.field(
        description="The id of the step to go to, one of the project's `workflowSteps`."
    )


@strawberry.input(description="Takes up a project that is on hold or cancelled.")
class ActivateProjectInput(_ActionInput):
    """Becomes `resolvers.workflow.ActivateProject`."""


@strawberry.input(description="Cancels a project.")
class CancelProjectInput(_ActionInput):
    """Becomes `resolvers.workflow.CancelProject`."""

    cancelled_by: CancelledBy = strawberry.field(description="Who cancelled it.")
    cancellation_code: strawberry.Maybe[str | None] = optional(
        "The code of the reason. Absent keeps the code that is there, null clears it."
    )
    cancellation_reason: strawberry.Maybe[str | None] = optional(
        "The reason in words. Absent keeps the reason that is there, null clears it."
    )


@strawberry.input(description="Sets the status of a project.")
class UpdateProjectStatusInput(_ActionInput):
    """Becomes `resolvers.workflow.UpdateProjectStatus`."""

    status: str = strawberry.field(
        description="The new status: any text that is not blank, up to 300 characters."
    )

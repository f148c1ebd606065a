"""The statuses of projects that mean something to us; tenants add their own, which mean "going on"."""

from __future__ import annotations

NEW = "New"
ACTIVE = "Active"
ON_HOLD = "OnHold"
COMPLETED = "Completed"
FINISHED = (COMPLETED, "WorkflowCompleted")
CANCELLED = ("CancelledByCustomer", "CancelledByPartner", "CancelledByInternal")
TERMINAL = (*FINISHED, *CANCELLED)
NOT_ACTIVE = (*TERMINAL, ON_HOLD)


def is_terminal(status: str | None) -> bool:
    """Whether the project is finished or cancelled."""
    return status in TERMINAL


def is_active(status: str | None) -> bool:
    """Whether the project is neither finished nor cancelled nor on hold."""
    return status not in NOT_ACTIVE

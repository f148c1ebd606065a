"""The table of workflow actions, cell by cell: each action in each state, done to a real project.

The expectations below are written down from the rulings, not read from the code.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.log import LOG
from projectgate.data.projects import Project
from projectgate.resolvers.changes import change
from projectgate.resolvers.commands import Command
from projectgate.resolvers.errors import InvalidState
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.partners import AcceptPartnerRequest, DeclinePartnerRequest
from projectgate.resolvers.workflow import (
    AcceptWorkflowStep,
    ActivateProject,
    CancelledBy,
    CancelProject,
    DeclineWorkflowStep,
    GoToWorkflowStep,
    UpdateProjectStatus,
)
from tests.make.projects import NOON, make_project
from tests.make.writes import Clock, dump, imported, imported_types, make_type, stored, writing

pytestmark = pytest.mark.anyio

OLD = NOON - timedelta(days=9)
DUE = NOON + timedelta(days=7)
BEFORE = NOON + timedelta(days=1)

REFUSED = "refused"
COMMANDS: dict[str, Command] = {
    "accept": AcceptWorkflowStep(project_id="project-1", deadline=DUE, comment="why"),
    "decline": DeclineWorkflowStep(project_id="project-1", deadline=DUE, comment="why"),
    "go on": GoToWorkflowStep(
        project_id="project-1", workflow_step_id="s4", deadline=DUE, comment="why"
    ),
    "go back": GoToWorkflowStep(
        project_id="project-1", workflow_step_id="s1", deadline=DUE, comment="why"
    ),
    "activate": ActivateProject(project_id="project-1", comment="why"),
    "cancel": CancelProject(
        project_id="project-1", cancelled_by=CancelledBy.PARTNER, comment="why"
    ),
    "set status": UpdateProjectStatus(project_id="project-1", status="Parked", comment="why"),
    "partner accepts": AcceptPartnerRequest(
        project_id="project-1", partner_id="p-1", comment="why"
    ),
    "partner declines": DeclinePartnerRequest(
        project_id="project-1", partner_id="p-1", comment="why"
    ),
}

# The status after each action, in the order of COMMANDS. "same" is the status as it was.
# fmt: off
STATUS: dict[str | None, list[str]] = {
    #            accept    decline   go on     go back   activate  cancel                set       yes       no
    "New": [
        "Active",
        "same",
        "Active",
        "Active",
        REFUSED,
        "CancelledByPartner",
        "Parked",
        "Active",
        "same",
    ],
    "Active": [
        "same",
        "same",
        "same",
        "same",
        REFUSED,
        "CancelledByPartner",
        "Parked",
        "same",
        "same",
    ],
    "Venter": [
        "same",
        "same",
        "same",
        "same",
        REFUSED,
        "CancelledByPartner",
        "Parked",
        "same",
        "same",
    ],
    None: ["same", "same", "same", "same", REFUSED, "CancelledByPartner", "Parked", "same", "same"],
    "OnHold": [
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        "Active",
        "CancelledByPartner",
        "Parked",
        REFUSED,
        REFUSED,
    ],
    "Completed": [
        REFUSED,
        "Active",
        "Active",
        "Active",
        REFUSED,
        REFUSED,
        "Parked",
        REFUSED,
        REFUSED,
    ],
    "WorkflowCompleted": [
        REFUSED,
        "Active",
        "Active",
        "Active",
        REFUSED,
        REFUSED,
        "Parked",
        REFUSED,
        REFUSED,
    ],
    "CancelledByCustomer": [
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        "Active",
        REFUSED,
        "Parked",
        REFUSED,
        REFUSED,
    ],
    "CancelledByPartner": [
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        "Active",
        REFUSED,
        "Parked",
        REFUSED,
        REFUSED,
    ],
    "CancelledByInternal": [
        REFUSED,
        REFUSED,
        REFUSED,
        REFUSED,
        "Active",
        REFUSED,
        "Parked",
        REFUSED,
        REFUSED,
    ],
}
# fmt: on
# Of a project at s2 of s1 … s4: the step it comes to, whether s2 is completed then, and the deadline.
STEPS: dict[str, tuple[str, bool, datetime | None]] = {
    "accept": ("s3", True, DUE),
    "decline": ("s1", False, DUE),
    "go on": ("s4", True, DUE),
    "go back": ("s1", False, DUE),
    "activate": ("s2", False, BEFORE),
    "cancel": ("s2", False, BEFORE),
    "set status": ("s2", False, BEFORE),
    "partner accepts": ("s3", True, BEFORE),
    "partner declines": ("s1", False, BEFORE),
}
NAMES = {
    "accept": "acceptWorkflowStep",
    "decline": "declineWorkflowStep",
    "go on": "goToWorkflowStep",
    "activate": "activateProject",
    "cancel": "cancelProject",
    "set status": "updateProjectStatus",
    "partner accepts": "acceptPartnerRequest",
    "partner declines": "declinePartnerRequest",
}


def steps(at: int = 1, count: int = 4) -> list[dict[str, Any]]:
    """Steps s1, s2 … of which one is current and those before it are completed; stated out of order."""
    made = [
        {
            "id": f"s{place + 1}",
            "index": place,
            "name": f"Step {place + 1}",
            "current": place == at,
            "start_date": OLD if place <= at else None,
            "date_completed": OLD if place < at else None,
        }
        for place in range(count)
    ]
    return made[::-1]


def make_going(status: str | None = "Active", at: int = 1, **changes: Any) -> Project:
    """A project of the type claim with a partner, at a step."""
    cancelled = (status or "").startswith("Cancelled")
    values: dict[str, Any] = {
        "type": "claim",
        "status": status,
        "deadline": BEFORE,
        "workflow_steps": steps(at),
        "partners": [{"id": "p-1", "name": "Rør AS"}],
        "canceled": OLD if cancelled else None,
        "cancellation_code": "Regret" if cancelled else None,
        "cancellation_reason": "no more" if cancelled else None,
    }
    return make_project(**(values | changes))


async def done(database: Database, command: Command, clock: Any = None) -> Outcome:
    """What a command comes to."""
    return await change(writing(database, clock=clock), command)


def step_of(project: Project, name: str) -> Any:
    """A step by its id."""
    return next(step for step in project.workflow_steps or () if step.id == name)


@pytest.mark.parametrize("action", COMMANDS)
@pytest.mark.parametrize("status", STATUS)
async def test_each_action_does_to_each_state_what_the_table_says(
    database: Database, status: str | None, action: str
) -> None:
    """Status, steps, deadline, log and version, or a refusal that names what is possible and leaves nothing."""
    await imported_types(database, make_type(finish_on_last_step=True))
    await imported(database, make_going(status))
    expected = STATUS[status][list(COMMANDS).index(action)]
    clock = Clock()
    now = clock.now + timedelta(seconds=1)
    before = await dump(database)

    outcome = await done(database, COMMANDS[action], clock)

    if expected == REFUSED:
        (fault,) = outcome.faults
        assert isinstance(fault, InvalidState)
        assert (fault.code, fault.path) == ("INVALID_STATE", ["projectId"])
        possible = {
            NAMES[name] for name in NAMES if STATUS[status][list(COMMANDS).index(name)] != REFUSED
        }
        assert set(fault.allowed_actions) == possible
        assert await dump(database) == before
        return
    assert outcome.faults == []
    there = await stored(database)
    project = there.project
    step, completed, deadline = STEPS[action]
    assert there.row.version == 2
    assert project.status == (status if expected == "same" else expected)
    assert [one.id for one in project.workflow_steps or () if one.current] == [step]
    assert step_of(project, "s2").date_completed == (now if completed else None)
    entered = step_of(project, step)
    assert entered.date_completed is None
    assert entered.start_date == (now if step in ("s3", "s4") else OLD)
    between = step_of(project, "s3") if step == "s4" else step_of(project, "s4")
    assert (between.date_completed, between.current) == (None, False)
    assert project.deadline == deadline
    (row,) = [row for row in (await dump(database))["project_log"] if row[1] == 2]
    log = dict(zip(LOG.table.c.keys(), row, strict=True))
    assert (log["user"], log["comment"]) == ("anna", "why")
    moved = step != "s2"
    assert log["previous_workflow_step_name"] == ("Step 2" if moved else None)
    assert log["new_workflow_step_name"] == (f"Step {step[1]}" if moved else None)
    assert (log["due_date"] is not None) == moved


@pytest.mark.parametrize("status", ["CancelledByCustomer", "OnHold"])
async def test_activating_clears_a_cancellation_and_the_log_keeps_it(
    database: Database, status: str
) -> None:
    await imported(database, make_going(status, cancellation_code="Regret"))

    await done(database, COMMANDS["activate"])

    project = (await stored(database)).project
    cancelled = status != "OnHold"
    assert project.canceled is None
    assert project.cancellation_code == (None if cancelled else "Regret")
    (row,) = [row for row in (await dump(database))["project_log"] if row[1] == 2]
    data = dict(zip(LOG.table.c.keys(), row, strict=True))["data"]
    kept = '{"cancellationCode":"Regret","cancellationReason":"no more"}'
    assert data == (kept if cancelled else None)


@pytest.mark.parametrize("who", list(CancelledBy))
async def test_cancelling_says_by_whom_when_and_why(database: Database, who: CancelledBy) -> None:
    await imported(database, make_going(cancellation_code="Old", cancellation_reason="old"))
    clock = Clock()
    command = CancelProject(project_id="project-1", cancelled_by=who, cancellation_code="Defect")

    await done(database, command, clock)

    project = (await stored(database)).project
    assert (
        project.status
        == {
            "CUSTOMER": "CancelledByCustomer",
            "PARTNER": "CancelledByPartner",
            "INTERNAL": "CancelledByInternal",
        }[who.name]
    )
    # Absent keeps what is there.
    assert (project.cancellation_code, project.cancellation_reason) == ("Defect", "old")
    assert project.canceled == clock.now


@pytest.mark.parametrize("finishes", [True, False])
@pytest.mark.parametrize("status", ["New", "Active", "Venter"])
async def test_accepting_the_last_step_completes_only_where_the_type_says_so(
    database: Database, status: str, finishes: bool
) -> None:
    await imported_types(database, make_type(finish_on_last_step=finishes))
    await imported(database, make_going(status, at=3))
    clock = Clock()

    outcome = await done(database, COMMANDS["accept"], clock)

    project = (await stored(database)).project
    last = step_of(project, "s4")
    assert last.current
    assert project.deadline == BEFORE
    if finishes:
        assert (project.status, last.date_completed) == ("Completed", clock.now)
    else:
        assert [fault.code for fault in outcome.faults] == ["NO_NEXT_STEP"]
        assert (project.status, last.date_completed) == (status, None)


async def test_declining_the_first_step_is_refused(database: Database) -> None:
    await imported(database, make_going(at=0))

    outcome = await done(database, COMMANDS["decline"])

    (fault,) = outcome.faults
    assert isinstance(fault, InvalidState)
    assert fault.code == "NO_PREVIOUS_STEP"
    assert "declineWorkflowStep" not in fault.allowed_actions
    assert "acceptWorkflowStep" in fault.allowed_actions


@pytest.mark.parametrize(("action", "at"), [("partner accepts", 3), ("partner declines", 0)])
async def test_a_partners_answer_at_the_end_of_the_workflow_is_recorded_and_no_step_moves(
    database: Database, action: str, at: int
) -> None:
    """Each time it is given."""
    await imported_types(database, make_type(finish_on_last_step=True))
    await imported(database, make_going(at=at, rejected_by_partners=["p-1"] if at == 0 else []))

    for version in (2, 3):
        outcome = await done(database, COMMANDS[action])
        assert outcome.changed
        assert outcome.changes == []
        there = await stored(database)
        assert there.row.version == version
        assert there.project.status == "Active"
        current = there.project.current_step()
        assert current is not None
        assert current.id == f"s{at + 1}"
    rows = await dump(database)
    assert len(rows["project_version"]) == len(rows["project_log"]) == 3

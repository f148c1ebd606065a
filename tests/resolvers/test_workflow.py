"""The workflow beyond the table: guards against moving twice, odd lists of steps, deadlines that steps state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.data.workflow_steps import WorkflowStep
from projectgate.resolvers.changes import change, create
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.workflow import (
    AcceptWorkflowStep,
    DeclineWorkflowStep,
    GoToWorkflowStep,
    UpdateProjectStatus,
)
from tests.make.projects import NOON, make_project
from tests.make.writes import (
    changed_paths,
    dump,
    imported,
    imported_types,
    make_type,
    stored,
    told,
    writing,
)

pytestmark = pytest.mark.anyio

DUE = NOON + timedelta(days=7)


def make_going(*steps: dict[str, Any], **changes: Any) -> Project:
    """A project with the given steps, or with a, b and c at b."""
    three = [
        {"id": name, "index": place, "current": name == "b"} for place, name in enumerate("abc")
    ]
    return make_project(**({"type": "claim", "workflow_steps": list(steps) or three} | changes))


async def current(database: Database) -> str | None:
    """The id of the step that project-1 is at."""
    step = (await stored(database)).project.current_step()
    return step.id if step else None


async def test_a_step_that_was_accepted_already_is_not_accepted_again(database: Database) -> None:
    """`fromStepId` says which step was meant."""
    await imported(database, make_going())
    command = AcceptWorkflowStep(project_id="project-1", from_step_id="b")

    assert (await change(writing(database), command)).changed
    again = await change(writing(database), command)

    assert told(again) == [("STEP_MOVED", "fromStepId")]
    assert "'b'" in again.faults[0].message
    assert "'c'" in again.faults[0].message
    assert await current(database) == "c"


async def test_a_key_makes_an_acceptance_happen_once(database: Database) -> None:
    await imported(database, make_going())
    command = AcceptWorkflowStep(project_id="project-1", idempotency_key="once")

    first = await change(writing(database), command)
    again = await change(writing(database), command)

    assert changed_paths(first) == changed_paths(again)
    assert await current(database) == "c"
    assert (await stored(database)).row.version == 2


async def test_a_step_that_is_not_there_is_told_with_those_that_are(database: Database) -> None:
    await imported(database, make_going())
    command = GoToWorkflowStep(project_id="project-1", workflow_step_id="z")

    outcome = await change(writing(database), command)

    assert told(outcome) == [("NOT_FOUND", "workflowStepId")]
    assert "'a', 'b', 'c'" in outcome.faults[0].message


async def test_going_to_the_current_step_changes_nothing_but_a_deadline(database: Database) -> None:
    await imported(database, make_going())
    command = GoToWorkflowStep(project_id="project-1", workflow_step_id="b")

    assert not (await change(writing(database), command)).changed
    dated = GoToWorkflowStep(project_id="project-1", workflow_step_id="b", deadline=DUE)
    assert changed_paths(await change(writing(database), dated)) == ["deadline"]


async def test_going_to_the_last_step_of_a_finished_project_reopens_it(database: Database) -> None:
    ended = [
        {"id": name, "index": place, "current": name == "c", "date_completed": NOON}
        for place, name in enumerate("abc")
    ]
    await imported(database, make_going(*ended, status="Completed"))

    await change(writing(database), GoToWorkflowStep(project_id="project-1", workflow_step_id="c"))

    project = (await stored(database)).project
    assert project.status == "Active"
    assert [step.date_completed for step in project.workflow_steps or ()] == [NOON, NOON, None]


async def test_a_step_that_is_left_backwards_is_completed_no_more(database: Database) -> None:
    ended = [
        {"id": name, "index": place, "current": name == "c", "date_completed": NOON}
        for place, name in enumerate("abc")
    ]
    await imported(database, make_going(*ended, status="Completed"))

    await change(writing(database), DeclineWorkflowStep(project_id="project-1"))

    project = (await stored(database)).project
    assert project.status == "Active"
    assert [step.date_completed for step in project.workflow_steps or ()] == [NOON, None, None]
    assert await current(database) == "b"


@pytest.mark.parametrize("command", [AcceptWorkflowStep, DeclineWorkflowStep])
async def test_a_project_without_steps_goes_nowhere(database: Database, command: Any) -> None:
    await imported_types(database, make_type(finish_on_last_step=True))
    await imported(database, make_project(type="claim", workflow_steps=[]))

    outcome = await change(writing(database), command(project_id="project-1"))

    expected = "NO_NEXT_STEP" if command is AcceptWorkflowStep else "NO_PREVIOUS_STEP"
    assert told(outcome) == [(expected, "projectId")]


async def test_a_project_at_none_of_its_steps_is_accepted_into_the_first(
    database: Database,
) -> None:
    await imported(database, make_going({"id": "late", "index": 5}, {"id": "early", "index": 2}))

    declined = await change(writing(database), DeclineWorkflowStep(project_id="project-1"))
    assert told(declined) == [("NO_PREVIOUS_STEP", "projectId")]
    await change(writing(database), AcceptWorkflowStep(project_id="project-1"))

    assert await current(database) == "early"


async def test_a_step_stated_outside_the_list_is_where_the_project_is(database: Database) -> None:
    """REST's `workflowStep` may name a step that is not marked as current in the list."""
    steps = [{"id": name, "index": place} for place, name in enumerate("abc")]
    stated = WorkflowStep.new(id="b", index=1)
    await imported(database, make_going(*steps, workflow_step=stated))

    await change(writing(database), AcceptWorkflowStep(project_id="project-1", from_step_id="b"))

    there = (await stored(database)).project
    assert there.workflow_step is None
    assert await current(database) == "c"


def dated(**values: Any) -> WorkflowStep:
    """A step whose document states a deadline of its own, which REST has no member for."""
    return WorkflowStep.of({"current": False, **values})


async def test_a_deadline_that_a_step_states_is_taken_where_none_is_given(
    database: Database,
) -> None:
    steps = [
        dated(id="a", index=0, deadline="2026-05-01T00:00:00Z"),
        dated(id="b", index=1, deadline="2026-06-01T00:00:00+02:00"),
        dated(id="c", index=2, deadline="when ready"),
    ]
    await imported_types(database, make_type(workflow_steps=steps, finish_on_last_step=True))

    made = await create(writing(database), CreateProject(project_type_id="claim"))
    assert made.project is not None
    project_id = made.project.id

    async def deadline() -> str | None:
        found = (await stored(database, project_id)).project.deadline
        return found.isoformat() if found else None

    assert await deadline() == "2026-05-01T00:00:00+00:00"
    accept = AcceptWorkflowStep(project_id=project_id)
    await change(writing(database), accept)
    assert await deadline() == "2026-05-31T22:00:00+00:00"
    # What is no time is no deadline.
    await change(writing(database), accept)
    assert await deadline() is None
    await change(writing(database), DeclineWorkflowStep(project_id=project_id, deadline=DUE))
    assert await deadline() == DUE.isoformat()


@pytest.mark.parametrize("status", ["", "  ", "x" * 301])
async def test_a_status_that_cannot_be_is_refused(database: Database, status: str) -> None:
    await imported(database, make_going())
    before = await dump(database)

    outcome = await change(
        writing(database), UpdateProjectStatus(project_id="project-1", status=status)
    )

    assert told(outcome) == [("INVALID_VALUE", "status")]
    assert await dump(database) == before


async def test_the_same_status_again_is_no_write(database: Database) -> None:
    await imported(database, make_going(status="Venter"))

    outcome = await change(
        writing(database), UpdateProjectStatus(project_id="project-1", status="Venter")
    )

    assert (outcome.faults, outcome.changed) == ([], False)
    assert (await stored(database)).row.version == 1

"""Tasks: changed one at a time, with who did them and when."""

from __future__ import annotations

from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.changes import change
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.tasks import UpdateProjectTask
from tests.make.projects import make_project
from tests.make.rich import make_rich
from tests.make.writes import Clock, changed_paths, imported, stored, told, writing

pytestmark = pytest.mark.anyio


async def update(
    database: Database, task_id: str, clock: Any = None, owner: Any = None, **given: Any
) -> Outcome:
    """The outcome of changing a task."""
    command = UpdateProjectTask(project_id="project-1", task_id=task_id, owner=owner, given=given)
    return await change(writing(database, clock=clock), command)


@pytest.mark.parametrize(
    ("task_id", "path"),
    [
        ("part-1-task", "projectParts[part-1].tasks[part-1-task]"),
        ("order-0-task", "changeOrders[order-0].tasks[order-0-task]"),
    ],
)
async def test_a_task_is_found_in_whichever_part_or_change_order_has_it(
    database: Database, task_id: str, path: str
) -> None:
    """Absent fields stay, null clears."""
    await imported(database, make_rich())

    outcome = await update(database, task_id, comment="soon", text=None)

    owner = path.split(".")[0]
    assert changed_paths(outcome) == [f"{path}.text", f"{path}.comment", f"{owner}.modified"]


async def test_a_task_that_is_done_has_who_did_it_and_when_until_it_is_not_done(
    database: Database,
) -> None:
    await imported(database, make_rich())
    clock = Clock()

    async def done() -> tuple[Any, ...]:
        parts = (await stored(database)).project.project_parts or []
        task = (parts[0].tasks or [])[0]
        return task.is_completed, task.completed, task.completed_by_id, task.completed_by_name

    await update(database, "part-0-task", clock, is_completed=True)
    first = clock.now
    assert await done() == (True, first, "anna", "anna")
    assert not (await update(database, "part-0-task", clock, is_completed=True)).changed
    await update(database, "part-0-task", clock, comment="x")
    assert await done() == (True, first, "anna", "anna")
    await update(database, "part-0-task", clock, is_completed=False)
    assert await done() == (False, None, None, None)


async def test_an_id_that_several_tasks_have_needs_their_owner(database: Database) -> None:
    """Ids are unique in a list only."""
    owners = [{"id": name, "tasks": [{"id": "same", "text": name}]} for name in ("a", "b")]
    await imported(database, make_project(project_parts=owners))

    assert told(await update(database, "same", text="x")) == [("INVALID_VALUE", "taskId")]
    outcome = await update(database, "same", owner={"part_id": "b"}, text="x")
    assert changed_paths(outcome)[0] == "projectParts[b].tasks[same].text"


@pytest.mark.parametrize(
    ("task_id", "owner", "given", "expected"),
    [
        ("nobody", None, {}, ("NOT_FOUND", "taskId")),
        ("part-0-task", {"part_id": "part-1"}, {}, ("NOT_FOUND", "taskId")),
        ("part-0-task", {"part_id": "nobody"}, {}, ("NOT_FOUND", "owner.partId")),
        ("part-0-task", None, {"is_completed": None}, ("INVALID_VALUE", "isCompleted")),
        (
            "part-0-task",
            None,
            {"properties": [{"key": "a"}, {"key": "a"}]},
            ("DUPLICATE_KEY", "properties.1.key"),
        ),
    ],
)
async def test_a_bad_change_of_a_task_is_refused_at_its_place(
    database: Database, task_id: str, owner: Any, given: Any, expected: tuple[str, str]
) -> None:
    await imported(database, make_rich())

    assert told(await update(database, task_id, owner=owner, **given)) == [expected]


async def test_a_project_without_tasks_says_so(database: Database) -> None:
    await imported(database, make_project())

    outcome = await update(database, "x")

    assert told(outcome) == [("NOT_FOUND", "taskId")]
    assert outcome.faults[0].message == "the project has no tasks"

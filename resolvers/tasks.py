"""Tasks of project parts and change orders: done, or changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ..data.tasks import Task
from .commands import Applied, Draft, FieldsCommand
from .errors import InvalidInput, NotFound, Refused
from .inputs import Given, made
from .owners import owner_of
from .situations import Situation


@dataclass(frozen=True, kw_only=True)
class UpdateProjectTask(FieldsCommand):
    """Changes the given fields of one task; done: by whom and when is noted. Source: UpdateProjectTask."""

    operation: ClassVar[str] = "updateProjectTask"

    task_id: str
    owner: Given | None = None

    @classmethod
    def guard(cls, situation: Situation) -> Refused | None:
        """There must be one."""
        return None if situation.tasks else NotFound("the project has no tasks", ["taskId"])

    def apply(self, draft: Draft) -> Applied:
        """A task that was done and is not any more has nobody who did it."""
        owner, place = self._found(draft)
        before: Task = owner.tasks[place]
        task = made(Task, self.given, [], draft.faults, before)
        if task is None:
            return Applied()
        if task.is_completed != before.is_completed:
            who = draft.caller.name if task.is_completed else None
            task.completed = draft.now if task.is_completed else None
            task.completed_by_id = task.completed_by_name = who
        owner.tasks = [*owner.tasks[:place], task, *owner.tasks[place + 1 :]]
        return Applied()

    def _found(self, draft: Draft) -> tuple[Any, int]:
        """The task's owner, and its place there. Raises: NotFound, InvalidInput."""
        found = [
            (owner, place)
            for owner in self._owners(draft)
            for place, task in enumerate(owner.tasks or ())
            if task.id == self.task_id
        ]
        if not found:
            raise NotFound(f"there is no task {self.task_id!r}", ["taskId"])
        if len(found) > 1:
            raise InvalidInput(
                f"the task {self.task_id!r} is in {len(found)} parts or change orders; say which with owner",
                ["taskId"],
            )
        return found[0]

    def _owners(self, draft: Draft) -> Iterator[Any]:
        project = draft.project
        if self.owner is not None:
            yield owner_of(project, self.owner)
            return
        yield from project.project_parts or ()
        yield from project.change_orders or ()

"""Making a project of a type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from ..data.ids import new_id
from ..data.project_types import ProjectType
from ..data.projects import Project
from ..data.statuses import NEW
from ..data.workflow_steps import WorkflowStep
from .access import Caller
from .commands import Applied, Draft, FieldsCommand
from .edits import edit
from .errors import Forbidden, InvalidInput
from .inputs import Given
from .situations import in_order
from .updates import active_type


@dataclass(frozen=True, kw_only=True)
class CreateProject(FieldsCommand):
    """Makes a project of a type: New, at the first step. Source: GET /api/Projects/Create, POST /api/Projects."""

    operation: ClassVar[str] = "createProject"
    id_path: ClassVar[str] = "projectTypeId"

    project_id: str = ""
    project_type_id: str

    def type_ids(self, project: Project | None) -> set[str]:
        """The type to make a project of."""
        return {self.project_type_id}

    def begun(self, types: Any, now: datetime) -> Project:
        """The project as its type has it begin. Raises: NotFound, InvalidInput."""
        return _of_type(active_type(types, self.project_type_id, ["projectTypeId"]), now)

    def apply(self, draft: Draft) -> Applied:
        """Gives it the given fields, and the caller's store."""
        given = dict(self.given)
        _default_store(draft.caller, given)
        edit(draft.project, given, draft.kind, draft.faults)
        return Applied()


def _default_store(caller: Caller, given: Given) -> None:
    """Adds the caller's only store where none is given. Raises: Forbidden, InvalidInput."""
    if caller.stores is None or given.get("store_id") is not None:
        return
    if len(caller.stores) == 1:
        (given["store_id"],) = caller.stores
    elif not caller.stores:
        raise Forbidden(f"the token of {caller.name!r} has no store, so it can create no project")
    elif not given.get("stores"):
        raise InvalidInput(
            f"storeId is missing and {caller.name!r} has {len(caller.stores)} stores; "
            f"name one of {', '.join(sorted(caller.stores))}",
            ["storeId"],
        )


def _of_type(kind: ProjectType, now: datetime) -> Project:
    steps = [_begun(step) for step in kind.workflow_steps or ()]
    first = next(iter(in_order(steps)), None)
    if first is not None:
        first.current, first.start_date = True, now
    return Project.new(
        id=new_id(),
        type=kind.id,
        project_type_name=kind.name,
        project_category=kind.project_category,
        status=NEW,
        created=now,
        modified=now,
        deadline=first.own_deadline if first else None,
        workflow_steps=steps,
        partner_check_list=[item.model_copy() for item in kind.partner_check_list or ()],
    )


def _begun(step: WorkflowStep) -> WorkflowStep:
    """A copy of a type's step, with an id and not reached yet."""
    copied = WorkflowStep.new(**{name: getattr(step, name) for name in WorkflowStep.model_fields})
    copied.__pydantic_extra__ = dict(step.unknown)
    copied.id = copied.id or new_id()
    copied.current, copied.start_date, copied.date_completed = False, None, None
    return copied

"""Making a project of a type, and changing any of the fields of one."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from ..data import project_types
from ..data.database import Transaction
from ..data.ids import new_id
from ..data.project_types import ProjectType
from ..data.projects import Project
from ..data.workflow_steps import WorkflowStep
from .access import Caller
from .changes import Applied, Command, Outcome, change, create
from .context import Context
from .edits import edit
from .errors import Forbidden, InvalidInput, NotFound
from .inputs import Faults, Given
from .products import difference

NEW = "New"


@dataclass(frozen=True, kw_only=True)
class PatchProject(Command):
    """Changes the given fields of a project. Source: PATCH /api/Projects."""

    operation: ClassVar[str] = "patchProject"
    id_path: ClassVar[str] = "id"

    given: Given = field(default_factory=dict)

    def input(self) -> Given:
        """The input's fields by name, the given ones among them."""
        values: Given = {part.name: getattr(self, part.name) for part in fields(self)}
        given: Given = values.pop("given")
        return values | given


@dataclass(frozen=True, kw_only=True)
class CreateProject(Command):
    """Makes a project of a type. Source: GET /api/Projects/Create, POST /api/Projects."""

    operation: ClassVar[str] = "createProject"
    id_path: ClassVar[str] = "projectTypeId"

    project_id: str = ""
    project_type_id: str
    given: Given = field(default_factory=dict)

    def input(self) -> Given:
        """The input's fields by name, the given ones among them."""
        values: Given = {part.name: getattr(self, part.name) for part in fields(self)}
        given: Given = values.pop("given")
        return values | given


async def patch_project(context: Context, command: PatchProject) -> Outcome:
    """Changes the given fields of a project, all or none."""

    async def apply(source: Transaction, project: Project, _: datetime) -> Applied:
        faults = Faults()
        given = dict(command.given)
        if "type" in given:
            await _retype(source, project, given.pop("type"), faults)
        before = list(project.products or ())
        edit(project, given, faults)
        faults.check()
        return Applied(difference(before, project.products or ()) if "products" in given else None)

    return await change(context, command, apply)


async def create_project(context: Context, command: CreateProject) -> Outcome:
    """Makes a project: New, at the first step of its type's workflow."""

    async def make(source: Transaction, now: datetime) -> Project:
        kind = await _type(source, command.project_type_id, ["projectTypeId"])
        project = _of_type(kind, now)
        faults = Faults()
        given = dict(command.given)
        _default_store(context.caller, given)
        edit(project, given, faults)
        faults.check()
        return project

    return await create(context, command, make)


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


async def _type(source: Transaction, type_id: str, path: list[str]) -> ProjectType:
    """An active type. Raises: NotFound, InvalidInput."""
    found = await project_types.by_id(source, [type_id])
    if type_id not in found:
        raise NotFound(f"there is no project type {type_id!r}; projectTypes lists them", path)
    if not found[type_id].active:
        raise InvalidInput(
            f"the project type {type_id!r} is not active; choose an active one", path
        )
    return project_types.document(found[type_id])


async def _retype(source: Transaction, project: Project, type_id: Any, faults: Faults) -> None:
    if type_id is None:
        faults.invalid("type is null; a project has a type", ["type"])
        return
    if type_id == project.type:
        return
    try:
        kind = await _type(source, type_id, ["type"])
    except (NotFound, InvalidInput) as fault:
        faults.add(fault)
        return
    project.type, project.project_type_name = kind.id, kind.name


def _of_type(kind: ProjectType, now: datetime) -> Project:
    steps = [WorkflowStep.new(**_copied(step)) for step in kind.workflow_steps or ()]
    for step in steps:
        step.id = step.id or new_id()
        step.current = False
    if steps:
        first = min(steps, key=lambda step: step.index)
        first.current, first.start_date = True, now
    return Project.new(
        id=new_id(),
        type=kind.id,
        project_type_name=kind.name,
        project_category=kind.project_category,
        status=NEW,
        created=now,
        modified=now,
        workflow_steps=steps,
        partner_check_list=[item.model_copy() for item in kind.partner_check_list or ()],
    )


def _copied(step: WorkflowStep) -> dict[str, Any]:
    return {name: getattr(step, name) for name in WorkflowStep.model_fields}

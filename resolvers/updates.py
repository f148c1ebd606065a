"""Changing any of the fields of a project: those that are given, or all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..data.money import ZERO
from ..data.project_types import ProjectType
from ..data.projects import Project
from .commands import Applied, Draft, FieldsCommand
from .edits import edit
from .errors import InvalidInput, NotFound, Refused
from .inputs import Given
from .products import difference

# What an update clears where it is not given. Source: OmniumProjectUpdateRequest, 23 fields with the id and the value.
CLEARED: dict[str, Any] = {
    **dict.fromkeys(
        (
            "project_number",
            "name",
            "cancellation_code",
            "cancellation_reason",
            "deadline",
            "external_reference",
            "public_url",
            "customer",
            "store_contact",
            "store_id",
            "partner",
        )
    ),
    "external_ids": [],
    "tags": [],
    "contact_persons": [],
    "stores": [],
    "addresses": [],
    "partners": [],
    "project_parts": [],
    "change_orders": [],
    "transactions": [],
    "form_data": [],
}


@dataclass(frozen=True, kw_only=True)
class PatchProject(FieldsCommand):
    """Changes the given fields of a project. Source: PATCH /api/Projects."""

    operation: ClassVar[str] = "patchProject"
    id_path: ClassVar[str] = "id"

    def type_ids(self, project: Project | None) -> set[str]:
        """The type given, and the one whose rules new partners follow."""
        given = {self.given["type"]} if self.given.get("type") else set()
        own = {project.type} if project and project.type and _names_partners(self.given) else set()
        return given | own

    def apply(self, draft: Draft) -> Applied:
        """All of them or none; a new type comes with its name."""
        given = dict(self.given)
        if "type" in given:
            _retype(draft, given.pop("type"))
        return _edited(draft, given)


@dataclass(frozen=True, kw_only=True)
class UpdateProject(FieldsCommand):
    """Gives a project all the fields of an update: what is absent is cleared. Source: PUT /api/Projects."""

    operation: ClassVar[str] = "updateProject"
    id_path: ClassVar[str] = "id"

    def type_ids(self, project: Project | None) -> set[str]:
        """The type whose rules new partners follow."""
        return {project.type} if project and project.type and _names_partners(self.given) else set()

    def gives(self, name: str) -> bool:
        """Whether the field is given; a value that is not is cleared."""
        return name == "project_value" or super().gives(name)

    def apply(self, draft: Draft) -> Applied:
        """Products are the exception: a list that is absent stays."""
        if "project_value" not in self.given:
            draft.project.project_value = ZERO
        return _edited(draft, CLEARED | self.given)


def _names_partners(given: Given) -> bool:
    return bool(given.get("partner") or given.get("partners"))


def _edited(draft: Draft, given: Given) -> Applied:
    project = draft.project
    before = list(project.products or ())
    edit(project, given, draft.kind, draft.faults)
    listed = "products" in given
    return Applied(difference(before, project.products or ()) if listed else {})


def _retype(draft: Draft, type_id: str | None) -> None:
    project = draft.project
    if type_id is None:
        draft.faults.invalid("type is null; a project has a type", ["type"])
    elif type_id != project.type:
        try:
            kind = active_type(draft.types, type_id, ["type"])
        except Refused as fault:
            draft.faults.add(fault)
        else:
            project.type, project.project_type_name = kind.id, kind.name


def active_type(types: Any, type_id: str, path: list[str]) -> ProjectType:
    """An active type among those read. Raises: NotFound, InvalidInput."""
    kind: ProjectType | None = types.get(type_id)
    if kind is None:
        raise NotFound(f"there is no project type {type_id!r}; projectTypes lists them", path)
    if not kind.active:
        raise InvalidInput(
            f"the project type {type_id!r} is not active; choose an active one", path
        )
    return kind

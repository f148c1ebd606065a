"""Project parts: pieces of the work, added, updated and removed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from .inputs import Given
from .lists import AddTo, ListOf, RemoveFrom, UpdateIn
from .owners import owners

_PARTS = ListOf(
    "project_parts", partial(owners, "project_parts"), lambda there: there.parts, "parts"
)


@dataclass(frozen=True, kw_only=True)
class AddProjectParts(AddTo):
    """Adds parts with their tasks and transactions. Source: ProjectParts/AddMany."""

    operation: ClassVar[str] = "addProjectParts"
    of_list: ClassVar[ListOf] = _PARTS
    field: ClassVar[str] = "parts"

    parts: list[Given]


@dataclass(frozen=True, kw_only=True)
class UpdateProjectParts(UpdateIn):
    """Changes the given fields of parts; their own lists are replaced. Source: ProjectParts/UpdateMany."""

    operation: ClassVar[str] = "updateProjectParts"
    of_list: ClassVar[ListOf] = _PARTS
    field: ClassVar[str] = "parts"

    parts: list[Given]


@dataclass(frozen=True, kw_only=True)
class RemoveProjectParts(RemoveFrom):
    """Removes parts with their tasks and transactions. Source: DELETE ProjectParts."""

    operation: ClassVar[str] = "removeProjectParts"
    of_list: ClassVar[ListOf] = _PARTS
    field: ClassVar[str] = "part_ids"

    part_ids: list[str]

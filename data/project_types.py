"""Project types: what decides the structure and behaviour of projects, with the template of their workflow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from sqlalchemy import Integer, Table, delete, select
from sqlalchemy.schema import Column

from .among import among
from .base import METADATA
from .check_list import CheckListItem
from .collections import Source, columns_of, document_from, values_of
from .compiled import Statement
from .documents import Document, Word
from .insertion import Insertion
from .workflow_steps import WorkflowStep


class DefaultProperty(Document):
    """A property that projects of a type start with. Source: the typed PropertyItem of OmniumProjectType."""

    key: Word | None = None
    value: Word | None = None
    key_group: Word | None = None
    value_type: Word | None = None
    value_options: list[Word] | None = None
    read_only: bool = False
    is_multi_select_enabled: bool = False
    is_custom_value_option_allowed: bool = False


class ProjectType(Document):
    """A kind of project: its workflow, partners and defaults. Source: OmniumProjectType."""

    id: Word = Field(alias="projectTypeId", min_length=1)
    name: Word | None = Field(None, alias="projectTypeName")
    description: Word | None = Field(None, alias="projectTypeDescription")
    project_category: Word | None = None
    active: bool = False
    workflow_steps: list[WorkflowStep] | None = None
    finish_on_last_step: bool = False
    can_have_multiple_partners: bool = False
    is_partner_disabled: bool = False
    available_partner_ids: list[Word] | None = None
    partner_check_list: list[CheckListItem] | None = None
    internal_check_list: list[CheckListItem] | None = None
    default_properties: list[DefaultProperty] | None = None
    default_order_type: Word | None = None
    set_delivery_address_to_main_store_address: bool = False
    terms: Word | None = None
    public_url: Word | None = None


_own = columns_of(ProjectType)
_own[0].primary_key = True
PROJECT_TYPES = Table("project_type", METADATA, *_own, Column("position", Integer, nullable=False))
COLUMNS = [column.name for column in _own]
_FIELDS = tuple(COLUMNS[:-1])

_BY_ID = Statement(select(PROJECT_TYPES).where(among(PROJECT_TYPES.c.id, "ids")))
_INSERTION = Insertion(PROJECT_TYPES, PROJECT_TYPES.c.keys())


def document(row: Any) -> ProjectType:
    """The project type of a row."""
    return document_from(ProjectType, {name: getattr(row, name) for name in COLUMNS}, {})


async def by_id(source: Source, ids: Sequence[str]) -> dict[str, Any]:
    """Rows of types. Shape: type id -> row; an unknown id has no entry."""
    rows = await source.run(_BY_ID, {"ids": ids})
    return {row.id: row for row in rows}


async def every(source: Source, *, active: bool | None = None) -> Sequence[Any]:
    """Rows of all types, or of the active or inactive ones, in the order they came."""
    statement = select(PROJECT_TYPES).order_by(PROJECT_TYPES.c.position, PROJECT_TYPES.c.id)
    if active is not None:
        statement = statement.where(PROJECT_TYPES.c.active.is_(active))
    return await source.run(statement)


async def replace_many(
    source: Source, types: Sequence[ProjectType], positions: Sequence[int]
) -> None:
    """Writes types, in place of those with the same id."""
    await source.run(
        delete(PROJECT_TYPES).where(PROJECT_TYPES.c.id.in_([kind.id for kind in types]))
    )
    rows = [
        (*values_of(kind, _FIELDS), position)
        for kind, position in zip(types, positions, strict=True)
    ]
    await _INSERTION.run(source, rows)

"""Which projects a caller sees, as one SQL condition for lists, counts, facets, sums and single reads alike."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, or_, true

from .among import among
from .projects import PROJECTS
from .stores import STORES

_ALL = true()


def visible(stores: Collection[str] | None) -> ColumnElement[bool]:
    """The condition that a project's main store or one of its stores is among these; None means all projects."""
    if stores is None:
        return _ALL
    return in_stores(sorted(stores))


def in_stores(stores: Collection[str]) -> ColumnElement[bool]:
    """The condition that a project belongs to one of the stores, as its main store or an additional one."""
    # EXISTS, not IN: a page then looks up its own projects only, not all projects of the stores.
    additional = exists().where(
        STORES.table.c.project_id == PROJECTS.c.id, among(STORES.table.c.store_id, stores)
    )
    return or_(among(PROJECTS.c.store_id, stores), additional.correlate(PROJECTS))

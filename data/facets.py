"""Facets of a search: for each value of a field, how many of the projects found have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, func, literal, select, union, union_all

from .base import CodePoints
from .collections import Source
from .products import PRODUCTS
from .projects import PROJECTS
from .stores import STORES
from .tags import TAGS

# A facet has at most this many values, the most frequent ones.
LIMIT = 100


class ProjectFacetField(Enum):
    """What projects are counted by."""

    STATUS = "STATUS"
    TYPE = "TYPE"
    CATEGORY = "CATEGORY"
    STORE = "STORE"
    WORKFLOW_STEP = "WORKFLOW_STEP"
    PRODUCT_STATUS = "PRODUCT_STATUS"
    TAG = "TAG"


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, and how many projects have it."""

    value: str
    count: int


def _values(hits: CTE) -> dict[ProjectFacetField, Any]:
    """For each field, the projects with their values: each pair once."""

    def own(column: str) -> Select[Any]:
        return select(hits.c.id, hits.c[column])

    def nested(column: Any) -> Select[Any]:
        owner = column.table.c.project_id
        return select(owner, column).join(hits, hits.c.id == owner)

    return {
        ProjectFacetField.STATUS: own("status"),
        ProjectFacetField.TYPE: own("type"),
        ProjectFacetField.CATEGORY: own("project_category"),
        ProjectFacetField.STORE: union(own("store_id"), nested(STORES.table.c.store_id)),
        ProjectFacetField.WORKFLOW_STEP: own("workflow_step_name"),
        ProjectFacetField.PRODUCT_STATUS: nested(PRODUCTS.table.c.status).distinct(),
        ProjectFacetField.TAG: nested(TAGS.table.c.value).distinct(),
    }


async def counts(
    source: Source, where: ColumnElement[bool]
) -> dict[ProjectFacetField, list[FacetValue]]:
    """The facets of the projects that meet a condition, in one statement.

    Shape: field -> values, most frequent first, then by value; a field without values has [].
    """
    own = ("id", "status", "type", "project_category", "store_id", "workflow_step_name")
    hits = select(*(PROJECTS.c[name] for name in own)).where(where).cte("hits")
    counted = []
    for field, pairs in _values(hits).items():
        value = pairs.subquery().c[1]
        number = func.count()
        top = select(literal(field.value, CodePoints).label("field"), value, number)
        top = top.where(value.is_not(None)).group_by(value).order_by(number.desc(), value)
        counted.append(select(top.limit(LIMIT).subquery()))
    facets: dict[ProjectFacetField, list[FacetValue]] = {field: [] for field in ProjectFacetField}
    rows: Sequence[Any] = await source.run(union_all(*counted))
    for name, found, count in rows:
        facets[ProjectFacetField(name)].append(FacetValue(found, count))
    for values in facets.values():
        values.sort(key=lambda one: (-one.count, one.value))
    return facets

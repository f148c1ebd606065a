"""Counts, facets and sums, counted again in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from sqlalchemy import false, true

from projectgate.data import access, conditions, facets, search
from projectgate.data.database import Database
from projectgate.data.facets import ProjectFacetField
from projectgate.data.filters import ProductFilter, ProjectFilter
from projectgate.data.projects import Project
from tests.conftest import recorded
from tests.make.answers import current_step, stores
from tests.make.projects import NOON, make_project, store

pytestmark = pytest.mark.anyio

VALUES: dict[ProjectFacetField, Callable[[Project], Iterable[str | None]]] = {
    ProjectFacetField.STATUS: lambda project: [project.status],
    ProjectFacetField.TYPE: lambda project: [project.type],
    ProjectFacetField.CATEGORY: lambda project: [project.project_category],
    ProjectFacetField.STORE: stores,
    ProjectFacetField.WORKFLOW_STEP: lambda project: [(s := current_step(project)) and s.name],
    ProjectFacetField.PRODUCT_STATUS: lambda project: [
        one.status for one in project.products or ()
    ],
    ProjectFacetField.TAG: lambda project: project.tags or (),
}


def counted(projects: list[Project], field: ProjectFacetField) -> list[tuple[str, int]]:
    """The facet of a field by Python's own counting: projects, not lines."""
    counts = Counter(
        value for project in projects for value in set(VALUES[field](project)) if value is not None
    )
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


async def test_facets_and_counts_are_those_of_python_for_any_search(
    filled: tuple[Database, list[Project]],
) -> None:
    database, projects = filled
    cancelled = ProjectFilter(products=ProductFilter(statuses=["Cancelled"]))
    searches = [
        (true(), projects),
        (false(), []),
        (
            access.visible(["store-oslo"]),
            [project for project in projects if "store-oslo" in stores(project)],
        ),
        (
            conditions.condition(cancelled, database.dialect, NOON),
            [p for p in projects if any(line.status == "Cancelled" for line in p.products or ())],
        ),
    ]
    for condition, matching in searches:
        assert await search.count(database, condition) == len(matching)
        found = await facets.counts(database, condition)
        assert set(found) == set(ProjectFacetField)
        for field, values in found.items():
            assert [(one.value, one.count) for one in values] == counted(matching, field), field


async def test_all_facets_are_one_statement(database: Database) -> None:
    with recorded(database) as sent:
        assert set(await facets.counts(database, true())) == set(ProjectFacetField)
    assert len(sent) == 1


async def test_a_facet_has_the_hundred_most_frequent_values_then_by_code_point(
    database: Database,
) -> None:
    tags = [f"{letter}{number:02}" for letter in "bBé" for number in range(40)]
    rare = make_project(id="a", tags=tags)
    often = make_project(id="b", tags=tags[-3:])
    await store(database, [rare, often])
    found = (await facets.counts(database, true()))[ProjectFacetField.TAG]
    assert [(one.value, one.count) for one in found] == counted(
        [rare, often], ProjectFacetField.TAG
    )[:100]

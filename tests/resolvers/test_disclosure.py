"""What callers see of stored changes: the schema's names, and nothing it has no field for."""

from __future__ import annotations

from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.differences import Change
from projectgate.data.projects import Project
from projectgate.resolvers import histories
from projectgate.resolvers.disclosure import shown
from projectgate.resolvers.identities import identify
from tests.make.documents import project_documents
from tests.make.writes import imported, writing

pytestmark = pytest.mark.anyio

# Members of the example documents that the schema has no field for.
KEPT_ALONE = {
    "birthDate",
    "gender",
    "bonusPoints",
    "creditLimit",
    "consents",
    "xNested",
    "createdBy",
    "projectOwner",
    "customerId",
    "customerNumber",
}


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


async def test_the_versions_of_the_examples_show_nothing_that_is_kept_for_the_export_alone(
    database: Database,
) -> None:
    projects = [Project.of(document) for document in project_documents()]
    for project in projects:
        identify(project, None)
    await imported(database, *projects)
    loaders = writing(database).loaders
    seen: set[str] = set()
    for project in projects:
        for version in await loaders.versions.load((project.id, 1, None)):
            for change in histories.changes_of(version):
                seen |= _names(change.after) | {
                    segment for segment in change.segments if isinstance(segment, str)
                }
    assert {"skuId", "customer", "number", "postalCode"} <= seen
    assert not seen & KEPT_ALONE


def test_a_change_of_a_member_nobody_sees_is_left_out_and_others_bear_the_schemas_names() -> None:
    changes = [
        Change(["customer", "birthDate"], "1980-01-01", None),
        Change(["customer", "customerId"], "a", "b"),
        Change(["xNested", "a"], 1, 2),
        Change(["products", ["id", "line"], "status"], "Active", "Cancelled"),
    ]
    assert [change.path for change in shown(changes)] == ["customer.id", "products[line].status"]

"""Null in an input: it clears a field, or is refused and says what to do instead."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from projectgate.data.database import Database
from projectgate.data.projects import Project
from tests.make.writes import stored, writing
from tests.schema.conftest import answered
from tests.schema.whole import TYPES
from tests.schema.whole_patch import FIELDS, OPTIONS
from tests.schema.writes import ERRORS, payload

pytestmark = pytest.mark.anyio

CLEARABLE = [
    "projectNumber",
    "name",
    "projectCategory",
    "subType",
    "status",
    "cancellationCode",
    "cancellationReason",
    "deadline",
    "projectDate",
    "externalReference",
    "publicUrl",
    "customer",
    "storeContact",
    "storeId",
    "partner",
]
NOT_NULL = [
    "externalIds",
    "tags",
    "contactPersons",
    "stores",
    "addresses",
    "partners",
    "partnerCheckList",
    "products",
    "projectParts",
    "changeOrders",
    "transactions",
    "projectValue",
    "projectBudgetValue",
    "projectAdditionalValue",
    "formData",
    "attachments",
    "errors",
    "type",
]


def test_every_field_of_a_patch_is_cleared_or_refuses_null() -> None:
    patch = TYPES["PatchProjectInput"]
    assert isinstance(patch, GraphQLInputObjectType)
    assert set(CLEARABLE) | set(NOT_NULL) | OPTIONS | {"id"} == set(patch.fields)


@pytest.mark.parametrize("literal", [True, False], ids=["literal", "variable"])
async def test_null_is_a_user_error_where_it_cannot_be_and_clears_elsewhere(
    filled: Database, literal: bool
) -> None:
    async def patch(names: list[str]) -> Any:
        if not literal:
            selected = f"project {{ {' '.join(names)} }} {ERRORS}".replace(
                "customer ", "customer { id } "
            )
            selected = selected.replace("storeContact ", "storeContact { id } ")
            selected = selected.replace("partner ", "partner { id } ")
            nulls: dict[str, Any] = dict.fromkeys(names)
            return await payload(
                filled,
                "patchProject",
                selected if names == CLEARABLE else ERRORS,
                id="project-1",
                **nulls,
            )
        given = " ".join(f"{name}: null" for name in names)
        text = f'mutation {{ patchProject(input: {{ id: "project-1" {given} }}) {{ {ERRORS} }} }}'
        answer = await answered(writing(filled), text)
        assert answer.errors == []
        return answer.data["patchProject"]

    await payload(filled, "patchProject", id="project-1", **FIELDS)
    refused = (await patch(NOT_NULL))["userErrors"]
    assert sorted(error["path"] for error in refused if error["code"] == "INVALID_VALUE") == sorted(
        [name] for name in NOT_NULL
    )
    lists = {name for name in NOT_NULL if name != "type" and "Value" not in name}
    assert all(
        "use [] to clear" in error["message"] for error in refused if error["path"][0] in lists
    )
    cleared = await patch(CLEARABLE)
    assert cleared["userErrors"] == []
    project = (await stored(filled)).project
    for name in CLEARABLE:
        field = next(key for key, held in Project.model_fields.items() if held.alias == name)
        assert getattr(project, field) is None


async def test_a_null_list_written_out_is_a_validation_error(filled: Database) -> None:
    text = """
        mutation {
          replaceProjectProducts(input: { projectId: "project-1", products: null }) { changed }
        }
    """

    answer = await answered(writing(filled), text)

    assert answer.code == "GRAPHQL_VALIDATION_FAILED"

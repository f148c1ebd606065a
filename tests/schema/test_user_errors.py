"""How a refusal is told: the type of each error, its code, its path and what it carries."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType

from projectgate.data.database import Database
from projectgate.data.products import ProductRow
from projectgate.resolvers import errors
from projectgate.schema import user_errors
from projectgate.schema.build import schema
from projectgate.schema.user_errors import UserErrorCode, user_error
from tests.make.writes import imported, make_claim, make_line, writing
from tests.schema.conftest import answered

TYPES = schema._schema.type_map
# The codes of the contract.
CODES = """
    EMPTY_INPUT INVALID_VALUE TOO_MANY DUPLICATE_UPDATE DUPLICATE_KEY CALCULATED_FIELD NOT_FOUND PRODUCT_NOT_FOUND
    AMBIGUOUS_PRODUCT PARTNER_NOT_ALLOWED STEP_MOVED NO_NEXT_STEP NO_PREVIOUS_STEP INVALID_STATE VERSION_CONFLICT
    IDEMPOTENCY_KEY_REUSED
"""


def test_the_codes_are_those_of_the_contract() -> None:
    kind = TYPES["UserErrorCode"]

    assert isinstance(kind, GraphQLEnumType)
    assert sorted(kind.values) == sorted(CODES.split())
    assert all(str(code.value) == code.name for code in UserErrorCode)


def test_every_error_has_the_fields_of_the_interface_and_its_own() -> None:
    interface = TYPES["UserError"]
    assert isinstance(interface, GraphQLInterfaceType)
    shared = set(interface.fields)
    own: dict[str, set[str]] = {}
    for kind in user_errors.USER_ERRORS:
        built = TYPES[kind.__name__]
        assert isinstance(built, GraphQLObjectType)
        assert built.interfaces == (interface,)
        own[kind.__name__] = set(built.fields) - shared

    assert shared == {"code", "message", "path"}
    assert own == {
        "InvalidInput": set(),
        "NotFound": set(),
        "AmbiguousProduct": {"candidates"},
        "VersionConflict": {"currentVersion", "changedPaths"},
        "InvalidState": {"allowedActions"},
    }


LINE = ProductRow.new(id="line-1")
FAULTS: list[tuple[errors.Refused, str, dict[str, Any]]] = [
    (errors.InvalidInput("m", ["a", 1]), "InvalidInput", {}),
    (errors.InvalidInput("m", ["a", 1], code="TOO_MANY"), "InvalidInput", {}),
    (errors.NotFound("m", ["a", 1]), "NotFound", {}),
    (errors.NotFound("m", ["a", 1], code="PRODUCT_NOT_FOUND"), "NotFound", {}),
    (errors.AmbiguousProduct("m", ["a", 1], [LINE]), "AmbiguousProduct", {"candidates": [LINE]}),
    (
        errors.VersionConflict("m", ["a", 1], 3, ["name"]),
        "VersionConflict",
        {"current_version": 3, "changed_paths": ["name"]},
    ),
    (
        errors.InvalidState("m", ["a", 1], ["activateProject"]),
        "InvalidState",
        {"allowed_actions": ["activateProject"]},
    ),
]


@pytest.mark.parametrize(("fault", "kind", "carried"), FAULTS)
def test_a_refusal_becomes_the_error_of_its_kind(
    fault: errors.Refused, kind: str, carried: dict[str, Any]
) -> None:
    told = user_error(fault)

    assert type(told).__name__ == kind
    assert (str(told.code.value), told.message, told.path) == (fault.code, "m", ["a", "1"])
    assert {name: getattr(told, name) for name in carried} == carried


def test_every_kind_of_refusal_is_told() -> None:
    assert {type(fault) for fault, _, _ in FAULTS} == set(errors.Refused.__subclasses__())


UPDATE = """
    mutation ($input: UpdateProjectProductStatusInput!) {
      updateProjectProductStatus(input: $input) {
        project { id } changed changes { path }
        userErrors {
          __typename code message path
          ... on AmbiguousProduct { candidates { id orderId quantity properties { key } } }
          ... on VersionConflict { currentVersion changedPaths }
        }
      }
    }
"""


async def _refused(database: Database, **given: Any) -> list[dict[str, Any]]:
    variables = {"input": {"projectId": "project-1"} | given}
    answer = await answered(writing(database), UPDATE, variables)
    assert answer.errors == []
    payload = answer.data["updateProjectProductStatus"]
    assert (payload["project"], payload["changed"], payload["changes"]) == (None, False, [])
    told: list[dict[str, Any]] = payload["userErrors"]
    return told


@pytest.mark.anyio
async def test_all_errors_of_a_request_are_read_in_one_answer(database: Database) -> None:
    key = {"key": "color"}
    lines = [make_line(id="a", properties=[key]), make_line(id="b", order_id="9", quantity="2.50")]
    await imported(database, make_claim(products=lines))

    ambiguous, unknown, both = await _refused(
        database,
        productStatusUpdates=[
            {"skuId": "SKU-001", "status": "Sent"},
            {"skuId": "sku-001", "status": "Sent"},
            {"skuId": "SKU-001", "lineId": "a", "status": "Sent"},
        ],
    )

    assert ambiguous.pop("message") == (
        "the sku 'SKU-001' is on 2 lines ('a', 'b'); narrow it by orderId, or name one by lineId"
    )
    assert ambiguous == {
        "__typename": "AmbiguousProduct",
        "code": "AMBIGUOUS_PRODUCT",
        "path": ["productStatusUpdates", "0", "skuId"],
        "candidates": [
            {"id": "a", "orderId": "10207", "quantity": "1", "properties": [{"key": "color"}]},
            {"id": "b", "orderId": "9", "quantity": "2.5", "properties": []},
        ],
    }
    assert (unknown["__typename"], unknown["code"]) == ("NotFound", "PRODUCT_NOT_FOUND")
    assert unknown["path"] == ["productStatusUpdates", "1", "skuId"]
    assert "did you mean 'SKU-001'?" in unknown["message"]
    assert (both["__typename"], both["code"]) == ("InvalidInput", "INVALID_VALUE")
    assert both["path"] == ["productStatusUpdates", "2"]


@pytest.mark.anyio
async def test_a_version_conflict_tells_the_version_and_what_changed(database: Database) -> None:
    await imported(database, make_claim())
    update = {"lineId": "line-2", "status": "Sent"}
    answer = await answered(
        writing(database),
        UPDATE,
        {"input": {"projectId": "project-1", "productStatusUpdates": [update]}},
    )
    assert answer.data["updateProjectProductStatus"]["changed"]

    (conflict,) = await _refused(database, productStatusUpdates=[update], expectedVersion=1)

    assert conflict.pop("message") == (
        "expectedVersion is 1, the project is at version 2; read it again and reapply"
    )
    assert conflict == {
        "__typename": "VersionConflict",
        "code": "VERSION_CONFLICT",
        "path": ["expectedVersion"],
        "currentVersion": 2,
        "changedPaths": ["products[line-2].status"],
    }

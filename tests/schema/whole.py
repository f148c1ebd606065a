"""Whole selections made from the schema, and the answers that a document leads us to expect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)

from projectgate.schema.build import schema

TYPES = schema._schema.type_map
# The connections, which take arguments and are tested by themselves.
HISTORIES = ("log", "versions")
# What the document does not say; tested by itself.
TOLD = (*HISTORIES, "availableActions")


def fields(type_name: str) -> dict[str, GraphQLField]:
    """The fields of an object type."""
    found: dict[str, GraphQLField] = cast("GraphQLObjectType", TYPES[type_name]).fields
    return found


def selection(type_name: str, without: tuple[str, ...] = ()) -> str:
    """A selection of all fields of a type, down to the leaves."""
    return (
        "{"
        + " ".join(
            selected(name, field)
            for name, field in fields(type_name).items()
            if name not in without
        )
        + "}"
    )


def selected(name: str, field: GraphQLField) -> str:
    """A field with all that is below it."""
    below = get_named_type(field.type)
    if is_interface_type(below):
        return f"{name} {{ __typename }}"
    return f"{name} {selection(below.name)}" if is_object_type(below) else name


def amount(value: Any) -> str:
    """An amount as it must be answered, worked out with integers."""
    number = Fraction(Decimal(str(value)))
    digits = 0
    while number.denominator != 1:
        number *= 10
        digits += 1
    text = str(abs(number.numerator)).rjust(digits + 1, "0")
    text = f"{text[:-digits]}.{text[-digits:]}" if digits else text
    return f"-{text}" if number < 0 else text


def moment(value: str | None) -> str | None:
    """A moment as it must be answered: UTC, no more than microseconds, the zero date is null."""
    if value is None or value.startswith("0001-01-01"):
        return None
    whole, _, fraction = value.removesuffix("Z").partition(".")
    if "+" in whole or whole.count("-") > 2:
        return datetime.fromisoformat(value).astimezone(UTC).isoformat().replace("+00:00", "Z")
    fraction = fraction[:6].ljust(6, "0") if fraction.rstrip("0") else ""
    return f"{whole}.{fraction}Z" if fraction.strip("0") else f"{whole}Z"


_LEAVES: dict[str, Callable[[Any], Any]] = {
    "Decimal": lambda value: amount(value or 0),
    "DateTime": moment,
    "Boolean": bool,
    "Int": lambda value: value or 0,
    "ID": lambda value: value,
    "String": lambda value: value,
}


def _derived(type_name: str, document: dict[str, Any]) -> dict[str, Any]:
    """The fields that a document says in another way than by a member of the same name."""
    if type_name in ("Transaction",):
        return money([document]) | {name: document.get(name) for name in ("id", "description")}
    if type_name in ("ProjectPart", "ChangeOrder"):
        return {"transactionSummary": summary(document.get("transactions") or [])}
    if type_name == "ProjectPartner" and "customerId" in document:
        return {"id": document["customerId"]}
    if type_name == "ProjectCustomer":
        names = [document[name] for name in ("firstName", "lastName") if document.get(name)]
        business = bool(document.get("name") or document.get("taxId"))
        return {
            "id": document.get("customerId"),
            "number": document.get("customerNumber"),
            "kind": "BUSINESS" if business else "PRIVATE",
            "displayName": document.get("name")
            or document.get("fullName")
            or " ".join(names)
            or None,
        }
    if type_name == "ProjectType":
        return {
            "id": document["projectTypeId"],
            "name": document.get("projectTypeName"),
            "description": document.get("projectTypeDescription"),
        }
    return _of_project(document) if type_name == "Project" else {}


def _of_project(document: dict[str, Any]) -> dict[str, Any]:
    levels = {
        "project": document.get("transactions") or [],
        "parts": [
            row
            for part in document.get("projectParts") or ()
            for row in part.get("transactions") or ()
        ],
        "changeOrders": [
            row
            for order in document.get("changeOrders") or ()
            for row in order.get("transactions") or ()
        ],
    }
    every = [row for rows in levels.values() for row in rows]
    additional = amount(document.get("projectAdditionalValue") or 0)
    whole = amount(document.get("projectValue") or 0)
    budget = amount(document.get("projectBudgetValue") or 0)
    if every:
        whole = amount(_decimal(Fraction(money(every)["value"]) + Fraction(additional)))
        budget = money(every)["budgetValue"]
    status = document.get("status")
    ended = status in ("Completed", "WorkflowCompleted") or (status or "").startswith("CancelledBy")
    steps = document.get("workflowSteps") or []
    step = document.get("workflowStep") or next(
        (step for step in steps if step.get("current")), None
    )
    return {
        "version": 1,
        "isTerminal": ended,
        "isActive": not ended and status != "OnHold",
        "hasMultiplePartners": len(document.get("partners") or ()) > 1,
        "transactionSummary": summary(levels["project"]),
        "projectTransactionTotal": summary(every),
        "projectValue": whole,
        "projectBudgetValue": budget,
        "valueBreakdown": {name: money(rows)["value"] for name, rows in levels.items()}
        | {"additional": additional, "total": whole},
        "workflowStep": step and expected("WorkflowStep", step),
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A sum of transactions as it must be answered."""
    return money(rows) | {"id": None, "description": None}


def money(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The amounts of one or several transactions, worked out with fractions, which never round."""
    inputs = ("revenue", "cost", "budgetRevenue", "budgetCost")
    sums = {
        name: sum((Fraction(Decimal(str(row.get(name) or 0))) for row in rows), Fraction(0))
        for name in inputs
    }
    value = sums["revenue"] - sums["cost"]
    budget = sums["budgetRevenue"] - sums["budgetCost"]
    exact = sums | {"value": value, "budgetValue": budget, "budgetDeviation": value - budget}
    found: dict[str, Any] = {name: amount(_decimal(number)) for name, number in exact.items()}
    found["budgetDeviationPercent"] = None
    if budget:
        ten_thousandths = (value - budget) / budget * 100 * 10_000
        # Half up, away from zero: the whole part of the size and a half.
        rounded = int(abs(ten_thousandths) + Fraction(1, 2))
        found["budgetDeviationPercent"] = amount(
            _decimal(Fraction(-rounded if ten_thousandths < 0 else rounded, 10_000))
        )
    return found


def _decimal(number: Fraction) -> str:
    # Every amount here has 10 digits after the point at most.
    scaled = number * 10**10
    assert scaled.denominator == 1
    digits = str(abs(scaled.numerator)).rjust(11, "0")
    return f"{'-' if number < 0 else ''}{digits[:-10]}.{digits[-10:]}"


def expected(
    type_name: str, document: dict[str, Any], without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The answer that a document leads us to expect for all fields of its type."""
    derived = _derived(type_name, document)
    return {
        name: derived[name] if name in derived else _expected(field, document.get(name))
        for name, field in fields(type_name).items()
        if name not in without
    }


def _expected(field: GraphQLField, value: Any) -> Any:
    below = get_named_type(field.type)
    one = (
        (lambda item: expected(below.name, item)) if is_object_type(below) else _LEAVES[below.name]
    )
    if is_list_type(get_nullable_type(field.type)):
        return [one(item) for item in value or ()]
    return None if value is None and is_object_type(below) else one(value)

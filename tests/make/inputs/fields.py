"""Inputs of the fields of a project: patched, updated as a whole, or given to a new one."""

from __future__ import annotations

from random import Random
from typing import Any

from . import work
from .chance import (
    PARTNERS,
    STATUSES,
    TYPE_IDS,
    UNKNOWN,
    amount,
    given,
    happens,
    moment,
    some,
    text,
)
from .lines import products

PERSON: dict[str, Any] = {"firstName": text, "lastName": text}
CUSTOMER: dict[str, Any] = PERSON | {"name": text, "fullName": text, "email": text}
PARTNER: dict[str, Any] = {"name": text, "role": text}
UPDATED: dict[str, Any] = {
    "projectNumber": lambda random: (
        "x" * 301 if happens(random, 10) else random.choice([None, "P-1"])
    ),
    "name": text,
    "cancellationCode": text,
    "cancellationReason": text,
    "deadline": moment,
    "externalReference": text,
    "publicUrl": text,
    "storeId": lambda random: (
        " " if happens(random, 10) else random.choice([None, "store-oslo", "store-bergen"])
    ),
    "tags": lambda random: None if happens(random, 3) else some(random, ["a", "b", "c"]),
    "externalIds": lambda random: [
        {"id": one, "providerName": text(random)} for one in some(random, ["1", "1", "2"])
    ],
    "formData": lambda random: [
        {"key": "color", "value": text(random)} for _ in range(random.randint(0, 2))
    ],
    "customer": lambda random: _one(random, CUSTOMER, ["c-1", "c-2"]),
    "storeContact": lambda random: _one(random, PERSON, ["k-1", None]),
    "projectValue": lambda random: amount(random) or "3",
}
PATCHED: dict[str, Any] = {
    "projectCategory": text,
    "subType": text,
    "status": lambda random: " " if happens(random, 5) else random.choice([None, *STATUSES]),
    "projectDate": moment,
    "projectBudgetValue": lambda random: amount(random) or "4",
    "projectAdditionalValue": amount,
}


def _one(random: Random, makers: dict[str, Any], ids: list[Any]) -> dict[str, Any] | None:
    if happens(random, 20):
        return None
    named = {"id": random.choice(ids)} if happens(random, 60) else {}
    return named | given(random, makers)


def _lists(state: dict[str, Any] | None) -> dict[str, Any]:
    """Makers of the lists whose elements have ids."""
    there = state or {"products": [], "transactions": [], "projectParts": [], "changeOrders": []}
    return {
        "products": lambda random: None if happens(random, 5) else products(random, there),
        "transactions": lambda random: work.transactions(random, there["transactions"]),
        "projectParts": lambda random: work.owners(random, "parts", there["projectParts"]),
        "changeOrders": lambda random: work.owners(random, "changeOrders", there["changeOrders"]),
        "partners": lambda random: [
            {"id": one} | given(random, PARTNER)
            for one in some(random, PARTNERS if happens(random, 90) else [*PARTNERS[:1] * 2])
        ],
        "partner": lambda random: (
            None
            if happens(random, 40)
            else {"id": random.choice(PARTNERS)} | given(random, PARTNER)
        ),
    }


def patch(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """A few fields, now and then another type."""
    fields = given(random, UPDATED | PATCHED) | given(random, _lists(state), 1)
    if happens(random, 8):
        fields["type"] = random.choice([*TYPE_IDS, *TYPE_IDS, "old", UNKNOWN, None])
    return fields


def update(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Many fields; mostly with what there is of lists, which would be cleared."""
    fields = given(random, UPDATED, 8) | given(random, _lists(state), 1)
    for name in ("projectParts", "changeOrders", "transactions"):
        if happens(random, 70):
            fields.setdefault(name, [{"id": one["id"]} for one in state[name]])
    return fields


def creation(random: Random, type_id: str | None = None) -> dict[str, Any]:
    """A new project of one of the types; without one named, now and then of a type that is not there."""
    wrong = random.choice(["old", UNKNOWN])
    wanted = wrong if happens(random, 25) else random.choice(TYPE_IDS)
    fields = given(random, UPDATED | PATCHED, 2)
    if type_id is None:
        fields |= given(random, _lists(None), 2)
    fields.pop("projectNumber", None)
    if type_id is not None:
        fields = {}
    return fields | {"projectTypeId": type_id or wanted}

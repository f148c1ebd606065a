"""The fields of a project: patched, updated as a whole, or given to a new one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .drafts import Draft, Fault, Given, Refused, State
from .elements import Sorts, fresh, matched, most, put
from .money import every
from .partners import PARTNER, ids_of, judge
from .products import replace
from .work import OWNERS, TRANSACTION, owners

SCALARS: Sorts = {
    "projectNumber": "key",
    "name": "text",
    "projectCategory": "text",
    "subType": "text",
    "status": "key",
    "cancellationCode": "text",
    "cancellationReason": "text",
    "deadline": "time",
    "projectDate": "time",
    "externalReference": "text",
    "publicUrl": "text",
    "storeId": "key",
    "projectAdditionalValue": "amount",
    "projectValue": "amount",
    "projectBudgetValue": "amount",
}
PERSON: Sorts = {"firstName": "text", "lastName": "text"}
CUSTOMER: Sorts = PERSON | {"name": "text", "fullName": "text", "email": "text"}
ONES = {"customer": CUSTOMER, "storeContact": PERSON, "partner": PARTNER}
PAIRS = {"externalIds": ("id", "providerName"), "formData": ("key", "value")}
# What an update clears where it is absent: its 23 fields, but for the id and the value.
CLEARED: dict[str, Any] = {
    **dict.fromkeys(
        ("projectNumber", "name", "cancellationCode", "cancellationReason", "deadline")
    ),
    **dict.fromkeys(("externalReference", "publicUrl", "storeId", *ONES)),
    **{name: [] for name in (*PAIRS, "tags", "partners")},
    **{name: [] for name in ("projectParts", "changeOrders", "transactions")},
}


def empty(project_id: str) -> State:
    """A project that nothing is said of."""
    lists = ("products", "projectParts", "changeOrders", "transactions", "workflowSteps")
    more = ("tags", "partners", "rejectedByPartners", "comments", "customerComments", *PAIRS)
    return fresh(SCALARS, id=project_id) | {
        "canceled": None,
        **dict.fromkeys(ONES),
        **{name: [] for name in (*lists, *more)},
    }


def edit(draft: Draft, given: Given) -> None:
    """Puts the given fields onto the project."""
    state, before = draft.state, ids_of(draft.state)
    for name in ("status", "storeId"):
        if given.get(name) is not None and not given[name].strip():
            draft.fault("INVALID_VALUE", name)
    put(draft, state, given, SCALARS)
    for name in [name for name in ONES if name in given]:
        state[name] = _one(draft, state[name], given[name], name)
    if "partners" in given:
        state["partners"] = _partners(draft, given["partners"])
    for name in [name for name in PAIRS if name in given]:
        listed = most(draft, given[name], name)
        state[name] = [{key: one.get(key) for key in PAIRS[name]} for one in listed]
    if "tags" in given:
        state["tags"] = most(draft, given["tags"], "tags")
        for place, tag in enumerate(state["tags"]):
            if len(tag) > 300:
                draft.fault("INVALID_VALUE", "tags", place)
    if "products" in given:
        replace(draft, given)
    judge(draft, before, _named(given))
    _edit_work(draft, given)
    draft.says |= given.keys()


def _named(given: Given) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The partners that an input names, and where."""
    if given.get("partner"):
        yield ("partner", "id"), given["partner"]["id"]
    for place, one in enumerate(given.get("partners") or []):
        yield ("partners", place, "id"), one["id"]


def _edit_work(draft: Draft, given: Given) -> None:
    state = draft.state
    if "transactions" in given:
        elements = most(draft, given["transactions"], "transactions")
        state["transactions"] = matched(
            draft, state["transactions"], elements, TRANSACTION, "transactions"
        )
    for name in [name for name in OWNERS if name in given]:
        state[name] = owners(draft, name, state[name], most(draft, given[name], name), name)
    for name in ("projectValue", "projectBudgetValue"):
        if name in given and every(state):
            draft.fault("CALCULATED_FIELD", name)


def _one(draft: Draft, before: State | None, given: Given | None, name: str) -> State | None:
    """A customer, contact or partner: the one there, or somebody else, who has nothing of it."""
    if given is None:
        return None
    if before is None or given.get("id", before["id"]) != before["id"]:
        before = fresh(ONES[name], id=given.get("id"))
    one = dict(before)
    put(draft, one, given, ONES[name], name)
    if name == "partner" and not given["id"].strip():
        draft.fault("INVALID_VALUE", name, "id")
    return one


def _partners(draft: Draft, given: list[Given] | None) -> list[State]:
    known = {partner["id"]: partner for partner in draft.state["partners"]}
    result: list[State] = []
    for place, one in enumerate(most(draft, given, "partners")):
        if not one["id"].strip():
            draft.fault("INVALID_VALUE", "partners", place, "id")
        elif one["id"] in [other["id"] for other in result]:
            draft.fault("DUPLICATE_UPDATE", "partners", place, "id")
        partner = dict(known.get(one["id"]) or fresh(PARTNER, id=one["id"]))
        put(draft, partner, one, PARTNER, "partners", place)
        result.append(partner)
    return result


def patch(draft: Draft, given: Given) -> None:
    """The given ones; a new type comes with its name, and the workflow stays."""
    if "type" in given and given["type"] != draft.state["type"]:
        kind = draft.types.get(given["type"])
        if given["type"] is None:
            draft.fault("INVALID_VALUE", "type")
        elif kind is None:
            draft.fault("NOT_FOUND", "type")
        elif not kind["active"]:
            draft.fault("INVALID_VALUE", "type")
        else:
            draft.state |= {"type": kind["id"], "projectTypeName": kind["name"]}
    edit(draft, given)


def update(draft: Draft, given: Given) -> None:
    """All of them: what is absent is cleared, but for the products."""
    if "projectValue" not in given:
        draft.state["projectValue"] = Decimal(0)
    edit(draft, CLEARED | given)
    draft.says.add("projectValue")


def create(draft: Draft, given: Given) -> None:
    """A New project at the first step of its type, with the given fields."""
    kind = draft.types.get(given["projectTypeId"])
    if kind is None:
        raise Refused(Fault("NOT_FOUND", ("projectTypeId",)))
    if not kind["active"]:
        raise Refused(Fault("INVALID_VALUE", ("projectTypeId",)))
    steps = [
        dict(step) | {"current": False, "startDate": None, "dateCompleted": None}
        for step in kind["workflowSteps"]
    ]
    first = min(steps, key=lambda step: step["index"], default=None)
    if first is not None:
        first |= {"current": True, "startDate": draft.now}
    draft.state |= {
        "type": kind["id"],
        "projectTypeName": kind["name"],
        "projectCategory": kind["projectCategory"],
        "status": "New",
        "created": draft.now,
        "workflowSteps": steps,
        "deadline": kind["deadlines"].get(first["id"]) if first else None,
    }
    edit(draft, given)

"""Inputs of transactions, parts, change orders and tasks."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from .chance import UNKNOWN, amount, given, happens, ids, moment, properties, some, text

TRANSACTION: dict[str, Any] = {
    "description": text,
    "revenue": amount,
    "cost": amount,
    "budgetRevenue": amount,
    "budgetCost": amount,
}
TASK: dict[str, Any] = {
    "text": text,
    "comment": text,
    "isCompleted": lambda random: None if happens(random, 3) else happens(random, 50),
    "properties": properties,
}
OWNER: dict[str, Any] = {
    "title": text,
    "description": text,
    "status": lambda random: random.choice([None, "Sent", "Approved", "Rejected"]),
    "cartIds": lambda random: None if happens(random, 3) else some(random, ["cart-1", "cart-2"]),
    "properties": properties,
    "created": moment,
    "modified": moment,
}
CHANGE_ORDER: dict[str, Any] = {"approved": moment, "approvedBy": text}


def transactions(random: Random, there: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A whole list: kept ones and new ones."""
    return _list(random, there, lambda: given(random, TRANSACTION))


def _list(
    random: Random, there: list[dict[str, Any]], make: Callable[[], dict[str, Any]]
) -> list[dict[str, Any]]:
    kept = [{"id": one["id"]} | make() for one in some(random, there, 5)]
    elements = kept + [make() for _ in range(random.randint(0, 2))]
    random.shuffle(elements)
    if happens(random, 4):
        elements.append(make() | {"id": UNKNOWN})
    if kept and happens(random, 4):
        elements.append(kept[0])
    return elements


def owners(random: Random, name: str, there: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A whole list of parts or change orders, with lists of their own."""
    elements = []
    for element in _list(random, there, lambda: given(random, _makers(name))):
        old = next((one for one in there if one["id"] == element.get("id")), None)
        elements.append(element | _owned(random, old))
    return elements


def _makers(name: str) -> dict[str, Any]:
    return OWNER | CHANGE_ORDER if name == "changeOrders" else OWNER


def _owned(random: Random, old: dict[str, Any] | None) -> dict[str, Any]:
    """The lists of a part or change order, or none of them."""
    makers: dict[str, Any] = {
        "tasks": lambda random: _list(
            random,
            old["tasks"] if old else [],
            lambda: given(random, TASK | {"completed": moment, "created": moment}),
        ),
        "transactions": lambda random: transactions(random, old["transactions"] if old else []),
    }
    return given(random, makers)


def _owner(random: Random, state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The owner that an input names, and whose list it is."""
    named = [
        *(({"owner": {"partId": one["id"]}}, one) for one in state["projectParts"]),
        *(({"owner": {"changeOrderId": one["id"]}}, one) for one in state["changeOrders"]),
        ({}, state),
    ]
    chosen, holder = random.choice(named)
    if happens(random, 8):
        chosen = random.choice(
            [
                {"owner": {}},
                {"owner": {"partId": UNKNOWN}},
                {"owner": {"changeOrderId": UNKNOWN}},
                {"owner": {"changeOrderId": UNKNOWN, "partId": UNKNOWN}},
            ]
        )
    return chosen, holder


def _spoiled(random: Random, elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, or now and then with a fault."""
    if happens(random, 8):
        return random.choice([[], [*elements, {"value": "1", "budgetDeviationPercent": None}]])
    return elements


def new_transactions(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """One to three new ones."""
    chosen, _ = _owner(random, state)
    new = [given(random, TRANSACTION) for _ in range(random.randint(1, 3))]
    return chosen | {"transactions": _spoiled(random, new)}


def transaction_updates(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Some of those that are there."""
    chosen, holder = _owner(random, state)
    wanted = ids(random, [one["id"] for one in holder["transactions"]])
    return chosen | {"transactions": [{"id": one} | given(random, TRANSACTION) for one in wanted]}


def transaction_ids(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Some of those that are there."""
    chosen, holder = _owner(random, state)
    return chosen | {"transactionIds": ids(random, [one["id"] for one in holder["transactions"]])}


Make = Callable[[Random, dict[str, Any]], dict[str, Any]]


def new_owners(field: str) -> Make:
    """One or two new parts or change orders."""

    def make(random: Random, state: dict[str, Any]) -> dict[str, Any]:
        if happens(random, 5):
            return {field: []}
        new = [
            given(random, _makers(field)) | _owned(random, None)
            for _ in range(random.randint(1, 2))
        ]
        return {field: new}

    return make


def owner_updates(member: str, field: str) -> Make:
    """Some of the parts or change orders."""

    def make(random: Random, state: dict[str, Any]) -> dict[str, Any]:
        old = {one["id"]: one for one in state[member]}
        updates = [
            {"id": one} | given(random, _makers(field)) | _owned(random, old.get(one))
            for one in ids(random, list(old))
        ]
        return {field: updates}

    return make


def owner_ids(member: str, field: str) -> Make:
    """Some of the parts or change orders."""

    def make(random: Random, state: dict[str, Any]) -> dict[str, Any]:
        return {field: ids(random, [one["id"] for one in state[member]])[:2]}

    return make


def task(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """One of the tasks, or one that is not where the input says."""
    tasks = [
        (name, owner["id"], one["id"])
        for name, member in (("partId", "projectParts"), ("changeOrderId", "changeOrders"))
        for owner in state[member]
        for one in owner["tasks"]
    ]
    fields = given(random, TASK)
    if not tasks or happens(random, 8):
        chosen, _ = _owner(random, state)
        return fields | chosen | {"taskId": UNKNOWN}
    name, owner_id, task_id = random.choice(tasks)
    owner = {"owner": {name: owner_id}} if happens(random, 50) else {}
    return fields | owner | {"taskId": task_id}

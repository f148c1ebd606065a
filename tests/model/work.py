"""Transactions of a project and of what owns them, the owners themselves (parts, change orders), and their tasks."""

from __future__ import annotations

from typing import Any

from .drafts import Draft, Fault, Given, Refused, State
from .elements import Sorts, matched, most, put, removed, some, updated
from .money import every

CALCULATED = ("value", "budgetValue", "budgetDeviation", "budgetDeviationPercent")
TRANSACTION: Sorts = {
    "description": "text",
    **dict.fromkeys(("revenue", "cost", "budgetRevenue", "budgetCost"), "amount"),
    **dict.fromkeys(CALCULATED, "calculated"),
}
TASK: Sorts = {
    "text": "text",
    "comment": "text",
    "isCompleted": "flag",
    "completed": "time",
    "completedById": "text",
    "completedByName": "text",
    "created": "time",
    "properties": "properties",
}
PART: Sorts = {
    "title": "text",
    "description": "text",
    "status": "text",
    "cartIds": "words",
    "properties": "properties",
    "created": "time",
    "modified": "time",
}
CHANGE_ORDER: Sorts = PART | {"approved": "time", "approvedBy": "text"}
OWNERS = {"projectParts": PART, "changeOrders": CHANGE_ORDER}
OWNED = {"tasks": TASK, "transactions": TRANSACTION}


def refusal(mutation: str, state: State, kind: dict[str, Any]) -> Fault | None:
    """Why nothing can be updated or removed: there is nothing, on no level."""
    owners = [*state["projectParts"], *state["changeOrders"]]
    there: dict[str, tuple[Any, str]] = {
        "updateProjectTransactions": (every(state), "transactions"),
        "removeProjectTransactions": (every(state), "transactionIds"),
        "updateProjectParts": (state["projectParts"], "parts"),
        "removeProjectParts": (state["projectParts"], "partIds"),
        "updateChangeOrders": (state["changeOrders"], "changeOrders"),
        "removeChangeOrders": (state["changeOrders"], "changeOrderIds"),
        "updateProjectTask": ([task for owner in owners for task in owner["tasks"]], "taskId"),
    }
    found, field = there.get(mutation, (True, ""))
    return None if found else Fault("NOT_FOUND", (field,))


def owner_of(draft: Draft, given: Given) -> State:
    """Whose list it is: the project's own, a part's or a change order's."""
    owner = given.get("owner")
    if owner is None:
        return draft.state
    if len(owner) != 1:
        raise Refused(Fault("INVALID_VALUE", ("owner",)))
    ((name, wanted),) = owner.items()
    there = draft.state["projectParts" if name == "partId" else "changeOrders"]
    found: State | None = next((one for one in there if one["id"] == wanted), None)
    if found is None:
        raise Refused(Fault("NOT_FOUND", ("owner", name)))
    return found


def owners(
    draft: Draft, name: str, before: list[State], given: list[Given], *path: str | int
) -> list[State]:
    """Parts or change orders as inputs give them; their own lists are replaced where they are given."""
    known = {owner["id"]: owner for owner in before}

    def finish(owner: State, one: Given, where: tuple[str | int, ...]) -> None:
        for field, sorts in OWNED.items():
            there = known.get(one.get("id"), {}).get(field, [])
            if field in one:
                elements = most(draft, one[field], *where, field)
                there = matched(draft, there, elements, sorts, *where, field)
            owner[field] = there

    return matched(draft, before, given, OWNERS[name], *path, finish=finish)


def stamp(draft: Draft, before: State) -> None:
    """When parts and change orders were made and last changed, where the input does not say it."""
    for name in OWNERS:
        known = {owner["id"]: owner for owner in before[name]}
        for owner in draft.state[name]:
            old = known.get(owner["id"])
            if old is None:
                owner["created"] = owner["created"] or draft.now
                owner["modified"] = owner["modified"] or draft.now
            elif owner["modified"] == old["modified"] and owner != old:
                owner["modified"] = draft.now


def add_transactions(draft: Draft, given: Given) -> None:
    """After those there are."""
    owner = owner_of(draft, given)
    elements = some(draft, given["transactions"], "transactions")
    new = matched(draft, [], elements, TRANSACTION, "transactions")
    draft.details["added"] = [one["id"] for one in new]
    owner["transactions"] = [*owner["transactions"], *new]


def update_transactions(draft: Draft, given: Given) -> None:
    """Those that are named, in their places."""
    owner = owner_of(draft, given)
    there = owner["transactions"]
    elements = some(draft, given["transactions"], "transactions")
    new = matched(draft, there, elements, TRANSACTION, "transactions")
    owner["transactions"], draft.details["updated"] = updated(there, new)


def remove_transactions(draft: Draft, given: Given) -> None:
    """Those that are named."""
    owner = owner_of(draft, given)
    _remove(draft, owner, "transactions", given["transactionIds"], "transactionIds")


def _remove(draft: Draft, holder: State, name: str, given: list[str], path: str) -> None:
    gone = removed(draft, [one["id"] for one in holder[name]], given, path)
    draft.details["removed"] = gone
    holder[name] = [one for one in holder[name] if one["id"] not in gone]


def add_owners(draft: Draft, name: str, given: list[Given], path: str) -> None:
    """New parts or change orders after those there are, with their tasks and transactions."""
    new = owners(draft, name, [], some(draft, given, path), path)
    draft.details["added"] = [one["id"] for one in new]
    draft.state[name] = [*draft.state[name], *new]


def update_owners(draft: Draft, name: str, given: list[Given], path: str) -> None:
    """Those that are named, in their places."""
    there = draft.state[name]
    new = owners(draft, name, there, some(draft, given, path), path)
    draft.state[name], draft.details["updated"] = updated(there, new)


def remove_owners(draft: Draft, name: str, given: list[str], path: str) -> None:
    """Those that are named, with what they own."""
    _remove(draft, draft.state, name, given, path)


def update_task(draft: Draft, given: Given) -> None:
    """One task, wherever it is; who did it is noted when it is done."""
    holders = [*draft.state["projectParts"], *draft.state["changeOrders"]]
    if given.get("owner") is not None:
        holders = [owner_of(draft, given)]
    tasks = [task for holder in holders for task in holder["tasks"]]
    task = next((task for task in tasks if task["id"] == given["taskId"]), None)
    if task is None:
        raise Refused(Fault("NOT_FOUND", ("taskId",)))
    before = task["isCompleted"]
    put(
        draft,
        task,
        given,
        {name: TASK[name] for name in ("text", "comment", "isCompleted", "properties")},
    )
    if task["isCompleted"] != before:
        done = task["isCompleted"]
        task["completed"] = draft.now if done else None
        task["completedById"] = task["completedByName"] = draft.actor if done else None

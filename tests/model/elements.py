"""Values and elements of lists as inputs give them: absent keeps, null clears or is refused, ids name what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from .drafts import Draft, Given, State, moment

LONGEST_KEY = 300
MOST = 1000
# What each sort of value is for an element that does not give it.
NOTHING: dict[str, Any] = {
    "text": None,
    "key": None,
    "time": None,
    "amount": Decimal(0),
    "flag": False,
    "words": [],
    "properties": [],
}
Sorts = dict[str, str]


def put(draft: Draft, target: State, given: Given, sorts: Sorts, *path: str | int) -> None:
    """Puts the given ones of some fields onto an element or a project."""
    for name in [name for name in sorts if name in given]:
        value, sort, where = given[name], sorts[name], (*path, name)
        if sort == "calculated":
            draft.fault("CALCULATED_FIELD", *where)
        elif _fits(value, sort):
            target[name] = _value(draft, value, sort, where)
        else:
            draft.fault("INVALID_VALUE", *where)


def _fits(value: Any, sort: str) -> bool:
    """Not null where that cannot be, not too long, up to 18 digits before the point and 10 after it."""
    if value is None:
        return sort in ("text", "key", "time")
    if sort == "amount":
        amount = Decimal(value)
        return abs(amount) < 10**18 and amount == round(amount, 10)
    return sort != "key" or len(value) <= LONGEST_KEY


def _value(draft: Draft, value: Any, sort: str, path: tuple[str | int, ...]) -> Any:
    if sort == "amount":
        return Decimal(value)
    if sort == "time" and value is not None:
        return moment(value)
    if sort == "properties":
        keys = [item["key"] for item in value]
        for place, key in enumerate(keys):
            if not key.strip():
                draft.fault("INVALID_VALUE", *path, place, "key")
            elif key in keys[:place]:
                draft.fault("DUPLICATE_KEY", *path, place, "key")
        return [{"key": item["key"], "value": item.get("value")} for item in value]
    return value


def fresh(sorts: Sorts, **values: Any) -> State:
    """An element that nothing is said of yet."""
    empty = {name: NOTHING[sort] for name, sort in sorts.items() if sort != "calculated"}
    return empty | values


def some(draft: Draft, given: list[Any], *path: str | int) -> list[Any]:
    """A list that must not be empty, nor too long."""
    if not given:
        draft.fault("EMPTY_INPUT", *path)
    return most(draft, given, *path)


def most(draft: Draft, given: list[Any] | None, *path: str | int) -> list[Any]:
    """A list that must not be null, nor too long."""
    if given is None:
        draft.fault("INVALID_VALUE", *path)
    elif len(given) > MOST:
        draft.fault("TOO_MANY", *path)
    else:
        return given
    return []


Finish = Callable[[State, Given, tuple[str | int, ...]], None]


def matched(
    draft: Draft,
    before: Iterable[State],
    given: Iterable[Given],
    sorts: Sorts,
    *path: str | int,
    missing: str = "NOT_FOUND",
    finish: Finish | None = None,
) -> list[State]:
    """Elements with an id of one that is there are that one; without id they are new."""
    known = {element["id"]: element for element in before}
    seen: set[str] = set()
    result = []
    for place, one in enumerate(given):
        wanted, where = one.get("id"), (*path, place)
        if wanted is None:
            element = fresh(sorts, id=draft.made_id())
        elif wanted in known:
            if wanted in seen:
                draft.fault("DUPLICATE_UPDATE", *where, "id")
            element = dict(known[wanted])
        else:
            draft.fault(missing, *where, "id")
            element = fresh(sorts, id=wanted)
        seen.add(wanted or "")
        put(draft, element, one, sorts, *where)
        if finish is not None:
            finish(element, one, where)
        result.append(element)
    return result


def updated(before: list[State], elements: list[State]) -> tuple[list[State], list[str]]:
    """The list with some elements in new form, and the ids of those that differ, as they were given."""
    old = {element["id"]: element for element in before}
    new = {element["id"]: element for element in elements}
    differing = [one["id"] for one in elements if one["id"] in old and one != old[one["id"]]]
    return [new.get(element["id"], element) for element in before], differing


def removed(draft: Draft, before: list[str], given: list[str], path: str) -> list[str]:
    """The ids that are given, each of which must be there and be given once; in the order of the list."""
    for place, wanted in enumerate(some(draft, given, path)):
        if wanted not in before:
            draft.fault("NOT_FOUND", path, place)
        elif wanted in given[:place]:
            draft.fault("DUPLICATE_UPDATE", path, place)
    return [one for one in before if one in given]

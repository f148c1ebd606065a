"""Ids for the elements of a document that came without: those they had here before, else new ones.

Lines of the product list are matched by what they are about, everything else by its place in the list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ..data.base import dumps, loads
from ..data.ids import new_id
from ..data.products import ProductRow
from ..data.projects import Project

# Lists whose elements are addressed by id, by their names in documents and here.
_LISTS = {
    "products": "products",
    "transactions": "transactions",
    "workflowSteps": "workflow_steps",
    "comments": "comments",
    "customerComments": "customer_comments",
}
_OWNERS = {"projectParts": "project_parts", "changeOrders": "change_orders"}
_OWNED = {"tasks": "tasks", "transactions": "transactions"}
_NAMED = {**_LISTS, **_OWNERS}


def without_null_ids(document: dict[str, Any]) -> dict[str, Any]:
    """A document in which an element whose id is null has none; one with such an element is copied."""
    if None not in [item.get("id", "") for item in _elements(document)]:
        return document
    copied: dict[str, Any] = loads(dumps(document))
    for item in _elements(copied):
        if item.get("id", "") is None:
            del item["id"]
    return copied


def _elements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything in a document that is addressed by id."""
    lists = [document.get(name) for name in _NAMED] + [[document.get("workflowStep")]]
    for name in _OWNERS:
        for owner in _objects(document.get(name)):
            lists += [owner.get(owned) for owned in _OWNED]
    return [item for items in lists for item in _objects(items)]


def _objects(items: Any) -> Sequence[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else ()


def repeated(project: Project) -> list[tuple[str, str]]:
    """The path and the value of each id that occurs a second time in its list."""
    faults: list[tuple[str, str]] = []
    for path, items in _lists(project):
        seen: set[str] = set()
        for place, item in enumerate(items):
            if item.id in seen:
                faults.append((f"{path}.{place}.id", item.id))
            if item.id:
                seen.add(item.id)
    return faults


def _lists(project: Project) -> Iterator[tuple[str, Sequence[Any]]]:
    for member, name in _NAMED.items():
        yield member, getattr(project, name) or ()
    for member, name in _OWNERS.items():
        for place, owner in enumerate(getattr(project, name) or ()):
            for owned, inner in _OWNED.items():
                yield f"{member}.{place}.{owned}", getattr(owner, inner) or ()


def identify(after: Project, before: Project | None) -> None:
    """Gives an id to each element that has none."""
    _match_lines(after.products or (), getattr(before, "products", None) or ())
    for name in _NAMED.values():
        _match(getattr(after, name), getattr(before, name, None))
    for name in _OWNERS.values():
        there = {owner.id: owner for owner in getattr(before, name, None) or ()}
        for owner in getattr(after, name) or ():
            for owned in _OWNED.values():
                _match(getattr(owner, owned), getattr(there.get(owner.id), owned, None))


def _match_lines(after: Sequence[ProductRow], before: Sequence[ProductRow]) -> None:
    """Gives lines the ids of the lines there that are about the same; equals in their order."""
    if not before:
        return
    stated = {line.id for line in after}
    free: dict[Any, list[str]] = defaultdict(list)
    for line in before:
        if line.id not in stated:
            free[_about(line)].append(line.id)
    for line in after:
        if not line.id and free[_about(line)]:
            line.id = free[_about(line)].pop(0)


def _about(line: ProductRow) -> tuple[str | None, ...]:
    return line.sku_id, line.product_id, line.order_id, line.reference_type


def _match(after: Sequence[Any] | None, before: Sequence[Any] | None) -> None:
    """Gives elements the id of the element in the same place, unless another one has it, or a new id."""
    if not after:
        return
    stated = {item.id for item in after}
    for place, item in enumerate(after):
        if not item.id:
            there = before[place].id if before and place < len(before) else ""
            item.id = there if there and there not in stated else new_id()

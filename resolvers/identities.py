"""Ids for the elements of a document that came without: those they had here before, else new ones.

Lines of the product list are matched by what they are about, everything else by its place in the list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

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


def without_null_ids(document: dict[str, Any]) -> dict[str, Any]:
    """A document in which an element whose id is null has none."""
    lists = [document.get(name) for name in [*_LISTS, *_OWNERS]] + [[document.get("workflowStep")]]
    for name in _OWNERS:
        for owner in _objects(document.get(name)):
            lists += [owner.get(owned) for owned in _OWNED]
    for items in lists:
        for item in _objects(items):
            if item.get("id", "") is None:
                del item["id"]
    return document


def _objects(items: Any) -> Iterator[dict[str, Any]]:
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))


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
    for member, name in [*_LISTS.items(), *_OWNERS.items()]:
        yield member, getattr(project, name) or ()
    for member, name in _OWNERS.items():
        for place, owner in enumerate(getattr(project, name) or ()):
            for owned, inner in _OWNED.items():
                yield f"{member}.{place}.{owned}", getattr(owner, inner) or ()


def identify(after: Project, before: Project | None) -> None:
    """Gives an id to each element that has none."""
    _match_lines(after.products or (), getattr(before, "products", None) or ())
    for name in [*_LISTS.values(), *_OWNERS.values()]:
        _match(getattr(after, name), getattr(before, name, None))
    for name in _OWNERS.values():
        there = {owner.id: owner for owner in getattr(before, name, None) or ()}
        for owner in getattr(after, name) or ():
            for owned in _OWNED.values():
                _match(getattr(owner, owned), getattr(there.get(owner.id), owned, None))


def _match_lines(after: Sequence[ProductRow], before: Sequence[ProductRow]) -> None:
    """Gives lines the ids of the lines there that are about the same; equals in their order."""
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
    stated = {item.id for item in after or ()}
    for place, item in enumerate(after or ()):
        if not item.id:
            there = before[place].id if before and place < len(before) else ""
            item.id = there if there and there not in stated else new_id()

"""The product list: statuses of single lines, and the whole list."""

from __future__ import annotations

from typing import Any

from .drafts import Draft, Fault, Given, State
from .elements import matched, most, put, some

LINE = {
    "name": "text",
    "skuId": "key",
    "productId": "key",
    "quantity": "amount",
    "status": "key",
    "cancellationCode": "text",
    "cancellationReason": "text",
    "properties": "properties",
    "orderId": "key",
}
STATUS = {"status": "key", "cancellationCode": "text", "cancellationReason": "text"}


def refusal(mutation: str, state: State, kind: dict[str, Any]) -> Fault | None:
    """Why no status can be set."""
    if state["products"]:
        return None
    return Fault("PRODUCT_NOT_FOUND", ("productStatusUpdates",))


def set_statuses(draft: Draft, given: Given) -> None:
    """All of them or none; each line once."""
    found: dict[str, int] = {}
    asked: set[tuple[str | None, str | None]] = set()
    lines = draft.state["products"]
    for place, one in enumerate(some(draft, given["productStatusUpdates"], "productStatusUpdates")):
        path = ("productStatusUpdates", place)
        if not one["status"].strip():
            draft.fault("INVALID_VALUE", *path, "status")
        before = len(draft.faults)
        line = _line(draft, lines, one, asked, path)
        asked.add((one.get("skuId"), one.get("orderId")))
        if line is None:
            # What else is wrong with the element is told all the same.
            put(draft, {}, one, STATUS, *path)
            continue
        put(draft, line, one, STATUS, *path)
        assert len(draft.faults) >= before
        if line["id"] in found:
            draft.fault("DUPLICATE_UPDATE", *path, "lineId" if "lineId" in one else "skuId")
        found[line["id"]] = place


def _line(
    draft: Draft,
    lines: list[State],
    one: Given,
    asked: set[tuple[str | None, str | None]],
    path: tuple[str | int, ...],
) -> State | None:
    """The line that an element names by exactly one of id and sku; an order narrows."""
    order = one.get("orderId")
    if ("lineId" in one) == ("skuId" in one):
        draft.fault("INVALID_VALUE", *path)
        return None
    name, member = ("lineId", "id") if "lineId" in one else ("skuId", "skuId")
    with_name = [line for line in lines if line[member] == one[name]]
    matching = [line for line in with_name if order in (None, line["orderId"])]
    if len(matching) == 1:
        return matching[0]
    if matching:
        # The candidates are told with the first element that could be any of them.
        told = [] if (one[name], order) in asked else [line["id"] for line in matching]
        where = tuple(map(str, (*path, name)))
        draft.faults.append(Fault("AMBIGUOUS_PRODUCT", where, (("candidates", told),)))
    else:
        draft.fault("PRODUCT_NOT_FOUND", *path, "orderId" if with_name else name)
    return None


def replace(draft: Draft, given: Given) -> None:
    """The whole list: lines with an id are kept and updated, without one they are new, left out they go."""
    before = draft.state["products"]

    def finish(line: State, one: Given, path: tuple[str | int, ...]) -> None:
        if one.get("status") is not None and not one["status"].strip():
            draft.fault("INVALID_VALUE", *path, "status")
        if one.get("quantity") is not None and line["quantity"] < 0:
            draft.fault("INVALID_VALUE", *path, "quantity")
        if one.get("id") is None:
            line["status"] = line["status"] or "Active"
            if "quantity" not in one:
                line["quantity"] += 1

    elements = most(draft, given["products"], "products")
    after = matched(
        draft, before, elements, LINE, "products", missing="PRODUCT_NOT_FOUND", finish=finish
    )
    old = {line["id"]: line for line in before}
    ids = [line["id"] for line in after]
    draft.details = {
        "added": [one for one in ids if one not in old],
        "updated": [line["id"] for line in after if old.get(line["id"], line) != line],
        "removed": [one for one in old if one not in ids],
    }
    draft.state["products"] = after

"""Inputs of the product list."""

from __future__ import annotations

from random import Random
from typing import Any

from .chance import UNKNOWN, amount, given, happens, properties, some, text

SKUS = ["SKU-1", "sku-1", "SKU-2", "SKU-3"]
ORDERS = ["10207", "10208"]
LINE: dict[str, Any] = {
    "name": text,
    "skuId": lambda random: random.choice([None, *SKUS]),
    "productId": lambda random: random.choice([None, "P-1"]),
    "orderId": lambda random: random.choice([None, *ORDERS]),
    "quantity": lambda random: (amount(random) or "2").replace("-", ""),
    "status": lambda random: random.choice([None, "Active", "Cancelled", "Sent"]),
    "cancellationCode": text,
    "cancellationReason": text,
    "properties": properties,
}


def products(random: Random, state: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of lines, kept ones and new ones; now and then one has a fault."""
    there = [line["id"] for line in state["products"]]
    lines = [{"id": one} | given(random, LINE) for one in some(random, there, 5)]
    lines += [given(random, LINE) for _ in range(random.randint(0, 2))]
    random.shuffle(lines)
    if lines and happens(random, 15):
        wrong: list[dict[str, Any]] = [
            {"id": UNKNOWN},
            {"quantity": "-1"},
            {"quantity": None},
            {"status": " "},
            {"skuId": "x" * 301},
            {"properties": None},
        ]
        lines[-1] |= random.choice(wrong)
        if happens(random, 30):
            lines *= 2
    return lines


def replacement(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """A whole list."""
    if happens(random, 1):
        return {"products": [{"name": "x"}] * 1001}
    return {"products": products(random, state)}


def status_updates(random: Random, state: dict[str, Any]) -> dict[str, Any]:
    """Statuses of some lines, by id or by sku."""
    lines = some(random, state["products"]) or state["products"][:1]
    updates = [_update(random, line) for line in lines]
    if happens(random, 25) or not updates:
        strange = random.choice([UNKNOWN, *SKUS])
        wrong: list[list[dict[str, Any]]] = [
            [],
            [*updates, {"status": "Sent"}],
            [*updates, {"status": "Sent", "skuId": strange, "orderId": random.choice(ORDERS)}],
            [*updates, {"status": "Sent", "skuId": strange}],
            [*updates, {"status": "Sent", "lineId": UNKNOWN, "skuId": strange}],
            [*updates, {"status": " ", "lineId": UNKNOWN}],
            [*updates, *updates],
            [update | {"status": "x" * 301} for update in updates],
            [update | {"orderId": "no such order"} for update in updates],
        ]
        updates = random.choice(wrong)
    return {"productStatusUpdates": updates}


def _update(random: Random, line: dict[str, Any]) -> dict[str, Any]:
    update: dict[str, Any] = {"status": random.choice(["Active", "Cancelled", "Sent"])}
    if line["skuId"] is None or happens(random, 60):
        update["lineId"] = line["id"]
    else:
        update["skuId"] = line["skuId"]
        if line["orderId"] is not None and happens(random, 70):
            update["orderId"] = line["orderId"]
    names = ["cancellationCode", "cancellationReason"]
    return update | {name: text(random) for name in some(random, names)}

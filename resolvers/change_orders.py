"""Change orders: changes to the agreed work, added, updated and removed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from .inputs import Given
from .lists import AddTo, ListOf, RemoveFrom, UpdateIn
from .owners import owners

_CHANGE_ORDERS = ListOf(
    "change_orders",
    partial(owners, "change_orders"),
    lambda there: there.change_orders,
    "change orders",
)


@dataclass(frozen=True, kw_only=True)
class AddChangeOrders(AddTo):
    """Adds change orders with their tasks and transactions. Source: ChangeOrders/AddMany."""

    operation: ClassVar[str] = "addChangeOrders"
    of_list: ClassVar[ListOf] = _CHANGE_ORDERS
    field: ClassVar[str] = "change_orders"

    change_orders: list[Given]


@dataclass(frozen=True, kw_only=True)
class UpdateChangeOrders(UpdateIn):
    """Changes the given fields of change orders; their own lists are replaced. Source: ChangeOrders/UpdateMany."""

    operation: ClassVar[str] = "updateChangeOrders"
    of_list: ClassVar[ListOf] = _CHANGE_ORDERS
    field: ClassVar[str] = "change_orders"

    change_orders: list[Given]


@dataclass(frozen=True, kw_only=True)
class RemoveChangeOrders(RemoveFrom):
    """Removes change orders with their tasks and transactions. Source: DELETE ChangeOrders."""

    operation: ClassVar[str] = "removeChangeOrders"
    of_list: ClassVar[ListOf] = _CHANGE_ORDERS
    field: ClassVar[str] = "change_order_ids"

    change_order_ids: list[str]

"""Transactions of a project, of one of its parts or of one of its change orders: added, updated, removed."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from ..data.transactions import Transaction
from .commands import Draft
from .inputs import Given, matched
from .lists import AddTo, ListCommand, ListOf, RemoveFrom, UpdateIn
from .owners import owner_of

_TRANSACTIONS = ListOf(
    "transactions",
    partial(matched, Transaction),
    lambda there: there.transactions,
    "transactions",
)


@dataclass(frozen=True, kw_only=True)
class _OfOwner(ListCommand, ABC):
    """A command on the transactions of one owner: `owner` names a part or a change order; None is the project."""

    of_list: ClassVar[ListOf] = _TRANSACTIONS

    owner: Given | None = None

    def holder(self, draft: Draft) -> Any:
        """The project, part or change order. Raises: NotFound, InvalidInput."""
        return draft.project if self.owner is None else owner_of(draft.project, self.owner)


@dataclass(frozen=True, kw_only=True)
class AddProjectTransactions(_OfOwner, AddTo):
    """Adds transactions. Source: Transactions/AddMany."""

    operation: ClassVar[str] = "addProjectTransactions"
    field: ClassVar[str] = "transactions"

    transactions: list[Given]


@dataclass(frozen=True, kw_only=True)
class UpdateProjectTransactions(_OfOwner, UpdateIn):
    """Changes the given fields of transactions. Source: Transactions/UpdateMany."""

    operation: ClassVar[str] = "updateProjectTransactions"
    field: ClassVar[str] = "transactions"

    transactions: list[Given]


@dataclass(frozen=True, kw_only=True)
class RemoveProjectTransactions(_OfOwner, RemoveFrom):
    """Removes transactions. Source: DELETE Transactions."""

    operation: ClassVar[str] = "removeProjectTransactions"
    field: ClassVar[str] = "transaction_ids"

    transaction_ids: list[str]

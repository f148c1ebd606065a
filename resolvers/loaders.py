"""The loaders of one operation: a line for each nested collection."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..data import (
    access,
    addresses,
    attachments,
    change_orders,
    check_list,
    comments,
    contact_persons,
    customers,
    entity_errors,
    form_data,
    log,
    partners,
    parts,
    products,
    project_types,
    projects,
    stores,
    tags,
    tasks,
    transactions,
    versions,
    workflow_steps,
)
from ..data.collections import Collection as Nested
from ..data.collections import Source
from .batch import Owned, by_key, many, newest, one

_MANY: Mapping[str, Nested[Any]] = {
    "products": products.PRODUCTS,
    "partners": partners.PARTNERS,
    "rejected_by_partners": partners.REJECTING_PARTNERS,
    "all_transactions": transactions.TRANSACTIONS,
    "all_tasks": tasks.TASKS,
    "project_parts": parts.PARTS,
    "change_orders": change_orders.CHANGE_ORDERS,
    "workflow_steps": workflow_steps.WORKFLOW_STEPS,
    "contact_persons": contact_persons.CONTACT_PERSONS,
    "stores": stores.STORES,
    "addresses": addresses.ADDRESSES,
    "external_ids": tags.EXTERNAL_IDS,
    "tags": tags.TAGS,
    "form_data": form_data.FORM_DATA,
    "partner_check_list": check_list.CHECK_LIST,
    "attachments": attachments.ATTACHMENTS,
    "comments": comments.COMMENTS,
    "customer_comments": comments.CUSTOMER_COMMENTS,
    "errors": entity_errors.ERRORS,
}
_ONE: Mapping[str, Nested[Any]] = {
    "partner": partners.SINGLE_PARTNERS,
    "customer": customers.CUSTOMERS,
    "store_contact": contact_persons.STORE_CONTACTS,
}
_OWNED: Mapping[str, Nested[Any]] = {
    "transactions": transactions.TRANSACTIONS,
    "tasks": tasks.TASKS,
}


class Loaders:
    """What is nested in projects, by project: a loader for each collection, made when it is first asked for.

    They are made inside the running loop, which they then belong to.
    """

    def __init__(
        self,
        source: Source,
        visible_stores: Collection[str] | None,
        reads: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self._source = source
        self._visible_stores = visible_stores
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        """The loader of that name."""
        if name in _MANY:
            made: Any = many(self._source, _MANY[name])
        elif name in _ONE:
            made = one(self._source, _ONE[name])
        elif name in _OWNED:
            made = Owned(self._source, _OWNED[name])
        elif name in _OTHERS:
            made = _OTHERS[name](self._source, self._visible_stores)
        else:
            raise AttributeError(name)
        setattr(self, name, made)
        return made


def _project(source: Source, visible_stores: Collection[str] | None) -> Any:
    visible = access.visible(visible_stores)
    return by_key(lambda ids: projects.by_id(source, ids, visible))


_OTHERS: Mapping[str, Callable[[Source, Collection[str] | None], Any]] = {
    "project": _project,
    "project_type": lambda source, _: by_key(lambda ids: project_types.by_id(source, ids)),
    "log": lambda source, _: newest(source, log.LOG.table.name, log.newest),
    "versions": lambda source, _: newest(source, versions.VERSIONS.name, versions.newest),
}

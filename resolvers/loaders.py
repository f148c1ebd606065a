"""The loaders of one operation: a line for each nested collection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from operator import attrgetter
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
from ..data.database import Database
from ..data.reads import Reads
from ..execution.fields import Ahead
from . import joining
from .batch import Owned, ReadingOf, by_id, by_key, first, lists, newest, owned, read_by
from .joining import Along, Prospect
from .loader import Loader, apart

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
_NOTHING = Reads(frozenset(), frozenset())
# The GraphQL type that the rows of a loader are served as.
_TYPES: Mapping[str, str] = {
    "products": "ProjectProduct",
    "partners": "ProjectPartner",
    "partner": "ProjectPartner",
    "transactions": "Transaction",
    "all_transactions": "Transaction",
    "tasks": "Task",
    "project_parts": "ProjectPart",
    "change_orders": "ChangeOrder",
    "workflow_steps": "WorkflowStep",
    "customer": "ProjectCustomer",
    "contact_persons": "ContactPerson",
    "store_contact": "ContactPerson",
    "stores": "ProjectStore",
    "addresses": "Address",
    "external_ids": "ExternalId",
    "form_data": "FormEntry",
    "partner_check_list": "CheckListItem",
    "attachments": "Asset",
    "comments": "Comment",
    "customer_comments": "Comment",
    "errors": "EntityError",
}


class Loaders:
    """What is nested in projects, by project: a loader for each collection, made when it is first asked for.

    They are made inside the running loop, which they then belong to.
    """

    def __init__(
        self,
        source: Source,
        visible_stores: Collection[str] | None,
        reads: Mapping[str, Any] | None = None,
        ahead: Ahead | None = None,
    ) -> None:
        """`ahead`: what will be asked of the one object that the operation is about."""
        self._source = source
        self.visible_stores = visible_stores
        self._reads = reads
        # What is read along is known to be read whole only by who sees all.
        self._ahead = ahead if visible_stores is None else None
        # What was read before it was asked for, by the loader and its key.
        self.ready: Mapping[tuple[str, Any], Any] = {}

    def __getattr__(self, name: str) -> Any:
        """The loader of that name."""
        reading = self._reading(name)
        if reading is not None:
            made: Any = read_by(name, self._source, reading)
        elif name in _OWNED:
            made = Owned(name, self._source, _OWNED[name], self._read(name))
        elif name in _OTHERS:
            made = _OTHERS[name](self, self._source)
        else:
            raise AttributeError(name)
        setattr(self, name, made)
        return made

    def _read(self, name: str) -> Reads | None:
        return self.read(_TYPES[name]) if name in _TYPES else None

    def _reading(self, name: str) -> ReadingOf[Any] | None:
        """What a loader reads by one statement, whatever its keys are; None where it does not."""
        if name in _MANY:
            return lists(_MANY[name], self._read(name))
        if name in _ONE:
            return first(_ONE[name], self._read(name))
        if name == "project" and self.visible_stores is None:
            return by_id(partial(projects.reading, read=self.read("Project")))
        return None

    async def alone(self, name: str, key: str) -> Any:
        """What a loader gives for the one object that the operation is about.

        What the operation asks of that object next is read along with it, by one statement where the database can, and
        is `ready` then.
        """
        source, ahead = self._source, self._ahead
        if ahead is None or not (isinstance(source, Database) and source.joins):
            return await getattr(self, name).load(key)
        if ahead.kept is None:
            ahead.kept = self._along(name, ahead)
        self.ready = await joining.read_along(source, ahead.kept, key)
        return self.ready[name, key]

    def _along(self, name: str, ahead: Ahead) -> Sequence[Along]:
        """What is read of one object together: what loaders read by one statement each."""
        found: list[tuple[str, Callable[[Any], Any], ReadingOf[Any] | None]] = [
            (name, attrgetter("key"), self._reading(name))
        ]
        for nested, key_of in ahead.loaders:
            if nested in _OWNED:
                level = key_of(Prospect(""))[1]
                reading: Any = owned(_OWNED[nested], self._read(nested), level)
            else:
                reading = self._reading(nested)
            found.append((nested, key_of, reading))
        return [Along(loader, key_of, reading) for loader, key_of, reading in found if reading]

    def readings(self, loaders: Sequence[Any]) -> list[Awaitable[None]]:
        """What reads what was asked for of several loaders, by one statement where the database can.

        For what is nested in one object: of many objects it would be the database that pays for it.
        """
        found: list[Awaitable[None]] = []
        source = self._source
        if isinstance(source, Database) and source.joins:
            batches = joining.taken([part for loader in loaders for part in loader.parts()])
            if batches:
                found.append(apart(joining.read(source, batches)))
        for loader in loaders:
            found += loader.readings()
        return found

    def cancel(self) -> None:
        """Stops what any of them reads."""
        for made in vars(self).values():
            if isinstance(made, Loader | Owned):
                made.cancel()

    def read(self, served_as: str) -> Reads | None:
        """What will be read of rows that are served as a GraphQL type; None: anything."""
        return None if self._reads is None else Reads(*self._reads.get(served_as, _NOTHING))


def _project(loaders: Loaders, source: Source) -> Any:
    # The condition alone, not the loaders, which hold what is made here: see Owned.
    visible, read = access.visible(loaders.visible_stores), loaders.read("Project")
    return by_key("project", lambda ids: projects.by_id(source, ids, visible, read))


_OTHERS: Mapping[str, Callable[[Loaders, Source], Any]] = {
    "project": _project,
    "project_type": lambda _, source: by_key(
        "project_type", lambda ids: project_types.by_id(source, ids)
    ),
    "log": lambda _, source: newest("log", source, log.LOG.table.name, log.newest),
    "versions": lambda _, source: newest(
        "versions", source, versions.VERSIONS.name, versions.newest
    ),
}

"""The whole of a project across all its tables: taken apart into rows, read together, written where it differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from . import log, projects, texts
from .addresses import ADDRESSES
from .attachments import ATTACHMENTS
from .change_orders import CHANGE_ORDERS
from .check_list import CHECK_LIST
from .collections import Collection, Source, by_project, document_from
from .comments import COMMENTS, CUSTOMER_COMMENTS
from .compiled import Read
from .contact_persons import CONTACT_PERSONS, STORE_CONTACTS
from .customers import CUSTOMERS
from .entity_errors import ERRORS
from .form_data import FORM_DATA
from .partners import PARTNERS, REJECTING_PARTNERS, SINGLE_PARTNERS, RejectingPartner
from .parts import PARTS
from .products import PRODUCTS
from .projects import Project, ProjectRow
from .stores import STORES
from .tags import EXTERNAL_IDS, TAGS, Tag
from .tasks import TASKS
from .together import Together
from .transactions import CHANGE_ORDER, PART, PROJECT, TRANSACTIONS
from .workflow_steps import WORKFLOW_STEPS

# Member of the document -> where its rows are. A new nested collection is a line here.
LISTS: dict[str, Collection[Any]] = {
    "external_ids": EXTERNAL_IDS,
    "contact_persons": CONTACT_PERSONS,
    "stores": STORES,
    "addresses": ADDRESSES,
    "partners": PARTNERS,
    "partner_check_list": CHECK_LIST,
    "products": PRODUCTS,
    "workflow_steps": WORKFLOW_STEPS,
    "comments": COMMENTS,
    "customer_comments": CUSTOMER_COMMENTS,
    "form_data": FORM_DATA,
    "attachments": ATTACHMENTS,
    "errors": ERRORS,
}
ONES: dict[str, Collection[Any]] = {
    "customer": CUSTOMERS,
    "store_contact": STORE_CONTACTS,
    "partner": SINGLE_PARTNERS,
}
VALUES: dict[str, tuple[Collection[Any], Any]] = {
    "tags": (TAGS, Tag),
    "rejected_by_partners": (REJECTING_PARTNERS, RejectingPartner),
}
_OWNERS: dict[str, tuple[Collection[Any], str]] = {
    "project_parts": (PARTS, PART),
    "change_orders": (CHANGE_ORDERS, CHANGE_ORDER),
}
COLLECTIONS: list[Collection[Any]] = [
    *LISTS.values(),
    *ONES.values(),
    *(collection for collection, _ in VALUES.values()),
    PARTS,
    CHANGE_ORDERS,
    TASKS,
    TRANSACTIONS,
    log.LOG,
]

Rows = dict[str, list[Any]]


def rows_of(project: Project) -> Rows:
    """The rows of everything below a project. Shape: table name -> rows in list order."""
    key = [project.id]
    rows: Rows = {
        collection.table.name: collection.rows(key, getattr(project, name))
        for name, collection in LISTS.items()
    }
    for name, collection in ONES.items():
        one = getattr(project, name)
        rows[collection.table.name] = collection.rows(key, [] if one is None else [one])
    for name, (collection, model) in VALUES.items():
        values = getattr(project, name) or ()
        rows[collection.table.name] = collection.rows(key, [model(value=value) for value in values])
    tasks: list[Any] = []
    transactions = TRANSACTIONS.rows([*key, PROJECT, ""], project.transactions)
    for name, (collection, level) in _OWNERS.items():
        owners = getattr(project, name) or ()
        rows[collection.table.name] = collection.rows(key, owners)
        for owner in owners:
            tasks += TASKS.rows([*key, level, owner.id], owner.tasks)
            transactions += TRANSACTIONS.rows([*key, level, owner.id], owner.transactions)
    rows[TASKS.table.name] = tasks
    rows[TRANSACTIONS.table.name] = transactions
    rows[log.LOG.table.name] = log.document_rows(project.id, project.log_items)
    return rows


def project_of(row: Any, rows: Rows) -> Project:
    """The project that `rows_of` took apart."""
    values = {name: getattr(row, name) for name in projects.COLUMNS}
    elsewhere: dict[str, Any] = {
        name: collection.documents(rows.get(collection.table.name, ()))
        for name, collection in LISTS.items()
    }
    for name, collection in ONES.items():
        elsewhere[name] = next(
            iter(collection.documents(rows.get(collection.table.name, ()))), None
        )
    for name, (collection, _) in VALUES.items():
        elsewhere[name] = [line.value for line in rows.get(collection.table.name, ())]
    tasks = _by_owner(TASKS, rows)
    transactions = _by_owner(TRANSACTIONS, rows)
    elsewhere["transactions"] = transactions.get((PROJECT, ""), [])
    for name, (collection, level) in _OWNERS.items():
        elsewhere[name] = collection.documents(
            rows.get(collection.table.name, ()),
            tasks={owner: found for (kind, owner), found in tasks.items() if kind == level},
            transactions={
                owner: found for (kind, owner), found in transactions.items() if kind == level
            },
        )
    elsewhere["log_items"] = log.LOG.documents(rows.get(log.LOG.table.name, ()))
    return document_from(Project, values, elsewhere)


def _by_owner(collection: Collection[Any], rows: Rows) -> dict[tuple[str, str], list[Any]]:
    owned: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows.get(collection.table.name, ()):
        owned[row.level, row.owner_id].append(row)
    return {owner: collection.documents(found) for owner, found in owned.items()}


class Stored(NamedTuple):
    """A project as it stands in the database: the whole, and the rows it is made of."""

    project: Project
    row: ProjectRow
    rows: Rows


async def read(source: Source, found: Iterable[ProjectRow]) -> dict[str, Stored]:
    """Whole projects of their own rows: one statement a table. Shape: project id -> project."""
    by_id = {row.id: row for row in found}
    below = await load(source, list(by_id)) if by_id else {}
    return {
        project_id: Stored(project_of(row, below[project_id]), row, below[project_id])
        for project_id, row in by_id.items()
    }


# PostgreSQL reads so few projects with one statement: to write their rows as JSON takes less than twenty round trips.
FEW = 4


async def load(source: Source, ids: Sequence[str]) -> dict[str, Rows]:
    """The rows of everything below many projects: one statement, or one for each table.

    Shape: project id -> table name -> rows in list order.
    """
    found: dict[str, Rows] = {project_id: {} for project_id in ids}
    for collection, rows in zip(COLLECTIONS, await _tables(source, ids), strict=True):
        for project_id, of_project in by_project(rows).items():
            found[project_id][collection.table.name] = of_project
    return found


async def _tables(source: Source, ids: Sequence[str]) -> Sequence[Sequence[Any]]:
    if source.dialect == "postgresql" and len(ids) <= FEW:
        if len(ids) == 1:
            values: dict[str, Any] = {"id": ids[0]}
            together = _together_of_one()
        else:
            together, values = _together(), {"ids": ids}
        return together.rows(await source.run(*together.read(values)))
    return await source.run_each(_reads(ids))


def _reads(ids: Sequence[str]) -> list[Read]:
    return [
        log.reading(ids) if collection is log.LOG else collection.reading(ids)
        for collection in COLLECTIONS
    ]


@cache
def _together() -> Together:
    return Together([statement for statement, _ in _reads([])])


@cache
def _together_of_one() -> Together:
    return Together(
        [
            log.OF_DOCUMENT if collection is log.LOG else collection.of_one
            for collection in COLLECTIONS
        ]
    )


async def save(source: Source, before: Stored, after: Project, version: int) -> None:
    """Writes what differs: at most two statements for a table that changed, none for the others."""
    await projects.save(source, before.row, projects.row_of(after, version))
    rows = rows_of(after)
    for collection in COLLECTIONS:
        name = collection.table.name
        await collection.replace(source, before.rows.get(name, ()), rows.get(name, ()))
    await texts.replace(source, before.project, after)


async def insert_many(source: Source, new: Iterable[tuple[Project, int]]) -> None:
    """Writes whole new projects: one statement a table."""
    pairs = list(new)
    if not pairs:
        return
    await projects.insert_many(
        source, [projects.row_of(project, version) for project, version in pairs]
    )
    merged: Rows = defaultdict(list)
    for project, _ in pairs:
        for name, rows in rows_of(project).items():
            merged[name] += rows
    for collection in COLLECTIONS:
        await collection.insert(source, merged[collection.table.name])
    await texts.insert_many(source, [project for project, _ in pairs])

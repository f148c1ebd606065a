"""The whole of a project across all its tables: taken apart into rows, read together, written where it differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, true

from . import log, projects, texts
from .addresses import ADDRESSES
from .attachments import ATTACHMENTS
from .change_orders import CHANGE_ORDERS
from .check_list import CHECK_LIST
from .collections import Collection, Source, by_project
from .comments import COMMENTS, CUSTOMER_COMMENTS
from .compiled import Read, Statement
from .contact_persons import CONTACT_PERSONS, STORE_CONTACTS
from .customers import CUSTOMERS
from .entity_errors import ERRORS
from .folded import Folded, Rows, as_read, row_of, untouched
from .form_data import FORM_DATA
from .partners import PARTNERS, REJECTING_PARTNERS, SINGLE_PARTNERS, RejectingPartner
from .parts import PARTS
from .products import PRODUCTS
from .projects import HOLD, PROJECTS, Project, ProjectRow
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


# The members whose rows share tables, so that they are made together.
_WITH_OWNERS = frozenset({"transactions", *_OWNERS})


def rows_of(project: Project) -> Rows:
    """The rows of everything below a project; those that were read, where nobody touched what they say.

    Shape: table name -> rows in list order.
    """
    key = [project.id]
    same = untouched(project)
    rows: Rows = {collection.table.name: [] for collection in COLLECTIONS} | as_read(project)
    for name, collection in LISTS.items():
        if name not in same:
            rows[collection.table.name] = collection.rows(key, getattr(project, name))
    for name, collection in ONES.items():
        if name not in same:
            one = getattr(project, name)
            rows[collection.table.name] = collection.rows(key, [] if one is None else [one])
    for name, (collection, model) in VALUES.items():
        if name not in same:
            values = [model(value=value) for value in getattr(project, name) or ()]
            rows[collection.table.name] = collection.rows(key, values)
    if not same >= _WITH_OWNERS:
        rows |= _rows_with_owners(project)
    if "log_items" not in same:
        rows[log.LOG.table.name] = log.document_rows(project.id, project.log_items)
    return rows


def _rows_with_owners(project: Project) -> Rows:
    """The rows of transactions on all levels, and of what owns some of them."""
    key = [project.id]
    rows: Rows = {}
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
    return rows


def project_of(row: Any, rows: Rows) -> Folded:
    """The project that `rows_of` took apart; what is nested in it is made when it is asked for."""
    makers = {
        name: partial(make, rows) for name, (table, make) in _MAKERS.items() if rows.get(table)
    }
    if not any(line.level == PROJECT for line in rows.get(TRANSACTIONS.table.name, ())):
        makers.pop("transactions", None)
    return Folded.of_rows(row, rows, makers)


def _list(collection: Collection[Any], rows: Rows) -> list[Any]:
    return collection.documents(rows[collection.table.name])


def _one(collection: Collection[Any], rows: Rows) -> Any:
    return _list(collection, rows)[0]


def _values(collection: Collection[Any], rows: Rows) -> list[Any]:
    return [line.value for line in rows[collection.table.name]]


def _of_project(rows: Rows) -> list[Any]:
    return _by_owner(TRANSACTIONS, PROJECT, rows)[""]


def _owners(collection: Collection[Any], level: str, rows: Rows) -> list[Any]:
    return collection.documents(
        rows[collection.table.name],
        tasks=_by_owner(TASKS, level, rows),
        transactions=_by_owner(TRANSACTIONS, level, rows),
    )


def _by_owner(collection: Collection[Any], level: str, rows: Rows) -> dict[str, list[Any]]:
    owned: dict[str, list[Any]] = defaultdict(list)
    for row in rows.get(collection.table.name, ()):
        if row.level == level:
            owned[row.owner_id].append(row)
    return {owner: collection.documents(found) for owner, found in owned.items()}


# Member of the document -> its table, and what makes it of all rows of the project.
_MAKERS: dict[str, tuple[str, Callable[[Rows], Any]]] = {
    **{name: (one.table.name, partial(_list, one)) for name, one in LISTS.items()},
    **{name: (one.table.name, partial(_one, one)) for name, one in ONES.items()},
    **{name: (one.table.name, partial(_values, one)) for name, (one, _) in VALUES.items()},
    **{
        name: (one.table.name, partial(_owners, one, level))
        for name, (one, level) in _OWNERS.items()
    },
    "transactions": (TRANSACTIONS.table.name, _of_project),
    "log_items": (log.LOG.table.name, partial(_list, log.LOG)),
}


class Stored(NamedTuple):
    """A project as it stands in the database: the whole, and the rows it is made of."""

    project: Project
    row: ProjectRow
    rows: Rows

    def draft(self) -> Project:
        """The project once more, to be changed. Unknown members are shared: replace them, or leave them."""
        return project_of(self.row, self.rows)


async def read(source: Source, found: Iterable[ProjectRow]) -> dict[str, Stored]:
    """Whole projects of their own rows: one statement a table. Shape: project id -> project."""
    by_id = {row.id: row for row in found}
    below = await load(source, list(by_id)) if by_id else {}
    return {
        project_id: Stored(project_of(row, below[project_id]), row, below[project_id])
        for project_id, row in by_id.items()
    }


# PostgreSQL reads so few projects with one statement: to make arrays of their rows takes less than twenty round trips.
FEW = 4


async def load(source: Source, ids: Sequence[str]) -> dict[str, Rows]:
    """The rows of everything below many projects: one statement, or one for each table.

    Shape: project id -> table name -> rows in list order.
    """
    return _sorted(await _tables(source, ids), ids)


def _sorted(tables: Sequence[Sequence[Any]], ids: Sequence[str]) -> dict[str, Rows]:
    found: dict[str, Rows] = {project_id: {} for project_id in ids}
    for collection, rows in zip(COLLECTIONS, tables, strict=True):
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
    return Together(_of_one())


def _of_one() -> list[Statement]:
    return [
        log.OF_DOCUMENT if collection is log.LOG else collection.of_one
        for collection in COLLECTIONS
    ]


# The version that a statement reads the tables below a project at: not that of its row, if it waited for the lock.
_SEEN = PROJECTS.alias("seen")
_seen = select(_SEEN.c.version).where(_SEEN.c.id == bindparam("id")).scalar_subquery()


@cache
def _together_held() -> Together:
    return Together(_of_one(), HOLD.add_columns(_seen.label("seen_version")))


async def hold(source: Source, project_id: str) -> Stored | None:
    """A whole project, held against other writers until the transaction ends, for whoever sees all projects."""
    if source.dialect != "postgresql":
        rows = await projects.lock(source, [project_id], true())
        return (await read(source, rows.values())).get(project_id)
    together = _together_held()
    found = await source.run(*together.read({"id": project_id}))
    if not found:
        return None
    own, seen = found[0][: len(PROJECTS.c)], found[0][len(PROJECTS.c)]
    row = ProjectRow.of(own)
    if seen != row.version:
        # Another writer was waited for: what it left below the project shows to the next statement only.
        return (await read(source, [row]))[project_id]
    tables = zip(COLLECTIONS, together.rows(found), strict=True)
    below = {collection.table.name: rows for collection, rows in tables if rows}
    return Stored(project_of(row, below), row, below)


def taken_apart(project: Project, version: int) -> Stored:
    """A project as it is to stand in the database."""
    return Stored(project, row_of(project, version), rows_of(project))


async def save(source: Source, before: Stored, after: Stored) -> None:
    """Writes what differs: at most two statements for a table that changed, none for the others."""
    await projects.save(source, before.row, after.row)
    for collection in COLLECTIONS:
        old, new = before.rows.get(collection.table.name, []), after.rows[collection.table.name]
        if new is not old and (new or old):
            await collection.replace(source, old, new)
    await texts.replace(source, before.project, after.project)


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

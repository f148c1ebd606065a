"""A project: its document, and its row with what is derived from it for sorting and filtering."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Sequence, Set
from decimal import Decimal
from functools import lru_cache, partial
from operator import itemgetter
from typing import Annotated, Any, NamedTuple

import orjson
from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    Table,
    bindparam,
    select,
    update,
)

from .addresses import Address
from .among import among, is_always
from .attachments import Asset
from .base import METADATA, CodePoints
from .change_orders import ChangeOrder
from .check_list import CheckListItem
from .collections import Calculated, Elsewhere, Source, columns_of, values_of
from .comments import Comment
from .compiled import Read, Statement
from .contact_persons import ContactPerson
from .customers import ProjectCustomer, display_name
from .documents import KEY_LIMIT, Amount, Document, Key, Moment, Time, Total, Word
from .entity_errors import EntityError
from .form_data import FormEntry
from .insertion import Insertion
from .log import LogItem
from .money import total
from .partners import ProjectPartner, SinglePartner
from .parts import ProjectPart
from .products import ProductRow
from .properties import ExternalId
from .reads import Reads
from .rows import RowMaker
from .stores import ProjectStore
from .transactions import Summary, Transaction, budget_value, summary, value
from .workflow_steps import WorkflowStep


class Project(Document):
    """A whole project. Source: OmniumProject; members in its order.

    `workflow_step` is stated here only where no step of the list is the current one.
    """

    id: Key = ""
    project_number: Key | None = None
    name: Word | None = None
    type: Key | None = None
    project_type_name: Word | None = None
    project_category: Word | None = None
    sub_type: Word | None = None
    status: Key | None = None
    created: Moment
    modified: Moment
    canceled: Time = None
    cancellation_code: Word | None = None
    cancellation_reason: Word | None = None
    deadline: Time = None
    project_date: Time = None
    external_reference: Word | None = None
    external_ids: Annotated[list[ExternalId] | None, Elsewhere] = None
    tags: Annotated[list[Key] | None, Elsewhere] = None
    public_url: Word | None = None
    customer: Annotated[ProjectCustomer | None, Elsewhere] = None
    contact_persons: Annotated[list[ContactPerson] | None, Elsewhere] = None
    store_contact: Annotated[ContactPerson | None, Elsewhere] = None
    store_id: Key | None = None
    stores: Annotated[list[ProjectStore] | None, Elsewhere] = None
    addresses: Annotated[list[Address] | None, Elsewhere] = None
    partner: Annotated[SinglePartner | None, Elsewhere] = None
    partners: Annotated[list[ProjectPartner] | None, Elsewhere] = None
    has_multiple_partners: Calculated = None
    rejected_by_partners: Annotated[list[Key] | None, Elsewhere] = None
    partner_check_list: Annotated[list[CheckListItem] | None, Elsewhere] = None
    products: Annotated[list[ProductRow] | None, Elsewhere] = None
    project_parts: Annotated[list[ProjectPart] | None, Elsewhere] = None
    change_orders: Annotated[list[ChangeOrder] | None, Elsewhere] = None
    transactions: Annotated[list[Transaction] | None, Elsewhere] = None
    transaction_summary: Calculated = None
    project_transaction_total: Calculated = None
    project_value: Total = Decimal(0)
    project_budget_value: Total = Decimal(0)
    project_additional_value: Amount = Decimal(0)
    workflow_step: WorkflowStep | None = None
    workflow_steps: Annotated[list[WorkflowStep] | None, Elsewhere] = None
    log_items: Annotated[list[LogItem] | None, Elsewhere] = None
    comments: Annotated[list[Comment] | None, Elsewhere] = None
    customer_comments: Annotated[list[Comment] | None, Elsewhere] = None
    form_data: Annotated[list[FormEntry] | None, Elsewhere] = None
    attachments: Annotated[list[Asset] | None, Elsewhere] = None
    attachments_root_directory: Word | None = None
    errors: Annotated[list[EntityError] | None, Elsewhere] = None
    version_id: Word | None = None

    def state(self, without: Set[str] = frozenset()) -> dict[str, Any]:
        """The project as a JSON object that versions and differences are made of: nothing calculated in it.

        `without` names members to leave out.
        """
        return self.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude=set(without) or None
        )

    def state_text(self) -> orjson.Fragment:
        """The same as the JSON text that it is stored as."""
        return orjson.Fragment(self.model_dump_json(by_alias=True, exclude_none=True))

    def current_step(self) -> WorkflowStep | None:
        """The step the project is at."""
        if self.workflow_step is not None:
            return self.workflow_step
        return next((step for step in self.workflow_steps or () if step.current), None)

    def levels(self) -> dict[str, Summary]:
        """The sums of transactions by level: `project`, `parts`, `changeOrders`."""
        return {
            "project": summary(self.transactions or ()),
            "parts": summary(
                row for part in self.project_parts or () for row in part.transactions or ()
            ),
            "changeOrders": summary(
                row for order in self.change_orders or () for row in order.transactions or ()
            ),
        }

    def has_transactions(self) -> bool:
        """Whether there is a transaction on any level, so that the project's value is calculated."""
        return bool(self.transactions) or any(
            owner.transactions
            for owner in [*(self.project_parts or ()), *(self.change_orders or ())]
        )

    def recalculate(self) -> None:
        """Sets the project's value and budget from its transactions; without any, both stand as given."""
        if self.has_transactions():
            levels = self.levels().values()
            self.project_value = total([*map(value, levels), self.project_additional_value])
            self.project_budget_value = total(map(budget_value, levels))


_DERIVED = {
    "project_type_name_key": CodePoints,
    "customer_key": CodePoints,
    "partner_key": CodePoints,
    "store_contact_key": CodePoints,
    "workflow_step_key": CodePoints,
    "workflow_step_id": CodePoints,
    "workflow_step_name": CodePoints,
}

_own = columns_of(Project)
_own[0].primary_key = True
PROJECTS = Table("project", METADATA, *_own, Column("version", Integer, nullable=False))
for _name, _kind in _DERIVED.items():
    PROJECTS.append_column(Column(_name, _kind))

COLUMNS = [column.name for column in _own]
_FIELDS = tuple(COLUMNS[:-1])


class SortKey(NamedTuple):
    """One of the nine things projects sort by, and how it is read from a project."""

    column: str
    nullable: bool


SORT_KEYS = [
    SortKey("created", nullable=False),
    SortKey("modified", nullable=False),
    SortKey("project_type_name_key", nullable=True),
    SortKey("customer_key", nullable=True),
    SortKey("partner_key", nullable=True),
    SortKey("deadline", nullable=True),
    SortKey("project_value", nullable=False),
    SortKey("store_contact_key", nullable=True),
    SortKey("workflow_step_key", nullable=True),
]
for _key in SORT_KEYS:
    Index(None, PROJECTS.c[_key.column], PROJECTS.c.id)
    if _key.nullable:
        # Nulls are last in both directions, so they are a range of their own, by id.
        _null: ColumnElement[bool] = PROJECTS.c[_key.column].is_(None)
        Index(
            f"ix_project_id_no_{_key.column}",
            PROJECTS.c.id,
            postgresql_where=_null,
            sqlite_where=_null,
        )
for _column in ("store_id", "project_number", "status", "type", "workflow_step_id"):
    Index(None, PROJECTS.c[_column], PROJECTS.c.id)


def _folded(text: str | None) -> str | None:
    # As long as an index row takes: see `KEY_LIMIT`.
    return text.casefold()[:KEY_LIMIT] if text else None


def derived(project: Project) -> list[str | None]:
    """The columns of the row that follow from the document, in their order: text sort keys, and the current step."""
    contact, step = project.store_contact, project.current_step()
    first = next(iter(project.partners or ()), None)
    partners = (partner.name for partner in (project.partner, first) if partner)
    return [
        _folded(project.project_type_name),
        _folded(display_name(project.customer)),
        _folded(next(filter(None, partners), None)),
        _folded(contact.full_name if contact else None),
        _folded(step.name if step else None),
        step.id if step else None,
        step.name if step else None,
    ]


class ProjectRow(namedtuple("ProjectRow", PROJECTS.c.keys())):  # type: ignore[misc]
    """A project's own row. `key` finds what is nested in it: the id, or the state the row was made from."""

    id: str
    version: int
    key: Any

    @classmethod
    def of(cls, row: Iterable[Any], key: Any = None) -> ProjectRow:
        """The row of a result."""
        made: ProjectRow = tuple.__new__(cls, row)
        made.key = key or made.id
        return made

    def derived(self) -> list[str | None]:
        """The columns that `derived` made of the document."""
        return [getattr(self, name) for name in _DERIVED]


class Form(NamedTuple):
    """The columns that rows are read with, and what makes a row of them."""

    columns: list[ColumnElement[Any]]
    row: RowMaker


_WHOLE = Form(list(PROJECTS.c), ProjectRow.of)
# So many sets of columns are kept: which there are is the clients' choice.
FORMS = 500


def form(read: Reads | None) -> Form:
    """The form of rows of which only some attributes are read; None: all of them.

    A row without the rest has no such attributes: whoever reads one is told at once.
    """
    return _WHOLE if read is None else _form(read)


@lru_cache(FORMS)
def _form(read: Reads) -> Form:
    columns = read.columns(PROJECTS, ["id"])
    names = [column.name for column in columns]
    fields: Any = namedtuple("ProjectRow", names)  # type: ignore[misc]
    made = type("ProjectRow", (fields,), {"__slots__": (), "key": property(itemgetter(0))})
    return Form(columns, partial(tuple.__new__, made))


def row_of(
    project: Project, version: int, key: Any = None, derived_as: ProjectRow | None = None
) -> ProjectRow:
    """The project's own row; `derived_as` is one that has the same derived columns."""
    rest = derived(project) if derived_as is None else derived_as.derived()
    return ProjectRow.of([*values_of(project, _FIELDS), version, *rest], key)


_BY_ID = select(PROJECTS).where(among(PROJECTS.c.id, "ids"))
_LOCK = Statement(_BY_ID.order_by(PROJECTS.c.id).with_for_update(of=PROJECTS), ProjectRow.of)
_INSERTION = Insertion(PROJECTS, PROJECTS.c.keys())
# One project, held. PostgreSQL keeps the plan of this one, where it makes one for each list of ids.
HOLD = select(PROJECTS).where(PROJECTS.c.id == bindparam("id")).with_for_update(of=PROJECTS)
_LOCK_ONE = Statement(HOLD, ProjectRow.of)


def aliases(read: Reads | None) -> dict[str, str] | None:
    """The other names of columns of rows that are not whole: see `Statement`."""
    return None if read is None else {"key": "id"}


@lru_cache(FORMS)
def _of_any(read: Reads | None) -> Statement:
    """The statement of rows by id for whoever sees all projects."""
    columns, row = form(read)
    return Statement(_BY_ID.with_only_columns(*columns), row, aliases(read))


def reading(ids: Sequence[str], read: Reads | None = None) -> Read:
    """The statement of projects by id for whoever sees all of them, with its values."""
    return _of_any(read), {"ids": ids}


async def by_id(
    source: Source,
    ids: Sequence[str],
    visible: ColumnElement[bool],
    read: Reads | None = None,
) -> dict[str, ProjectRow]:
    """Rows of visible projects. Shape: project id -> row; an unknown or invisible id has no entry.

    `read` has what will be read of the rows; None: anything.
    """
    if is_always(visible):
        found = await source.run(*reading(ids, read))
    else:
        columns, row = form(read)
        statement = _BY_ID.where(visible).with_only_columns(*columns)
        found = [row(one) for one in await source.run(statement, {"ids": ids})]
    return {row.id: row for row in found}


async def lock(
    source: Source, ids: Sequence[str], visible: ColumnElement[bool]
) -> dict[str, ProjectRow]:
    """The same, whole, held against other writers until the transaction ends; locked in the order of ids."""
    if not is_always(visible):
        statement = _BY_ID.where(visible).order_by(PROJECTS.c.id).with_for_update(of=PROJECTS)
        found = [ProjectRow.of(row) for row in await source.run(statement, {"ids": ids})]
    elif len(ids) == 1:
        found = list(await source.run(_LOCK_ONE, {"id": ids[0]}))
    else:
        found = list(await source.run(_LOCK, {"ids": ids}))
    return {row.id: row for row in found}


async def insert_many(source: Source, rows: Sequence[ProjectRow]) -> None:
    """Writes new projects' own rows in one statement."""
    await _INSERTION.run(source, rows)


async def save(source: Source, before: ProjectRow, after: ProjectRow) -> None:
    """Writes the columns of a project's own row that differ, if any."""
    old = before._asdict()
    changed = {name: value for name, value in after._asdict().items() if value != old[name]}
    if changed:
        values = {f"new_{name}": value for name, value in changed.items()}
        await source.run(_update(tuple(changed)), values | {"of_id": after.id})


@lru_cache(100)
def _update(names: tuple[str, ...]) -> Statement:
    """The statement that writes some columns of a row."""
    given: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return Statement(update(PROJECTS).where(PROJECTS.c.id == bindparam("of_id")).values(given))

"""The log of a project: a row per write of ours, and the rows its document brought.

Both are in one table. Ours have the version of the write as position (1, 2, ...), those of the document -1, -2, ... in
its order, so that "position descending" is newest first with the document's rows last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, func, select

from .among import among
from .collections import Collection, Source, by_project
from .compiled import Read, Statement
from .documents import Document, Time, Word


class LogItem(Document):
    """What happened to a project, when and by whom. Source: OmniumProjectLog."""

    id: Word | None = None
    date: Time = None
    user: Word | None = None
    text: Word | None = None
    comment: Word | None = None
    data: Word | None = None
    previous_workflow_step_name: Word | None = None
    new_workflow_step_name: Word | None = None
    due_date: Time = None
    due_text: Word | None = None
    hidden: bool = False
    hidden_from_customer: bool = False
    hidden_from_partner: bool = False


LOG = Collection("project_log", LogItem)
_of_documents = (
    select(LOG.table).where(LOG.table.c.position < 0).order_by(LOG.table.c.position.desc())
)
_OF_DOCUMENTS = Statement(_of_documents.where(among(LOG.table.c.project_id, "ids")), LOG.made)
# The log rows that the document of one project brought.
OF_DOCUMENT = Statement(_of_documents.where(LOG.table.c.project_id == bindparam("id")), LOG.made)


def document_rows(project_id: str, items: list[LogItem] | None) -> list[Any]:
    """The rows of the log that a document brought."""
    return [row._replace(position=-1 - row.position) for row in LOG.rows([project_id], items)]


def reading(ids: Sequence[str]) -> Read:
    """The statement of the log rows that documents of projects brought, in their order, with its values."""
    return _OF_DOCUMENTS, {"ids": ids}


def row_of(project_id: str, version: int, item: LogItem) -> Any:
    """The row of a write of ours."""
    (row,) = LOG.rows([project_id], [item])
    return row._replace(position=version)


async def newest(
    source: Source, ids: Sequence[str], first: int, below: int | None
) -> dict[str, list[Any]]:
    """The newest rows of many projects' logs, below a position if one is given.

    Shape: project id -> up to `first` rows, newest first, those of the document last.
    """
    statement = _NEWEST if below is None else _NEWEST_BELOW
    values = {"ids": ids, "first": first, "below": below}
    return by_project(await source.run(statement, values))


def _newest(*conditions: ColumnElement[bool]) -> Statement:
    place = func.row_number().over(
        partition_by=LOG.table.c.project_id, order_by=LOG.table.c.position.desc()
    )
    ranked = select(LOG.table, place.label("place")).where(
        among(LOG.table.c.project_id, "ids"), *conditions
    )
    rows = ranked.subquery()
    columns = [rows.c[column.name] for column in LOG.table.c]
    statement = select(*columns).where(rows.c.place <= bindparam("first", type_=Integer()))
    return Statement(statement.order_by(rows.c.position.desc()), LOG.made)


# Made once: what SQLAlchemy makes of a statement is left to the collector.
_NEWEST = _newest()
_NEWEST_BELOW = _newest(LOG.table.c.position < bindparam("below", type_=Integer()))

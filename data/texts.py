"""The full-text index over projects: FTS5 on SQLite, tsvector and GIN on PostgreSQL, with the same answers.

Both hold the terms of `words.terms`, so neither database splits or folds anything itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.dialects.postgresql import insert as upsert

from .base import METADATA, CodePoints
from .collections import Source
from .compiled import Statement
from .folded import untouched
from .insertion import given_rows, run_together
from .projects import PROJECTS, Project
from .words import Term, terms

# FTS5 finds rows by an integer, so SQLite has a table that gives each project one.
NUMBERS = Table(
    "project_text",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("project_id", CodePoints, ForeignKey(PROJECTS.c.id, ondelete="CASCADE"), unique=True),
)
VECTORS = Table(
    "project_text",
    METADATA,
    Column(
        "project_id", CodePoints, ForeignKey("project.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("terms", TSVECTOR, nullable=False),
    Index("ix_project_text_terms", "terms", postgresql_using="gin"),
)

_NUMBERED = Statement(text("insert or ignore into project_text (project_id) values (:project_id)"))
_FORGET = Statement(
    text(
        "delete from project_text_index "
        "where rowid = (select number from project_text where project_id = :project_id)"
    )
)
_INDEX = Statement(
    text(
        "insert into project_text_index (rowid, terms) "
        "select number, :terms from project_text where project_id = :project_id"
    )
)
_given = given_rows({"project_id": CodePoints, "terms": ARRAY(Text)})
_INSERT = Statement(
    insert(VECTORS).from_select(
        ["project_id", "terms"],
        select(_given.c.project_id, func.array_to_tsvector(_given.c.terms)),
    )
)
_vector = func.array_to_tsvector(bindparam("terms", type_=ARRAY(Text)))
_insert = upsert(VECTORS).values(project_id=bindparam("project_id"), terms=_vector)
_REPLACE = Statement(
    _insert.on_conflict_do_update(
        index_elements=["project_id"], set_={"terms": _insert.excluded.terms}
    )
)


async def insert_many(source: Source, projects: Sequence[Project]) -> None:
    """Indexes new projects."""
    if source.dialect == "postgresql":
        pairs = [(project.id, terms(project)) for project in projects]
        await run_together(source, _INSERT, ("project_id", "terms"), pairs)
        return
    rows = [{"project_id": project.id, "terms": " ".join(terms(project))} for project in projects]
    await source.run(_NUMBERED, [{"project_id": row["project_id"]} for row in rows])
    await source.run(_INDEX, rows)


async def replace(source: Source, before: Project, after: Project) -> None:
    """Indexes a changed project again; costs nothing when its terms are the same."""
    if _says_the_same(before, after):
        return
    found = terms(after)
    if found == terms(before):
        return
    if source.dialect == "postgresql":
        await source.run(_REPLACE, {"project_id": after.id, "terms": found})
        return
    await source.run(_FORGET, {"project_id": after.id})
    await source.run(_INDEX, {"project_id": after.id, "terms": " ".join(found)})


# What terms are made of, beside the names and skus of lines.
_WORDS = ("id", "project_number", "name", "external_reference")
_NAMES = {"customer", "partner", "partners", "store_contact", "contact_persons", "tags"}


def _says_the_same(before: Project, after: Project) -> bool:
    """Whether a write has left alone all that terms are made of, which is seen without making any."""
    same = untouched(after)
    return (
        same >= _NAMES
        and all(getattr(before, name) == getattr(after, name) for name in _WORDS)
        and ("products" in same or _lines(before) == _lines(after))
    )


def _lines(project: Project) -> list[tuple[str | None, str | None]]:
    return [(line.name, line.sku_id) for line in project.products or ()]


def matching(dialect: str, wanted: Sequence[Term], *, every: bool = True) -> ColumnElement[bool]:
    """The condition that a project has every one of the terms, or at least one; there must be a term."""
    if dialect == "postgresql":
        query = (" & " if every else " | ").join(
            f"'{term.text}'" + (":*" if term.prefix else "") for term in wanted
        )
        condition = VECTORS.c.terms.op("@@")(cast(cast(query, Text), TSQUERY))
        return PROJECTS.c.id.in_(select(VECTORS.c.project_id).where(condition))
    query = (" AND " if every else " OR ").join(
        f'"{term.text}"' + ("*" if term.prefix else "") for term in wanted
    )
    found = (
        select(text("rowid"))
        .select_from(text("project_text_index"))
        .where(
            text("project_text_index match :terms").bindparams(
                bindparam("terms", query, unique=True)
            )
        )
    )
    return PROJECTS.c.id.in_(select(NUMBERS.c.project_id).where(NUMBERS.c.number.in_(found)))

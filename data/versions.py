"""Versions of projects: what each write changed, by whom and when, and the state of a project at any of them.

A version has its changes; every `SNAPSHOT_EVERY`th also the whole state, so that the cost of reading a project
at a version does not grow with its history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    bindparam,
    case,
    select,
)
from sqlalchemy.sql import func

from .among import among
from .base import METADATA, CodePoints, Json, UtcTime
from .collections import Source
from .compiled import Statement
from .differences import Change, apply
from .insertion import Insertion

SNAPSHOT_EVERY = 20

VERSIONS = Table(
    "project_version",
    METADATA,
    Column("project_id", CodePoints, ForeignKey("project.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", CodePoints, nullable=False),
    Column("operation", CodePoints, nullable=False),
    Column("changes", Json(), nullable=False),
    Column("modified", UtcTime, nullable=False),
    Column("version_id", CodePoints),
    Column("snapshot", Json()),
    # Null until a reader of the feed gives it: see data/feed.py.
    Column("position", BigInteger),
    PrimaryKeyConstraint("project_id", "version"),
    Index(None, "position"),
)
# The versions without a position: the oldest of them, and those of a project.
for _columns in (
    (VERSIONS.c.at, VERSIONS.c.project_id),
    (VERSIONS.c.project_id, VERSIONS.c.version),
):
    Index(
        f"ix_project_version_{'_'.join(column.name for column in _columns)}_pending",
        *_columns,
        postgresql_where=VERSIONS.c.position.is_(None),
        sqlite_where=VERSIONS.c.position.is_(None),
    )

# The snapshot where it is all that a version changed.
FIRST_STATE = case((VERSIONS.c.version == 1, VERSIONS.c.snapshot)).label("snapshot")


class Version(NamedTuple):
    """A write: when, by whom, which operation, and what it changed.

    `modified` and `version_id` are those of the project after it; `snapshot` is its whole state, at intervals:
    an object, or before it is stored its text.
    """

    project_id: str
    version: int
    at: datetime
    actor: str
    operation: str
    changes: list[Any]
    modified: datetime
    version_id: str | None
    snapshot: Any = None


def is_snapshot(version: int) -> bool:
    """Whether a version stores the whole state: the first, and every 20th."""
    return version == 1 or version % SNAPSHOT_EVERY == 0


# Without the position, which a reader of the feed gives.
_INSERTION = Insertion(VERSIONS, Version._fields)
_SINCE = Statement(
    select(VERSIONS.c.changes)
    .where(VERSIONS.c.project_id == bindparam("project"), VERSIONS.c.version > bindparam("number"))
    .order_by(VERSIONS.c.version)
)


async def insert_many(source: Source, versions: Sequence[Version]) -> None:
    """Writes versions in one statement."""
    await _INSERTION.run(source, versions)


async def changes_since(source: Source, project_id: str, version: int) -> list[Change]:
    """Every change after a version, oldest first."""
    rows = await source.run(_SINCE, {"project": project_id, "number": version})
    return [Change(*change) for row in rows for change in row.changes]


async def newest(
    source: Source, ids: Sequence[str], first: int, below: int | None
) -> dict[str, list[Version]]:
    """The newest versions of many projects, below a version if one is given.

    Shape: project id -> up to `first` versions, newest first; only the first version has its snapshot.
    """
    statement = _NEWEST if below is None else _NEWEST_BELOW
    found: dict[str, list[Version]] = defaultdict(list)
    for version in await source.run(statement, {"ids": ids, "first": first, "below": below}):
        found[version.project_id].append(version)
    return found


def _newest(*conditions: ColumnElement[bool]) -> Statement:
    place = func.row_number().over(
        partition_by=VERSIONS.c.project_id, order_by=VERSIONS.c.version.desc()
    )
    columns = [VERSIONS.c[name] for name in Version._fields if name != "snapshot"]
    ranked = select(*columns, FIRST_STATE, place.label("place")).where(
        among(VERSIONS.c.project_id, "ids"), *conditions
    )
    rows = ranked.subquery()
    statement = select(*(rows.c[name] for name in Version._fields)).where(
        rows.c.place <= bindparam("first", type_=Integer())
    )
    return Statement(statement.order_by(rows.c.version.desc()), Version._make)


# Made once: what SQLAlchemy makes of a statement is left to the collector.
_NEWEST = _newest()
_NEWEST_BELOW = _newest(VERSIONS.c.version < bindparam("below", type_=Integer()))


async def state_at(source: Source, project_id: str, version: int) -> dict[str, Any] | None:
    """The state of a project at a version, as `Project.state()`; None when there is no such version."""
    snapshots = (
        select(VERSIONS.c.version)
        .where(
            VERSIONS.c.project_id == project_id,
            VERSIONS.c.version <= version,
            VERSIONS.c.version > version - SNAPSHOT_EVERY,
            VERSIONS.c.snapshot.is_not(None),
        )
        .order_by(VERSIONS.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(VERSIONS)
        .where(
            VERSIONS.c.project_id == project_id,
            VERSIONS.c.version >= snapshots,
            VERSIONS.c.version <= version,
        )
        .order_by(VERSIONS.c.version)
    )
    rows = await source.run(statement)
    if not rows or rows[-1].version != version:
        return None
    state: dict[str, Any] = rows[0].snapshot
    for row in rows[1:]:
        apply(state, [Change(*change) for change in row.changes])
    return state | {"modified": rows[-1].modified.isoformat(), "versionId": rows[-1].version_id}

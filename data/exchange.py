"""What import and export read beyond the projects themselves: pages in the order of ids, and the log of mutations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import and_, func, select

from .among import among
from .collections import Source
from .log import LOG, LogItem
from .projects import PROJECTS, ProjectRow
from .versions import VERSIONS


async def after(source: Source, project_id: str | None, size: int) -> list[ProjectRow]:
    """The next rows of projects in the order of ids; None starts."""
    statement = select(PROJECTS).order_by(PROJECTS.c.id).limit(size)
    if project_id is not None:
        statement = statement.where(PROJECTS.c.id > project_id)
    return [ProjectRow.of(row) for row in await source.run(statement)]


async def our_log(source: Source, ids: Sequence[str], apart_from: str) -> dict[str, list[LogItem]]:
    """The log rows that writes of ours made, but those of one operation.

    Shape: project id -> rows, newest first; a project without any has no entry.
    """
    log = LOG.table
    made = and_(VERSIONS.c.project_id == log.c.project_id, VERSIONS.c.version == log.c.position)
    statement = (
        select(log)
        .join(VERSIONS, made)
        .where(among(log.c.project_id, ids), VERSIONS.c.operation != apart_from)
        .order_by(log.c.position.desc())
    )
    found: dict[str, list[LogItem]] = defaultdict(list)
    for row in await source.run(statement):
        found[row.project_id] += LOG.documents([LOG.row._make(row)])
    return found


async def count(source: Source) -> int:
    """How many projects there are."""
    (row,) = await source.run(select(func.count()).select_from(PROJECTS))
    return int(row[0])

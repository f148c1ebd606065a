"""One write, one record: what differs is saved together with one version and one log row, or nothing is.

Mutations and imports end here; nothing else writes a project.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ..data import graphs, log, versions
from ..data.database import Transaction
from ..data.differences import Change, differences
from ..data.folded import same
from ..data.graphs import Stored
from ..data.ids import new_id
from ..data.log import LogItem
from ..data.projects import Project
from ..data.versions import Version

IMPORT = "import"


class Write(NamedTuple):
    """A write about to be recorded: what was there (None: a new project), what is to be, and what to log.

    `logged` says that the log row itself is what is written: it is recorded even where nothing differs.
    """

    before: Stored | None
    after: Project
    note: LogItem | None = None
    logged: bool = False


class Record(NamedTuple):
    """A recorded write, and how its project is stored now if it was there before."""

    project: Project
    version: Version
    changes: list[Change]
    log: Any
    stored: Stored | None


async def record(
    transaction: Transaction, writes: Sequence[Write], *, actor: str, operation: str, at: datetime
) -> list[Record | None]:
    """Saves writes, a record each in their order; None where nothing differs, and nothing is written then.

    `modified` and `versionId` follow the write, but for an import, whose documents bring their own.
    """
    bare = None
    if any(write.note is None for write in writes):
        # Where nothing more is said, rows differ in their ids only.
        bare = log.row_of("", 0, LogItem.new(text=operation, date=at, user=actor))
    records = [_record(write, actor, operation, at, bare) for write in writes]
    made = [(write, done) for write, done in zip(writes, records, strict=True) if done is not None]
    await graphs.insert_many(
        transaction, [(done.project, 1) for write, done in made if write.before is None]
    )
    for write, done in made:
        if write.before is not None and done.stored is not None:
            await graphs.save(transaction, write.before, done.stored)
    if made:
        await versions.insert_many(transaction, [done.version for _, done in made])
        await log.LOG.insert(transaction, [done.log for _, done in made])
        transaction.tell()
    return records


def _record(write: Write, actor: str, operation: str, at: datetime, bare: Any) -> Record | None:
    before, project = write.before, write.after
    project.recalculate()
    number = before.row.version + 1 if before else 1
    changes: list[Change] = []
    snapshot: Any = None
    if before is None and operation == IMPORT:
        # Nobody asks what made a project that was imported, which is all of it.
        snapshot = project.state_text()
    else:
        alike = same(before.project, project) if before else frozenset[str]()
        was = before.project.state(alike) if before else {}
        changes = differences(was, project.state(alike))
        if not changes and not write.logged:
            return None
        # `modified` and the version id stand beside it.
        snapshot = project.state() if versions.is_snapshot(number) else None
    if operation != IMPORT:
        project.modified = at
        project.version_id = new_id()
    version = Version(
        project.id,
        number,
        at,
        actor,
        operation,
        # The first version's changes are all of its snapshot.
        changes if before else [],
        project.modified,
        project.version_id,
        snapshot,
    )
    if write.note is None:
        row = bare._replace(project_id=project.id, position=number, id=new_id())
    else:
        note = write.note.model_copy(update={"id": new_id(), "date": at, "user": actor})
        row = log.row_of(project.id, number, note)
    stored = graphs.taken_apart(project, number) if before else None
    return Record(project, version, changes, row, stored)

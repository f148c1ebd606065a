"""Import: documents of the order system written as projects and project types, a transaction a batch.

A bad document is told and left out. The last of two documents with one id counts. Importing again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import true
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from ..data import exchange, graphs, project_types, projects
from ..data.database import Database, Transaction
from ..data.project_types import ProjectType
from ..data.projects import Project
from .identities import identify
from .incoming import BadDocument, Documents, Survey, key_of, parsed, survey
from .records import IMPORT, Write, record

# Documents in a transaction.
BATCH = 200
# Another writer can be in the way of a batch.
ATTEMPTS = 5
# Faults that are told of one document.
SHOWN = 10
# What SQLSTATE says when a value itself is at fault: data, integrity, program limits.
_VALUE_CLASSES = ("22", "23", "54")


class Bad(NamedTuple):
    """A document that was left out: where it stands, its id if it has one, and what is wrong with which field."""

    source: str
    position: int
    project_id: str | None
    faults: list[str]

    def __str__(self) -> str:
        """One line."""
        who = f" ({self.project_id})" if self.project_id else ""
        return f"{self.source}, document {self.position}{who}: " + "; ".join(self.faults)


class Superseded(NamedTuple):
    """A document that was left out because a later one has the same id."""

    source: str
    position: int
    project_id: str
    later_source: str
    later_position: int

    def __str__(self) -> str:
        """One line."""
        where = f"{self.later_source}, " if self.later_source != self.source else ""
        return (
            f"{self.source}, document {self.position} ({self.project_id}): left out, "
            f"{where}document {self.later_position} has the same id and is later"
        )


@dataclass
class Counts:
    """How many documents were new, changed, equal to what was there, bad, superseded; of them types, and all."""

    new: int = 0
    changed: int = 0
    equal: int = 0
    bad: int = 0
    superseded: int = 0
    types: int = 0
    total: int = 0
    written: bool = True

    def add(self, other: Counts) -> None:
        """Counts what another has counted."""
        for name in ("new", "changed", "equal", "bad", "types"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Entry(NamedTuple):
    """A document of a source, which is known by its number."""

    source: int
    position: int
    document: Any


Report = Callable[[Bad | Superseded], None]


async def import_documents(
    database: Database,
    sources: Sequence[Documents],
    *,
    actor: str,
    clock: Callable[[], datetime],
    strict: bool = False,
    report: Report = lambda _: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Counts:
    """Writes documents, each in place of the project or type of its id, and counts what came of them.

    `strict` writes nothing when one is bad. `report` gets each document that is left out, `progress` how many of
    how many are done. Raises: driver errors that no document is to blame for.
    """
    run = _Import(database, sources, actor, clock, report, survey(sources))
    counts = run.counts
    batches = _batches(run.entries())
    progress(0, counts.total)
    done = 0
    if not strict:
        for batch in batches:
            await run.write(batch)
            done += len(batch)
            progress(done, counts.total)
        return counts
    async with database.transaction() as transaction:
        for batch in batches:
            counted, bad = await run.attempt(transaction, batch, write=not counts.bad)
            run.tell(counted, bad)
            done += len(batch)
            progress(done, counts.total)
        if counts.bad:
            transaction.discard()
            counts.written = False
            counts.new = counts.changed = counts.equal = counts.types = 0
    return counts


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(islice(entries, BATCH)):
        yield batch


@dataclass
class _Import:
    """An import that is running."""

    database: Database
    sources: Sequence[Documents]
    actor: str
    clock: Callable[[], datetime]
    report: Report
    survey: Survey
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self.counts.total = self.survey.total

    def entries(self) -> Iterator[Entry]:
        """The documents to write; those that a later one stands in for are told."""
        for number, source in enumerate(self.sources):
            for position, document in source.read():
                later = self.survey.later.get((number, position))
                if later is None:
                    yield Entry(number, position, document)
                else:
                    self._supersede(Entry(number, position, document), later)

    def _supersede(self, entry: Entry, later: tuple[int, int]) -> None:
        key = key_of(entry.document)
        name, later_name = (self.sources[number].name for number in (entry.source, later[0]))
        self.counts.superseded += 1
        self.report(Superseded(name, entry.position, key[1] if key else "", later_name, later[1]))

    async def write(self, batch: list[Entry]) -> None:
        """Writes a batch in a transaction of its own, or its documents one by one when that fails."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self.database.transaction() as transaction:
                    counted, bad = await self.attempt(transaction, batch)
            except DBAPIError as error:
                # A unique key may be one that another writer took first: the next attempt finds its project.
                busy = isinstance(error, IntegrityError) or self.database.may_retry(error)
                if busy and attempt < ATTEMPTS:
                    continue
                if not _is_about_values(error):
                    raise
                if len(batch) > 1:
                    break
                reason = str(error.orig).partition("\n")[0]
                counted, bad = (
                    Counts(),
                    [self._bad(batch[0], [f"the database refuses it: {reason}"])],
                )
            self.tell(counted, bad)
            return
        for entry in batch:
            await self.write([entry])

    async def attempt(
        self, transaction: Transaction, batch: list[Entry], *, write: bool = True
    ) -> tuple[Counts, list[Bad]]:
        """Writes a batch, or only looks at it. Leaves what it was given as it is, so that it can be done again."""
        counts, bad = Counts(), []
        new: dict[type, list[Any]] = {Project: [], ProjectType: []}
        for entry in batch:
            try:
                made = parsed(entry.document)
                new[type(made)].append(made)
            except BadDocument as refused:
                bad.append(self._bad(entry, refused.faults))
        if write:
            await _write_types(transaction, new[ProjectType], counts)
            await self._write_projects(transaction, new[Project], counts)
        return counts, bad

    def tell(self, counted: Counts, bad: list[Bad]) -> None:
        """Counts what came of a batch and reports its bad documents."""
        self.counts.add(counted)
        self.counts.bad += len(bad)
        for one in bad:
            self.report(one)

    def _bad(self, entry: Entry, faults: list[str]) -> Bad:
        key = key_of(entry.document)
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        return Bad(
            self.sources[entry.source].name, entry.position, key and key[1], faults[:SHOWN] + more
        )

    async def _write_projects(
        self, transaction: Transaction, new: list[Project], counts: Counts
    ) -> None:
        if not new:
            return
        ids = [project.id for project in new]
        stored = await graphs.read(
            transaction, (await projects.lock(transaction, ids, true())).values()
        )
        ours = await exchange.our_log(transaction, list(stored), IMPORT) if stored else {}
        writes = []
        for project in new:
            before = stored.get(project.id)
            identify(project, before and before.project)
            if project.workflow_step is not None and _has_current(project):
                project.workflow_step = None
            if project.log_items:
                # An export has the log rows of our mutations; they are here already.
                known = {item.id for item in ours.get(project.id, ())}
                project.log_items = [item for item in project.log_items if item.id not in known]
            writes.append(Write(before, project))
        records = await record(
            transaction, writes, actor=self.actor, operation=IMPORT, at=self.clock()
        )
        for write, done in zip(writes, records, strict=True):
            if done is None:
                counts.equal += 1
            elif write.before is None:
                counts.new += 1
            else:
                counts.changed += 1


def _has_current(project: Project) -> bool:
    return any(step.current for step in project.workflow_steps or ())


async def _write_types(transaction: Transaction, new: list[ProjectType], counts: Counts) -> None:
    if not new:
        return
    rows = await project_types.every(transaction)
    stored = {row.id: row for row in rows}
    last = max((row.position for row in rows), default=0)
    differing, positions = [], []
    for kind in new:
        row = stored.get(kind.id)
        if row is None:
            counts.new += 1
            last += 1
            positions.append(last)
        elif project_types.document(row).json_object() == kind.json_object():
            counts.equal += 1
            continue
        else:
            counts.changed += 1
            positions.append(row.position)
        differing.append(kind)
    counts.types += len(new)
    if differing:
        await project_types.replace_many(transaction, differing, positions)


def _is_about_values(error: DBAPIError) -> bool:
    if isinstance(error, IntegrityError | DataError):
        return True
    return str(getattr(error.orig, "sqlstate", None) or "").startswith(_VALUE_CLASSES)

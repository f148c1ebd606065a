"""change(): the only way a mutation writes a project.

In one transaction: allow, was the key seen before, read and lock the project, compare the version, apply, compare,
record, remember the key; then commit, or roll back for a dry run. What differs between mutations is `apply` alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from pydantic.alias_generators import to_camel
from sqlalchemy.exc import DBAPIError, IntegrityError

from ..data import access as visibility
from ..data import graphs, idempotency, projects, versions
from ..data.base import dumps
from ..data.database import Transaction
from ..data.differences import Change
from ..data.documents import is_storable
from ..data.graphs import Stored
from ..data.idempotency import Remembered
from ..data.log import LogItem
from ..data.projects import Project, ProjectRow
from .access import require_admin, require_scope, sees
from .context import Context
from .disclosure import shown
from .errors import InvalidInput, NotFound, Refused, RefusedTogether, VersionConflict
from .records import Record, Write, record
from .revisions import Revision, at_version

KEY_LIFETIME = timedelta(hours=24)
KEY_LENGTH = 200
# Another writer can be in the way of a transaction; one in the way of this many is a fault.
ATTEMPTS = 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """What a mutation is asked to do to a project. Fields bear the names of the input in snake_case."""

    operation: ClassVar[str]
    # The name of the project's id in the input.
    id_path: ClassVar[str] = "projectId"

    project_id: str
    expected_version: int | None = None
    idempotency_key: str | None = None
    dry_run: bool = False

    def fingerprint(self) -> str:
        """A hash of the mutation and its input, `dryRun` and the key aside."""
        values = self.input()
        del values["dry_run"], values["idempotency_key"]
        return hashlib.sha256(dumps([self.operation, values])).hexdigest()

    def input(self) -> dict[str, Any]:
        """The input's fields by name."""
        return dataclasses.asdict(self)


class Applied:
    """What an `apply` did: details for the payload, and what to write in the log."""

    def __init__(
        self, details: dict[str, list[str]] | None = None, note: LogItem | None = None
    ) -> None:
        self.details = details or {}
        self.note = note


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a mutation: the project as the write left it, or the reasons for refusing it."""

    project: Revision | None = None
    changed: bool = False
    changes: list[Change] = dataclasses.field(default_factory=list)
    details: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    faults: list[Refused] = dataclasses.field(default_factory=list)


Apply = Callable[[Transaction, Project, datetime], Awaitable[Applied]]


async def change(context: Context, command: Command, apply: Apply) -> Outcome:
    """Does what a command asks to an existing project. Raises: Forbidden; refusals are in the outcome."""

    async def write(transaction: Transaction, now: datetime) -> Outcome:
        row = await _locked(transaction, context, command)
        remembered = await _remembered(transaction, context, command, now)
        if remembered is not None:
            return remembered
        before = await _current(transaction, context, command, row)
        await _require_version(transaction, before, command)
        after = before.project.model_copy(deep=True)
        applied = await apply(transaction, after, now)
        require_scope(context.caller, before.project, after)
        return await _recorded(
            transaction, context, command, now, Write(before, after, applied.note), applied
        )

    return await _written(context, command, write)


async def create(
    context: Context, command: Command, make: Callable[[Transaction, datetime], Awaitable[Project]]
) -> Outcome:
    """Makes the new project a command asks for. Raises: Forbidden; refusals are in the outcome."""

    async def write(transaction: Transaction, now: datetime) -> Outcome:
        remembered = await _remembered(transaction, context, command, now)
        if remembered is not None:
            return remembered
        project = await make(transaction, now)
        require_scope(context.caller, None, project)
        return await _recorded(transaction, context, command, now, Write(None, project), Applied())

    return await _written(context, command, write)


Writing = Callable[[Transaction, datetime], Awaitable[Outcome]]


async def _written(context: Context, command: Command, write: Writing) -> Outcome:
    require_admin(context.caller)
    context.forget()
    try:
        _require_texts(command)
        return await _retried(context, command, write)
    except Refused as fault:
        return Outcome(faults=[fault])
    except RefusedTogether as together:
        return Outcome(faults=together.faults)


async def _retried(context: Context, command: Command, write: Writing) -> Outcome:
    """The outcome of the first attempt that no other transaction is in the way of."""
    attempt = 1
    while True:
        try:
            return await _transacted(context, command, write)
        except DBAPIError as error:
            # A unique key that another transaction took first: the next attempt finds what it wrote.
            known = isinstance(error, IntegrityError) or context.database.may_retry(error)
            if not known or attempt == ATTEMPTS:
                raise
        attempt += 1


async def _transacted(context: Context, command: Command, write: Writing) -> Outcome:
    async with context.database.transaction() as transaction:
        outcome = await write(transaction, context.clock())
        if command.dry_run:
            transaction.discard()
    return outcome


def _require_texts(command: Command) -> None:
    """Lets a command pass whose key and texts can be stored. Raises: RefusedTogether."""
    key = command.idempotency_key
    faults: list[Refused] = []
    if key is not None and not 0 < len(key.strip()) <= len(key) <= KEY_LENGTH:
        message = (
            f"idempotencyKey has {len(key)} characters; it takes 1 to {KEY_LENGTH}, not all blank"
        )
        faults.append(InvalidInput(message, ["idempotencyKey"]))
    for path, text in _texts(command.input(), []):
        if not is_storable(text):
            where = [command.id_path] if path == ["projectId"] else path
            message = f"{where[-1]} has a character that no database can store: U+0000 or a lone surrogate"
            faults.append(InvalidInput(message, where))
    if faults:
        raise RefusedTogether(faults)


def _texts(value: Any, path: list[str]) -> Iterator[tuple[list[str], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, [*path, to_camel(name)])
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _texts(item, [*path, str(place)])


def _missing(command: Command) -> NotFound:
    return NotFound(f"there is no project {command.project_id!r}", [command.id_path])


async def _locked(transaction: Transaction, context: Context, command: Command) -> ProjectRow:
    visible = visibility.visible(context.caller.stores)
    rows = await projects.lock(transaction, [command.project_id], visible)
    if not rows:
        raise _missing(command)
    return rows[command.project_id]


async def _current(
    transaction: Transaction, context: Context, command: Command, row: ProjectRow
) -> Stored:
    stored = (await graphs.read(transaction, [row]))[row.id]
    # While the lock was waited for, another writer may have moved the project out of the caller's stores.
    if not sees(context.caller, stored.project):
        raise _missing(command)
    return stored


async def _require_version(transaction: Transaction, before: Stored, command: Command) -> None:
    expected, current = command.expected_version, before.row.version
    if expected is None or expected == current:
        return
    changes = await versions.changes_since(transaction, command.project_id, max(expected, 1))
    paths = list(dict.fromkeys(change.path for change in shown(changes)))
    raise VersionConflict(
        f"expectedVersion is {expected}, the project is at version {current}; read it again and reapply",
        ["expectedVersion"],
        current,
        paths,
    )


async def _remembered(
    transaction: Transaction, context: Context, command: Command, now: datetime
) -> Outcome | None:
    """The stored outcome of the command's key, if the caller has used it."""
    if command.idempotency_key is None:
        return None
    done = await idempotency.find(
        transaction, context.caller.name, command.idempotency_key, now - KEY_LIFETIME
    )
    if done is None:
        return None
    if done.fingerprint != command.fingerprint():
        raise InvalidInput(
            f"idempotencyKey {done.key!r} was used for another input at {done.at:%Y-%m-%d %H:%M:%S} UTC; "
            "send a new key with a new request",
            ["idempotencyKey"],
            code="IDEMPOTENCY_KEY_REUSED",
        )
    outcome = done.outcome
    visible = visibility.visible(context.caller.stores)
    if not await projects.by_id(transaction, [outcome["project"]], visible):
        raise NotFound(f"there is no project {outcome['project']!r}", ["idempotencyKey"])
    return Outcome(
        project=await at_version(transaction, outcome["project"], outcome["version"]),
        changed=True,
        changes=shown(Change(*change) for change in outcome["changes"]),
        details=outcome["details"],
    )


async def _recorded(
    transaction: Transaction,
    context: Context,
    command: Command,
    now: datetime,
    write: Write,
    applied: Applied,
) -> Outcome:
    (done,) = await record(
        transaction, [write], actor=context.caller.name, operation=command.operation, at=now
    )
    if done is None:
        # Only a project that was there can be left as it was.
        before = cast("Stored", write.before)
        return Outcome(Revision(before.project, before.row.version), details=applied.details)
    if command.idempotency_key is not None and not command.dry_run:
        remembered = Remembered(
            context.caller.name,
            command.idempotency_key,
            now,
            command.fingerprint(),
            _outcome(done, applied),
        )
        await idempotency.remember(transaction, remembered, now - KEY_LIFETIME)
    revision = Revision(done.project, done.version.version)
    if command.dry_run:
        revision = Revision(done.project, done.version.version, log=done.log, pending=done.version)
    return Outcome(revision, changed=True, changes=shown(done.changes), details=applied.details)


def _outcome(done: Record, applied: Applied) -> dict[str, Any]:
    """What is remembered of a write: enough to answer again."""
    return {
        "project": done.project.id,
        "version": done.version.version,
        "changes": done.changes,
        "details": applied.details,
    }

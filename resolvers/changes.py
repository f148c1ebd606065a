"""The only way a mutation writes: one transaction that does all it was asked to, with its record, or nothing.

In it: allow, lock, was the key seen before, compare the version, apply, compare, record, remember the key; then commit,
or roll back for a dry run. What differs between mutations is the command's `apply` alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

from pydantic.alias_generators import to_camel
from sqlalchemy.exc import DBAPIError, IntegrityError

from ..data import access as visibility
from ..data import graphs, project_types, projects, versions
from ..data.database import Transaction
from ..data.documents import is_storable
from ..data.graphs import Stored
from ..data.project_types import ProjectType
from ..data.projects import ProjectRow
from . import keys
from .access import require_admin, require_scope, sees
from .commands import Applied, Command, Draft, Request
from .consequences import settle, stamp
from .context import Context
from .creation import CreateProject
from .disclosure import shown
from .errors import InvalidInput, NotFound, Refused, RefusedTogether, VersionConflict
from .outcomes import Outcome, recalled, remembered, written
from .records import Write, record
from .revisions import Revision

# Another writer can be in the way of a transaction; one in the way of this many is a fault.
ATTEMPTS = 10

T = TypeVar("T")


class Edited(NamedTuple):
    """A command that is done to its draft, and not written yet."""

    write: Write
    applied: Applied


async def change(context: Context, command: Command) -> Outcome:
    """Does what a command asks to an existing project. Raises: Forbidden; refusals are in the outcome."""

    async def write(transaction: Transaction, now: datetime) -> Outcome:
        sees_all = context.caller.stores is None
        before = await graphs.hold(transaction, command.project_id) if sees_all else None
        rows = {} if sees_all else await locked(transaction, context, [command.project_id])
        if before is None and not rows:
            raise missing(command)
        again = await _recalled(transaction, context, command, now)
        if again is not None:
            return again
        if before is None:
            before = (await current(transaction, context, rows)).get(command.project_id)
        if before is None:
            raise missing(command)
        edited = await edit(transaction, context, command, before, now)
        return await _recorded(transaction, context, command, now, edited)

    return await transacted(context, command, write, _refused)


async def create(context: Context, command: CreateProject) -> Outcome:
    """Makes the new project a command asks for. Raises: Forbidden; refusals are in the outcome."""

    async def write(transaction: Transaction, now: datetime) -> Outcome:
        again = await _recalled(transaction, context, command, now)
        if again is not None:
            return again
        types = await _types(transaction, command.type_ids(None))
        draft = Draft(command.begun(types, now), types, context.caller, now)
        edited = _applied(context, command, None, draft)
        return await _recorded(transaction, context, command, now, edited)

    return await transacted(context, command, write, _refused)


def _refused(faults: list[Refused]) -> Outcome:
    return Outcome(faults=faults)


async def transacted(
    context: Context,
    request: Request,
    write: Callable[[Transaction, datetime], Awaitable[T]],
    refused: Callable[[list[Refused]], T],
) -> T:
    """What a write in a transaction of its own comes to, or a refusal. Raises: Forbidden."""
    require_admin(context.caller)
    context.forget()
    try:
        _require_texts(request)
        return await _retried(context, request, write)
    except Refused as fault:
        return refused([fault])
    except RefusedTogether as together:
        return refused(together.faults)


async def _retried(
    context: Context, request: Request, write: Callable[[Transaction, datetime], Awaitable[T]]
) -> T:
    """The outcome of the first attempt that no other transaction is in the way of."""
    attempt = 1
    while True:
        try:
            async with context.database.transaction() as transaction:
                outcome = await write(transaction, context.clock())
                if request.dry_run:
                    transaction.discard()
                return outcome
        except DBAPIError as error:
            # A unique key that another transaction took first: the next attempt finds what it wrote.
            known = isinstance(error, IntegrityError) or context.database.may_retry(error)
            if not known or attempt == ATTEMPTS:
                raise
        attempt += 1


def _require_texts(request: Request) -> None:
    """Lets a request pass whose key and texts can be stored. Raises: RefusedTogether."""
    bad_key = keys.judged(request.idempotency_key)
    faults: list[Refused] = [] if bad_key is None else [bad_key]
    for path, text in _texts(request.input(), []):
        if not is_storable(text):
            where = [request.id_path] if path == ["projectId"] else path
            message = f"{where[-1]} has a character that no database can store: U+0000 or a lone surrogate"
            faults.append(InvalidInput(message, where))
    if faults:
        raise RefusedTogether(faults)


def _texts(value: Any, path: list[str]) -> Iterator[tuple[list[str], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, [*path, _public(name)])
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _texts(item, [*path, str(place)])


@cache
def _public(name: str) -> str:
    """The name of a field of an input, of which there are as many as the schema has."""
    return to_camel(name)


def missing(command: Command) -> NotFound:
    """The fault of a project that is not there, or not visible to the caller."""
    return NotFound(f"there is no project {command.project_id!r}", [command.id_path])


async def locked(
    transaction: Transaction, context: Context, ids: Sequence[str]
) -> dict[str, ProjectRow]:
    """The rows of projects that the caller sees, held against other writers."""
    return await projects.lock(transaction, ids, visibility.visible(context.caller.stores))


async def current(
    transaction: Transaction, context: Context, rows: dict[str, ProjectRow]
) -> dict[str, Stored]:
    """The whole of locked projects."""
    stored = await graphs.read(transaction, rows.values())
    # While the lock was waited for, another writer may have moved a project out of the caller's stores.
    return {name: one for name, one in stored.items() if sees(context.caller, one.project)}


async def edit(
    transaction: Transaction, context: Context, command: Command, before: Stored, now: datetime
) -> Edited:
    """A command done to a project, and not written yet. Raises: Refused, RefusedTogether, Forbidden."""
    await _require_version(transaction, before, command)
    types = await _types(transaction, command.type_ids(before.project))
    draft = Draft(before.draft(), types, context.caller, now)
    command.require(draft)
    return _applied(context, command, before, draft)


def _applied(context: Context, command: Command, before: Stored | None, draft: Draft) -> Edited:
    applied = command.apply(draft)
    draft.faults.check()
    project = draft.project
    if before is not None:
        settle(before.project, project, command)
    stamp(before.project if before else None, project, draft.now)
    require_scope(context.caller, before.project if before else None, project)
    return Edited(Write(before, project, applied.note, applied.logged), applied)


async def _types(transaction: Transaction, ids: set[str]) -> dict[str, ProjectType]:
    rows = await project_types.by_id(transaction, sorted(ids)) if ids else {}
    return {type_id: project_types.document(row) for type_id, row in rows.items()}


async def _require_version(transaction: Transaction, before: Stored, command: Command) -> None:
    expected, current_version = command.expected_version, before.row.version
    if expected is None or expected == current_version:
        return
    changes = await versions.changes_since(transaction, command.project_id, max(expected, 1))
    paths = list(dict.fromkeys(change.path for change in shown(changes)))
    raise VersionConflict(
        f"expectedVersion is {expected}, the project is at version {current_version}; read it again and reapply",
        ["expectedVersion"],
        current_version,
        paths,
    )


async def _recalled(
    transaction: Transaction, context: Context, command: Command, now: datetime
) -> Outcome | None:
    """The stored outcome of the command's key, if the caller has used it. Raises: InvalidInput, NotFound."""
    kept = await keys.recall(transaction, context.caller, command, now)
    if kept is None:
        return None
    visible = visibility.visible(context.caller.stores)
    rows = await projects.by_id(transaction, [kept["project"]], visible)
    outcome = await recalled(transaction, kept, rows)
    if outcome is None:
        raise NotFound(f"there is no project {kept['project']!r}", ["idempotencyKey"])
    return outcome


async def _recorded(
    transaction: Transaction, context: Context, command: Command, now: datetime, edited: Edited
) -> Outcome:
    details = edited.applied.details
    (done,) = await record(
        transaction, [edited.write], actor=context.caller.name, operation=command.operation, at=now
    )
    if done is None:
        # Only a project that was there can be left as it was.
        before = cast("Stored", edited.write.before)
        return Outcome(Revision(before.project, before.row.version), details=details)
    await keys.remember(transaction, context.caller, command, now, remembered(done, details))
    return written(done, details, dry_run=command.dry_run)

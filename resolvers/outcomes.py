"""What came of a mutation, and the form it is remembered in under an idempotency key."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

from ..data.collections import Source
from ..data.differences import Change
from ..data.products import ProductRow
from .disclosure import shown
from .errors import (
    AmbiguousProduct,
    InvalidInput,
    InvalidState,
    NotFound,
    Refused,
    VersionConflict,
)
from .records import Record
from .revisions import Revision, at_version


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a mutation: the project as the write left it, or the reasons for refusing it."""

    project: Revision | None = None
    changed: bool = False
    changes: list[Change] = dataclasses.field(default_factory=list)
    details: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    faults: list[Refused] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Outcomes:
    """What came of a mutation of many projects: of each in the order of the input, or why nothing at all was done."""

    results: list[Outcome] = dataclasses.field(default_factory=list)
    faults: list[Refused] = dataclasses.field(default_factory=list)


Remembered = dict[str, Any]


def written(done: Record, details: dict[str, list[str]], *, dry_run: bool) -> Outcome:
    """The outcome of a recorded write; of a dry run its version and log row are in no table."""
    revision = Revision(
        done.project,
        done.version.version,
        stored=done.stored,
        log=done.log if dry_run else None,
        pending=done.version if dry_run else None,
    )
    return Outcome(revision, changed=True, changes=shown(done.changes), details=details)


def remembered(done: Record, details: dict[str, list[str]]) -> Remembered:
    """What is kept of a recorded write: enough to answer again."""
    return {
        "project": done.project.id,
        "version": done.version.version,
        "changes": done.changes,
        "details": details,
    }


def remembered_unchanged(project: Revision) -> Remembered:
    """What is kept of a write that found everything as it was to be."""
    return {"project": project.id, "version": project.version, "changes": None}


def remembered_refused(faults: Collection[Refused]) -> Remembered:
    """What is kept of a refusal, which is remembered only beside writes of the same request."""
    return {"faults": [_stored(fault) for fault in faults]}


async def recalled(source: Source, kept: Remembered, visible: Collection[str]) -> Outcome | None:
    """The outcome again, whoever wrote since; None when the project is not among the visible ones any more."""
    if "faults" in kept:
        return Outcome(faults=[_fault(fault) for fault in kept["faults"]])
    if kept["project"] not in visible:
        return None
    changes = kept["changes"]
    return Outcome(
        project=await at_version(source, kept["project"], kept["version"]),
        changed=changes is not None,
        changes=shown(Change(*change) for change in changes or ()),
        details=kept.get("details", {}),
    )


# What a refusal carries beside message, path and code, in the order of its constructor.
_CARRIED: dict[type[Refused], tuple[str, ...]] = {
    InvalidInput: (),
    NotFound: (),
    AmbiguousProduct: ("candidates",),
    VersionConflict: ("current_version", "changed_paths"),
    InvalidState: ("allowed_actions",),
}
_KINDS = {kind.__name__: kind for kind in _CARRIED}


def _stored(fault: Refused) -> Remembered:
    carried = [getattr(fault, name) for name in _CARRIED[type(fault)]]
    if isinstance(fault, AmbiguousProduct):
        carried = [[line.json_object() for line in fault.candidates]]
    return {
        "kind": type(fault).__name__,
        "code": fault.code,
        "message": fault.message,
        "path": fault.path,
        "carried": carried,
    }


def _fault(stored: Remembered) -> Refused:
    kind, carried = _KINDS[stored["kind"]], stored["carried"]
    if kind is AmbiguousProduct:
        carried = [[ProductRow.of(line) for line in carried[0]]]
    fault = kind(stored["message"], stored["path"], *carried)
    fault.code = stored["code"]
    return fault

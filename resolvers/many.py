"""The status of product lines of many projects at once: all of them or none, or all that can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import ClassVar, Self

from ..data import access as visibility
from ..data import projects
from ..data.database import Transaction
from ..data.graphs import Stored
from . import keys
from .changes import Edited, current, edit, locked, missing, transacted
from .commands import Request
from .context import Context
from .elements import some
from .errors import InvalidInput, Refused, RefusedTogether
from .inputs import Faults, Given
from .outcomes import (
    Outcome,
    Outcomes,
    Remembered,
    recalled,
    remembered,
    remembered_refused,
    remembered_unchanged,
    written,
)
from .products import UpdateProductStatus
from .records import record
from .revisions import Revision

LIMIT = 100


class ErrorPolicy(Enum):
    """What becomes of the others where one project is refused."""

    REJECT_ALL = "REJECT_ALL"
    REJECT_FAILED = "REJECT_FAILED"


@dataclass(frozen=True, kw_only=True)
class UpdateManyProductStatus(Request):
    """Sets the status of lines of several projects, each named once."""

    operation: ClassVar[str] = "updateManyProjectProductStatus"

    items: Sequence[UpdateProductStatus]
    error_policy: ErrorPolicy = ErrorPolicy.REJECT_ALL

    @classmethod
    def of(cls, given: Given) -> Self:
        """The command of an input."""
        items = [UpdateProductStatus.of(item) for item in given["items"]]
        return cls(**given | {"items": items})


async def update_many(context: Context, request: UpdateManyProductStatus) -> Outcomes:
    """Does what a request asks, in one transaction. Raises: Forbidden; refusals are in the outcomes."""

    async def write(transaction: Transaction, now: datetime) -> Outcomes:
        return await _Many(transaction, context, request, now).write()

    return await transacted(context, request, write, lambda faults: Outcomes(faults=faults))


@dataclass
class _Many:
    """A request for many projects that is being done."""

    transaction: Transaction
    context: Context
    request: UpdateManyProductStatus
    now: datetime

    async def write(self) -> Outcomes:
        """Locks the projects in the order of their ids, whatever the order of the input, and does the items in turn."""
        faults = Faults()
        items = some(self.request.items, ["items"], faults, LIMIT)
        faults.check()
        rows = await locked(self.transaction, self.context, [item.project_id for item in items])
        kept = await keys.recall(self.transaction, self.context.caller, self.request, self.now)
        if kept is not None:
            return await self._recalled(kept["items"])
        stored = await current(self.transaction, self.context, rows)
        if self.request.error_policy is ErrorPolicy.REJECT_FAILED:
            done = [await self._alone(place, stored) for place in range(len(items))]
        else:
            edits = [await self._edited(place, stored) for place in range(len(items))]
            refused = [[] if isinstance(one, Edited) else one for one in edits]
            if any(refused):
                results = [Outcome(faults=faults_of_item) for faults_of_item in refused]
                return Outcomes(results, [fault for one in refused for fault in one])
            done = await self._recorded([one for one in edits if isinstance(one, Edited)])
        if any(outcome.changed for outcome, _ in done):
            memory = {"items": [remembered_item for _, remembered_item in done]}
            await keys.remember(
                self.transaction, self.context.caller, self.request, self.now, memory
            )
        return Outcomes([outcome for outcome, _ in done])

    async def _alone(self, place: int, stored: dict[str, Stored]) -> tuple[Outcome, Remembered]:
        """An item that leaves nothing behind when it is refused, and the others alone."""
        async with self.transaction.savepoint():
            edited = await self._edited(place, stored)
            if isinstance(edited, Edited):
                (done,) = await self._recorded([edited])
                return done
        return Outcome(faults=edited), remembered_refused(edited)

    async def _edited(self, place: int, stored: dict[str, Stored]) -> Edited | list[Refused]:
        """An item done to its project and not written yet, or what is wrong with it."""
        item, faults = self.request.items[place], list[Refused]()
        earlier = [one.project_id for one in self.request.items[:place]]
        try:
            if item.project_id in earlier:
                first = earlier.index(item.project_id)
                message = f"the project {item.project_id!r} is already updated by item {first}"
                raise InvalidInput(message, ["projectId"], code="DUPLICATE_UPDATE")
            if item.project_id not in stored:
                raise missing(item)
            before = stored[item.project_id]
            return await edit(self.transaction, self.context, item, before, self.now)
        except Refused as fault:
            faults = [fault]
        except RefusedTogether as together:
            faults = together.faults
        for one in faults:
            one.path = ["items", str(place), *one.path]
        return faults

    async def _recorded(self, edits: Sequence[Edited]) -> list[tuple[Outcome, Remembered]]:
        """The items written, and how each is remembered."""
        records = await record(
            self.transaction,
            [edited.write for edited in edits],
            actor=self.context.caller.name,
            operation=self.request.operation,
            at=self.now,
        )
        done: list[tuple[Outcome, Remembered]] = []
        for edited, made in zip(edits, records, strict=True):
            before = edited.write.before
            if made is not None:
                outcome = written(made, {}, dry_run=self.request.dry_run)
                done.append((outcome, remembered(made, {})))
            elif before is not None:
                unchanged = Revision(before.project, before.row.version)
                done.append((Outcome(unchanged), remembered_unchanged(unchanged)))
        return done

    async def _recalled(self, kept: Sequence[Remembered]) -> Outcomes:
        """The stored outcomes; a project that the caller does not see any more is not there."""
        ids = [one["project"] for one in kept if "project" in one]
        visible = visibility.visible(self.context.caller.stores)
        rows = await projects.by_id(self.transaction, ids, visible)
        results = []
        for place, (item, one) in enumerate(zip(self.request.items, kept, strict=True)):
            outcome = await recalled(self.transaction, one, rows)
            if outcome is None:
                fault = missing(item)
                fault.path = ["items", str(place), *fault.path]
                outcome = Outcome(faults=[fault])
            results.append(outcome)
        return Outcomes(results)

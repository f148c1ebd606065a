"""What is seen of every operation while it is executed, whatever transport it came by."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Mapping
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog

from projectgate.data.counting import TALLY, Tally
from projectgate.execution.executor import How
from projectgate.metrics import OK, Metrics
from projectgate.persisted import sha256

if TYPE_CHECKING:
    from projectgate.admission import Prepared

_LOG = structlog.get_logger("projectgate")


class Observer:
    """Sees the operations of a process, and tells the log of slow ones."""

    def __init__(self, metrics: Metrics, slow_operation: float = inf) -> None:
        """`slow_operation`: milliseconds after which an operation is slow."""
        self.metrics = metrics
        self.slow_seconds = slow_operation / 1000

    def observe(self, prepared: Prepared) -> Observation:
        """Begins to see an operation that is executed in this task."""
        return Observation(self, prepared)


class Observation(Tally):
    """One operation that is being executed in this task, and what it does meanwhile."""

    __slots__ = ("_begun", "_how", "_observer", "_prepared")

    def __init__(self, observer: Observer, prepared: Prepared) -> None:
        self.statements = self.rows = self.batches = 0
        self._observer = observer
        self._prepared = prepared
        self._how: How | None = None
        TALLY.set(self)
        self._begun = perf_counter()

    def executed(self, how: How) -> None:
        """Hears how it was executed."""
        self._how = how

    @property
    def fields(self) -> int:
        """How many fields of the answer no plan made."""
        return 0 if self._how is None else self._how.fields

    def answered(self, payload: Mapping[str, Any]) -> None:
        """Ends it with its answer."""
        self.ended(payload["errors"][0]["extensions"]["code"] if "errors" in payload else OK)

    def failed(self, error: BaseException) -> None:
        """Ends it with what it raised."""
        self.ended("cancelled" if isinstance(error, CancelledError) else "INTERNAL")

    def refused(self, code: str) -> None:
        """Ends it where it was not executed."""

    def ended(self, outcome: str) -> None:
        """Ends it: with an answer, with the code of an error, or cancelled."""
        seconds = perf_counter() - self._begun
        observer, definition = self._observer, self._prepared.definition
        name = definition.name.value if definition.name else None
        observer.metrics.operation(name, definition.operation.value, seconds, outcome)
        if seconds >= observer.slow_seconds:
            self._tell(name, definition.operation.value, seconds, outcome)

    def _tell(self, name: str | None, kind: str, seconds: float, outcome: str) -> None:
        """Writes a line for the log, without a value of the document or its variables."""
        loc, how = self._prepared.definition.loc, self._how
        _LOG.warning(
            "slow operation",
            operation=name,
            type=kind,
            document=None if loc is None else sha256(loc.source.body),
            outcome=outcome,
            milliseconds=round(seconds * 1000, 1),
            statements=self.statements,
            rows=self.rows,
            batches=self.batches,
            cost=self._prepared.cost,
            by=None if how is None else "plan" if how.compiled else "graphql-core",
            reason=None if how is None else how.reason,
        )

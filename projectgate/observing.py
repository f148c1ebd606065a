"""What is seen of every operation while it is executed, whatever transport it came by."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from graphql import OperationDefinitionNode

from projectgate.data.counting import TALLY, Tally
from projectgate.metrics import OK, Metrics


class Observer:
    """Sees the operations of a process."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics


class Observation(Tally):
    """One operation that is being executed in this task, and what it does meanwhile."""

    __slots__ = ("_begun", "_definition", "_observer")

    def __init__(self, observer: Observer, definition: OperationDefinitionNode) -> None:
        self.statements = self.rows = self.batches = 0
        self._observer = observer
        self._definition = definition
        TALLY.set(self)
        self._begun = perf_counter()

    def answered(self, payload: Mapping[str, Any]) -> None:
        """Ends it with its answer."""
        outcome = payload["errors"][0]["extensions"]["code"] if "errors" in payload else OK
        self._ended(outcome)

    def failed(self, error: BaseException) -> None:
        """Ends it without an answer: a fault of ours, or nobody waits for it any more."""
        self._ended("cancelled" if isinstance(error, CancelledError) else "INTERNAL")

    def _ended(self, outcome: str) -> None:
        seconds = perf_counter() - self._begun
        definition = self._definition
        name = definition.name.value if definition.name else None
        self._observer.metrics.operation(name, definition.operation.value, seconds, outcome)

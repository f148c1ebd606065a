"""The receipt of an operation: how it was executed, what it read and what it cost, for admins who ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from strawberry.types.execution import ExecutionResult, PreExecutionError

from projectgate.data.hearing import STATEMENTS, Heard
from projectgate.execution.documents import Document
from projectgate.execution.executor import How
from projectgate.resolvers.access import may_have_receipts
from projectgate.resolvers.context import Context
from projectgate.resolvers.hearing import BATCHES, Batch

HEADER = "X-Projectgate-Receipt"
_NAME = HEADER.lower()


def receipt_for(headers: Mapping[str, str], context: Context) -> Receipt | None:
    """An empty receipt for a caller who asks for one and may have it, else None."""
    if headers.get(_NAME) != "1" or not may_have_receipts(context.caller):
        return None
    return Receipt(context)


class Receipt:
    """What is written down of one operation while it is executed. It has no values: they are people's data."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._how = How(False)
        self._milliseconds = 0.0
        self._statements: list[Heard] = []
        self._batches: list[Batch] = []

    async def executed(
        self,
        document: Document,
        name: str | None,
        variables: dict[str, Any],
        told: Callable[[How], None],
    ) -> ExecutionResult | PreExecutionError:
        """What the document answers; everything that is done for it is written down. `told` hears how it was done."""

        def executed(how: How) -> None:
            self._how = how
            told(how)

        begun = time.perf_counter()
        with (
            STATEMENTS.heard_by(self._statements.append),
            BATCHES.heard_by(self._batches.append),
        ):
            result = await document.execute(name, variables, self._context, executed)
        self._milliseconds = (time.perf_counter() - begun) * 1000
        return result

    def account(self, cost: int) -> dict[str, Any]:
        """What was written down, as the answer has it, in `extensions.receipt`."""
        return {
            "execution": {
                "by": "plan" if self._how.compiled else "graphql-core",
                "reason": self._how.reason,
            },
            "cost": cost,
            "milliseconds": _rounded(self._milliseconds),
            "statements": [
                {"sql": one.text, "rows": one.rows, "milliseconds": _rounded(one.milliseconds)}
                for one in self._statements
            ],
            "batches": [{"loader": one.loader, "keys": one.keys} for one in self._batches],
        }


def _rounded(milliseconds: float | None) -> float | None:
    """Whole microseconds; what is finer is noise."""
    return None if milliseconds is None else round(milliseconds, 3)

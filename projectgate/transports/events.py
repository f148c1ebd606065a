"""The answers of a subscription, whatever it is sent by."""

from __future__ import annotations

from typing import Any

from projectgate.admission import Admission, Prepared
from projectgate.operations import Operations
from projectgate.refusals import RequestError, shown
from projectgate.request import Rejected
from projectgate.resolvers.context import Context


class Events:
    """The answers of a subscription as its events come, each counted for the caller and with a context of its own.

    To be begun, iterated and closed by whoever takes them. `cursor` is where to resume: whoever asks for the next
    answer has taken the one before. None where the events have none.
    """

    def __init__(
        self, admission: Admission, operations: Operations, prepared: Prepared, context: Context
    ) -> None:
        self._admission = admission
        self._operations = operations
        self._prepared = prepared
        self._context = context
        self._source: Any = None

    async def begin(self) -> None:
        """Subscribes. Raises: RequestError."""
        self._source = await self._operations.source(self._prepared, self._context)

    @property
    def cursor(self) -> str | None:
        """The cursor after which nothing was taken."""
        return getattr(self._source, "cursor", None)

    def ended(self, message: str, code: str) -> dict[str, Any]:
        """The error that ends it, which says where to resume."""
        error = shown(message, code)
        if self.cursor is not None:
            error["extensions"]["cursor"] = self.cursor
        return error

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> dict[str, Any]:
        """The next answer; errors of one event stand in it, and the next one is answered all the same.

        Raises: RequestError, where the caller may have no more now.
        """
        event = await anext(self._source)
        try:
            self._admission.event(self._prepared, self._context.caller)
        except Rejected as rejected:
            raise RequestError([self.ended(rejected.message, rejected.code)]) from None
        return await self._operations.event(self._prepared, self._context.again(), event)

    async def aclose(self) -> None:
        """Ends the subscription."""
        if self._source is not None:
            await self._source.aclose()

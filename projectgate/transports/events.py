"""The answers of a subscription, whatever it is sent by."""

from __future__ import annotations

from typing import Any

from projectgate.admission import Prepared
from projectgate.operations import Operations
from projectgate.resolvers.context import Context


class Events:
    """The answers of a subscription as its events come, each executed with a context of its own.

    `cursor` is where to resume: whoever asks for the next answer has taken the one before. None where the events have
    none.
    """

    @classmethod
    async def of(cls, operations: Operations, prepared: Prepared, context: Context) -> Events:
        """The answers of a subscription, to be closed by whoever takes them. Raises: RequestError."""
        return cls(operations, prepared, context, await operations.source(prepared, context))

    def __init__(
        self, operations: Operations, prepared: Prepared, context: Context, source: Any
    ) -> None:
        self._operations = operations
        self._prepared = prepared
        self._context = context
        self._source = source

    @property
    def cursor(self) -> str | None:
        """The cursor after which nothing was taken."""
        return getattr(self._source, "cursor", None)

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> dict[str, Any]:
        """The next answer; errors of one event stand in it, and the next one is answered all the same."""
        event = await anext(self._source)
        return await self._operations.event(self._prepared, self._context.again(), event)

    async def aclose(self) -> None:
        """Ends the subscription."""
        await self._source.aclose()

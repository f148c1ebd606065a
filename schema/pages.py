"""Where a page of a connection is, as Relay has it."""

from __future__ import annotations

from collections.abc import Awaitable
from inspect import isawaitable
from typing import Any

import strawberry

from ..execution.fields import reads


async def _told(answer: bool | Awaitable[bool]) -> bool:
    """An answer that is there, or that costs a statement only because it was asked for."""
    return await answer if isawaitable(answer) else answer


@strawberry.type(description="Where a page of a connection begins and ends, and what is around it.")
class PageInfo:
    """Served from any object with these attributes; the first two may be awaitable."""

    @strawberry.field(
        metadata=reads(),
        description="Whether there is more after this page: give `endCursor` as `after` to read it.",
    )
    async def has_next_page(root: strawberry.Parent[Any]) -> bool:  # noqa: N805
        """Told by the page, or read now."""
        return await _told(root.has_next_page)

    @strawberry.field(metadata=reads(), description="Whether there is more before this page.")
    async def has_previous_page(root: strawberry.Parent[Any]) -> bool:  # noqa: N805
        """Told by the page, or read now."""
        return await _told(root.has_previous_page)

    start_cursor: str | None = strawberry.field(
        description="The cursor of the first row; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last row; null on an empty page."
    )

"""A schema whose subscriptions end in every way one can, and events that come when a test tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import strawberry

from tests.program.conftest import Mutation, Query
from tests.program.gate import Gate, until


class Ticks:
    """Events that come when told to, with a cursor, and know whether they were ended."""

    def __init__(self) -> None:
        self.cursor = "WyJmZWVkIiw3XQ"
        self.coming: asyncio.Queue[int] = asyncio.Queue()
        self.ended = asyncio.Event()

    def __aiter__(self) -> Ticks:
        return self

    async def __anext__(self) -> int:
        return await self.coming.get()

    async def aclose(self) -> None:
        self.ended.set()


@strawberry.type
class Subscription:
    """Subscriptions that end in every way one can."""

    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    @strawberry.subscription(graphql_type=int)  # type: ignore[untyped-decorator]
    async def ticks(self, info: strawberry.Info) -> Any:
        return info.context.database.ticks

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("select * from secret_table")

    @strawberry.subscription
    async def odd(self) -> AsyncIterator[int]:
        yield 1
        yield "none"  # type: ignore[misc]
        yield 3


STREAMING = strawberry.Schema(Query, Mutation, Subscription)


def ticks(gate: Gate) -> Ticks:
    found: Ticks = gate.app.state.database.ticks
    return found


async def ticks_begun(gate: Gate) -> None:
    """Returns once somebody waits for ticks."""
    await until(lambda: ticks(gate).coming._getters)  # type: ignore[attr-defined]

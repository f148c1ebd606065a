"""Transactions that end before their time leave nothing behind, no lock either."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import literal, select, update

from projectgate.data.database import Database
from projectgate.data.feed import FEED
from projectgate.data.hearing import STATEMENTS, Heard

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_a_writer_cancelled_in_any_statement_holds_no_lock(
    database: Database, cut: int
) -> None:
    """Although someone remembers how it ended, with the traceback and what that holds."""

    async def write() -> None:
        async with database.transaction() as transaction:
            await transaction.run(select(literal(1)))
            await transaction.run(select(FEED).with_for_update())
            await transaction.run(update(FEED).values(last=FEED.c.last + 1))

    await write()
    sent: list[Heard] = []

    def cancel(heard: Heard) -> None:
        sent.append(heard)
        if len(sent) == cut:
            task.cancel()

    with STATEMENTS.heard_by(cancel):
        task = asyncio.create_task(write())
    (ended,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError)
    async with asyncio.timeout(5):
        await write()
    ((last,),) = await database.run(select(FEED.c.last))
    assert last == 2

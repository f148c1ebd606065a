"""Transactions that end before their time leave nothing behind, no lock either."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import event, literal, select, update

from projectgate.data.database import Database
from projectgate.data.feed import FEED

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
    task = asyncio.create_task(write())
    sent: list[str] = []

    def cancel(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)
        if len([one for one in sent if not one.startswith("begin")]) == cut:
            task.cancel()

    event.listen(database.engine.sync_engine, "before_cursor_execute", cancel)
    (ended,) = await asyncio.gather(task, return_exceptions=True)
    event.remove(database.engine.sync_engine, "before_cursor_execute", cancel)
    assert isinstance(ended, asyncio.CancelledError)
    async with asyncio.timeout(5):
        await write()
    ((last,),) = await database.run(select(FEED.c.last))
    assert last == 2

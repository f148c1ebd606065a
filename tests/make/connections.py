"""Databases whose connections a test counts, statements that take long, and the proof that no connection is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import literal, select, text

from projectgate.data.database import Database

SIZE = 3
ONE = select(literal(1))
SLOW = {
    "postgresql": "select 1 from pg_sleep({seconds})",
    "sqlite": """with recursive n (i) as (select 1 union all select i + 1 from n where i < {seconds} * 20000000)
        select count(*) from n""",
}


def slow(database: Database, seconds: float = 30) -> Any:
    """A statement that takes some seconds."""
    return text(SLOW[database.dialect].format(seconds=seconds))


@asynccontextmanager
async def another(database: Database, **options: Any) -> AsyncIterator[Database]:
    """The same database with connections of its own."""
    made = Database(
        database.url.render_as_string(hide_password=False),
        **({"pool_size": SIZE, "pgbouncer": database.pgbouncer} | options),
    )
    yield made
    await made.close()


async def require_whole(database: Database, size: int = SIZE) -> None:
    """Passes when as many transactions as there are connections can read at the same time."""
    async with asyncio.timeout(10), AsyncExitStack() as stack:
        for _ in range(size):
            snapshot = await stack.enter_async_context(database.snapshot())
            assert [tuple(row) for row in await snapshot.run(ONE)] == [(1,)]
    async with asyncio.timeout(10):
        rows = await asyncio.gather(*(database.run(ONE) for _ in range(10 * size)))
    assert len(rows) == 10 * size

"""Who hears of statements: their own, when they are sent and when they have ended."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from sqlalchemy import literal, select, text, update

from projectgate.data.database import Database
from projectgate.data.feed import FEED
from projectgate.data.hearing import STATEMENTS, Heard
from projectgate.data.products import PRODUCTS

pytestmark = pytest.mark.anyio


async def test_a_listener_hears_its_own_statements_and_those_of_its_tasks_only(
    database: Database,
) -> None:
    mine, theirs = list[Heard](), list[Heard]()

    async def read(version: int) -> None:
        await database.run(select(literal(version)))

    async def other() -> None:
        with STATEMENTS.heard_by(theirs.append):
            await read(1)
            await read(2)

    with STATEMENTS.heard_by(mine.append):
        await asyncio.gather(*map(read, (3, 4, 5)))
    await asyncio.gather(other(), read(6))
    assert [heard.values for heard in mine] == [(3,), (4,), (5,)]
    assert [heard.values for heard in theirs] == [(1,), (2,)]
    for heard in mine + theirs:
        assert heard.rows == 1
        assert heard.milliseconds is not None
        assert heard.milliseconds > 0


async def test_a_statement_is_heard_when_it_is_sent_and_its_end_stands_in_it(
    database: Database,
) -> None:
    told: list[tuple[str, int | None]] = []
    kept: list[Heard] = []

    def listen(heard: Heard) -> None:
        told.append((heard.text.partition(" ")[0].lower(), heard.rows))
        kept.append(heard)

    with STATEMENTS.heard_by(listen):
        async with database.transaction() as transaction:
            await transaction.run(update(FEED).values(last=3))
            async with transaction.savepoint():
                await transaction.run_each([PRODUCTS.reading(["p"]), PRODUCTS.reading(["q"])])
            with pytest.raises(Exception, match="nowhere"):
                await transaction.run(text("select 1 from nowhere"))
            transaction.discard()
    kinds = ["update", "savepoint", "select", "select", "release", "select"]
    assert told == [(kind, None) for kind in kinds]
    assert [heard.rows for heard in kept] == [0, 0, 0, 0, 0, None]
    assert [heard.failure for heard in kept[:-1]] == [None] * 5
    assert kept[-1].failure == ("42P01" if database.dialect == "postgresql" else "OperationalError")
    # One after the other, each from its beginning to its end.
    for heard, following in pairwise(kept):
        assert heard.milliseconds is not None
        assert 0 < heard.begun < heard.begun + heard.milliseconds / 1000 <= following.begun

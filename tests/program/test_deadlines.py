"""Blocks that have to be done until a time end as those of `asyncio.timeout_at` do, all by one timer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import pytest

from projectgate.deadlines import TICK, Deadline, Deadlines

pytestmark = pytest.mark.anyio

LATER, SOON = 30.0, TICK
Block: TypeAlias = Callable[[float], AbstractAsyncContextManager[Any]]


def until(seconds: float) -> float:
    """The time so many seconds from now, by the clock of the loop."""
    return asyncio.get_running_loop().time() + seconds


def ours(deadlines: Deadlines) -> Block:
    """Blocks of ours, in the form of asyncio's."""

    @asynccontextmanager
    async def block(seconds: float) -> Any:
        with Deadline(deadlines, until(seconds)) as deadline:
            yield deadline

    return block


async def outcome(work: Awaitable[Any]) -> str:
    """What a piece of work ended with."""
    try:
        return f"gave {await work!r}"
    except BaseException as error:  # noqa: BLE001 - which one is what is asked
        return type(error).__name__


async def done_in_time(block: Block) -> Any:
    async with block(LATER):
        await asyncio.sleep(0)
        return 1


async def too_late(block: Block) -> Any:
    async with block(SOON):
        await asyncio.sleep(60)


async def over_before_it_began(block: Block) -> Any:
    async with block(-1):
        await asyncio.sleep(60)


async def failing(block: Block) -> Any:
    async with block(LATER):
        raise KeyError("x")


async def too_late_within_another(block: Block) -> Any:
    async with block(LATER):
        try:
            async with block(SOON):
                await asyncio.sleep(60)
        except TimeoutError:
            await asyncio.sleep(0)
            return "inner"


async def too_late_for_the_outer(block: Block) -> Any:
    async with block(SOON):
        try:
            async with block(LATER):
                await asyncio.sleep(60)
        except TimeoutError:
            return "inner"


async def failing_when_it_is_ended(block: Block) -> Any:
    async with block(SOON):
        try:
            await asyncio.sleep(60)
        finally:
            raise KeyError("x")


async def cancelled_by_somebody_else(block: Block) -> Any:
    task = asyncio.create_task(outcome(too_long(block)))
    await asyncio.sleep(0)
    task.cancel()
    return await task


async def too_long(block: Block) -> Any:
    async with block(LATER):
        await asyncio.sleep(60)


async def ended_by_both_at_once(block: Block) -> Any:
    async def work() -> Any:
        async with block(SOON):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                task.cancel()
                raise

    task = asyncio.create_task(outcome(work()))
    return await task


@pytest.mark.parametrize(
    "work",
    [
        done_in_time,
        too_late,
        over_before_it_began,
        failing,
        too_late_within_another,
        too_late_for_the_outer,
        failing_when_it_is_ended,
        cancelled_by_somebody_else,
        ended_by_both_at_once,
    ],
)
async def test_a_block_ends_as_one_of_asyncio_does(
    work: Callable[[Block], Awaitable[Any]],
) -> None:
    expected = await outcome(work(lambda seconds: asyncio.timeout_at(until(seconds))))
    assert await outcome(work(ours(Deadlines()))) == expected


async def test_each_of_many_ends_for_itself_and_nothing_is_left() -> None:
    deadlines = Deadlines()
    block = ours(deadlines)
    works = [too_late(block) if number % 2 else done_in_time(block) for number in range(1000)]
    outcomes = await asyncio.gather(*map(outcome, works))
    assert outcomes == ["gave 1", "TimeoutError"] * 500
    assert not deadlines._running


async def test_one_that_begins_when_none_was_looked_after_is_ended_too() -> None:
    block = ours(Deadlines())
    for _ in range(3):
        assert await outcome(too_late(block)) == "TimeoutError"
        await asyncio.sleep(3 * TICK)


def test_one_process_may_run_one_loop_after_another() -> None:
    async def left_running() -> None:
        asyncio.create_task(outcome(too_long(ours(deadlines))))  # noqa: RUF006 - the loop ends it
        await asyncio.sleep(0)

    deadlines = Deadlines()
    asyncio.run(left_running())
    assert asyncio.run(outcome(too_late(ours(deadlines)))) == "TimeoutError"

"""Batches that are read at once: what a plan asks loaders for, when nobody will ask them for more at that moment.

Each is a statement, and they go side by side; or one statement reads them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import copy_context
from time import perf_counter
from typing import Any, NamedTuple

from ..data.collections import Source
from ..data.compiled import Read
from ..data.database import Database
from .hearing import BATCHES, Batch
from .loader import begun


class Reading(NamedTuple):
    """How a batch is read: the statement, None where nothing is to be read, and what makes values of its rows."""

    read: Read | None
    values: Callable[[Sequence[Any]], Sequence[Any]]


class Ask(NamedTuple):
    """What a loader is asked for, and how it is read."""

    loader: str
    keys: list[Any]
    reading: Callable[[list[Any]], Reading]


async def read_each(source: Source, asks: Sequence[Ask]) -> list[Sequence[Any]]:
    """The values of each, read side by side.

    Raises: what the first of them that fails raised, once all have ended.
    """
    others = [_begun_apart(source, ask) for ask in asks[1:]]
    first: Any = _read(source, asks[0])
    found = []
    try:
        # The first in this task, which has nothing else to do.
        found.append(await (asyncio.ensure_future(first) if BATCHES.listeners() else first))
        while others:
            # Taken out: one that failed would hold what it raised, which holds all that is here.
            found.append(await others.pop(0))
    except Exception:
        await asyncio.gather(*others, return_exceptions=True)
        raise
    except BaseException:
        while others:
            others.pop().cancel()
        raise
    return found


def _begun_apart(source: Source, ask: Ask) -> asyncio.Task[Sequence[Any]]:
    task = asyncio.create_task(_read(source, ask))
    task.add_done_callback(_seen)
    return task


async def _read(source: Source, ask: Ask) -> Sequence[Any]:
    batch = begun(ask.loader, len(ask.keys))
    try:
        read, values = ask.reading(ask.keys)
        return values(() if read is None else await source.run(*read))
    finally:
        if batch is not None:
            batch.ended = perf_counter()


def _seen(task: asyncio.Task[Any]) -> None:
    """What a task raised is known: another one may have failed before, or all may be cancelled."""
    if not task.cancelled():
        task.exception()


async def read_joined(database: Database, asks: Sequence[Ask]) -> list[Sequence[Any]]:
    """The values of each, read by one statement. Raises: what that raises."""
    batches = _begun(asks)
    try:
        readings = [ask.reading(ask.keys) for ask in asks]
        found = iter(await database.run_joined([read for read, _ in readings if read is not None]))
        return [values(() if read is None else next(found)) for read, values in readings]
    finally:
        for batch in batches:
            batch.ended = perf_counter()


def _begun(asks: Sequence[Ask]) -> list[Batch]:
    """The batches that somebody hears, each begun in a context of its own.

    Who hears one may take what is done in its context for a part of it.
    """
    batches = [
        copy_context().run(begun, ask.loader, len(ask.keys))
        if BATCHES.listeners()
        else begun(ask.loader, len(ask.keys))
        for ask in asks
    ]
    return [batch for batch in batches if batch is not None]

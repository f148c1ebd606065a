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
    values: Callable[[Sequence[Any]], list[Any]]


class Ask(NamedTuple):
    """What a loader is asked for, and how it is read."""

    loader: str
    keys: list[Any]
    reading: Callable[[list[Any]], Reading]


async def read_each(source: Source, asks: Sequence[Ask]) -> list[list[Any]]:
    """The values of each, read side by side. Raises: what the first to fail raised, once all have ended."""
    others = [asyncio.ensure_future(_outcome(source, ask)) for ask in asks[1:]]
    first: Any = _outcome(source, asks[0])
    try:
        # The first in this task, which has nothing else to do.
        found = [await (asyncio.ensure_future(first) if BATCHES.listeners() else first)]
        found += [await other for other in others]
    except BaseException:
        for other in others:
            other.cancel()
        raise
    return [_given(outcome) for outcome in found]


async def _outcome(source: Source, ask: Ask) -> list[Any] | Exception:
    batch = begun(ask.loader, len(ask.keys))
    try:
        read, values = ask.reading(ask.keys)
        return values(() if read is None else await source.run(*read))
    except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
        return error
    finally:
        if batch is not None:
            batch.ended = perf_counter()


def _given(outcome: list[Any] | Exception) -> list[Any]:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def read_joined(database: Database, asks: Sequence[Ask]) -> list[list[Any]]:
    """The values of each, read by one statement. Raises: what that raises."""
    batches = [
        _begun_apart(ask) if BATCHES.listeners() else begun(ask.loader, len(ask.keys))
        for ask in asks
    ]
    readings = [ask.reading(ask.keys) for ask in asks]
    try:
        found = iter(await database.run_joined([read for read, _ in readings if read is not None]))
        return [values(() if read is None else next(found)) for read, values in readings]
    finally:
        for batch in batches:
            if batch is not None:
                batch.ended = perf_counter()


def _begun_apart(ask: Ask) -> Batch | None:
    """A batch that begins in a context of its own: who hears it may take what is done there for a part of it."""
    return copy_context().run(begun, ask.loader, len(ask.keys))

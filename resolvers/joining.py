"""Batches of several loaders, read by one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

from ..data.database import Database
from .hearing import BATCHES
from .loader import Begun, Loader, Reading, begun

T = TypeVar("T")


class JoinedBatch(NamedTuple):
    """A batch that is read together with others."""

    batch: Begun
    reading: Reading


class Prospect(NamedTuple):
    """A project that is being read, of which only the key is known."""

    key: str


class Along(NamedTuple):
    """What is read of one object along with others: by which loader, and what makes the key of a `Prospect`."""

    loader: str
    key_of: Callable[[Any], Any]
    reading: Callable[[list[Any]], Reading]


async def read_along(
    database: Database, parts: Sequence[Along], key: str
) -> dict[tuple[str, Any], Any]:
    """What loaders would give of one object, by loader and key, read by one statement and told as their batches."""
    prospect = Prospect(key)
    keys = [part.key_of(prospect) for part in parts]
    readings = [part.reading([key]) for part, key in zip(parts, keys, strict=True)]
    batches = [_apart(begun, part.loader, 1) for part in parts]
    try:
        found = await database.run_joined([reading.read for reading in readings if reading.read])
    finally:
        for batch in batches:
            if batch is not None:
                batch.ended = perf_counter()
    return {
        (part.loader, key): reading.values(rows)[0]
        for part, key, reading, rows in zip(parts, keys, readings, found, strict=True)
    }


def _apart(begin: Callable[..., T], *arguments: Any) -> T:
    """What begins a batch, in a context of its own: who hears it may take what is done there for a part of it."""
    return copy_context().run(begin, *arguments) if BATCHES.listeners() else begin(*arguments)


def taken(loaders: Sequence[Loader[Any, Any]]) -> list[JoinedBatch]:
    """What is asked for of those loaders whose batches are statements, to be read together."""
    batches = []
    for loader in loaders:
        if loader.reading is not None and (asked := loader.taken()):
            batch = _apart(loader.begun, asked)
            batches.append(JoinedBatch(batch, loader.reading(batch.keys)))
    return batches


async def read(database: Database, batches: Sequence[JoinedBatch]) -> None:
    """Reads batches by one statement, and gives those who asked their values."""
    try:
        reads = [reading.read for _, reading in batches if reading.read is not None]
        found = iter(await database.run_joined(reads))
        values = [
            reading.values(() if reading.read is None else next(found)) for _, reading in batches
        ]
    # Whatever a read raises, those who wait for it are told, and the next one may try again.
    except Exception as error:  # noqa: BLE001
        for batch, _ in batches:
            batch.failed(error)
    else:
        for (batch, _), given in zip(batches, values, strict=True):
            batch.given(given)
    finally:
        for batch, _ in batches:
            batch.ended()

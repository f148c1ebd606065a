"""Batches of several loaders, read by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import copy_context
from typing import Any, NamedTuple

from ..data.database import Database
from .loader import Begun, Loader, Reading


class JoinedBatch(NamedTuple):
    """A batch that is read together with others."""

    batch: Begun
    reading: Reading


def taken(loaders: Sequence[Loader[Any, Any]]) -> list[JoinedBatch]:
    """What is asked for of those loaders whose batches are statements, to be read together."""
    batches = []
    for loader in loaders:
        if loader.reading is not None and (asked := loader.taken()):
            # Who hears a batch may take what is done in its context for a part of it.
            batch = copy_context().run(loader.begun, asked)
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

"""Keys of writes that callers may send again: what was asked, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, delete, insert, select

from .base import METADATA, CodePoints, Json, UtcTime
from .collections import Source

KEYS = Table(
    "idempotency_key",
    METADATA,
    Column("actor", CodePoints, nullable=False),
    Column("key", CodePoints, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("fingerprint", CodePoints, nullable=False),
    Column("outcome", Json(), nullable=False),
    PrimaryKeyConstraint("actor", "key"),
    Index(None, "at"),
)


class Remembered(NamedTuple):
    """A write that was done: by whom, under which key, a hash of its input, and its outcome."""

    actor: str
    key: str
    at: datetime
    fingerprint: str
    outcome: dict[str, Any]


async def find(source: Source, actor: str, key: str, since: datetime) -> Remembered | None:
    """What the caller did with the key at or after a moment."""
    rows = await source.run(
        select(KEYS).where(KEYS.c.actor == actor, KEYS.c.key == key, KEYS.c.at >= since)
    )
    return Remembered._make(rows[0]) if rows else None


async def remember(source: Source, done: Remembered, since: datetime) -> None:
    """Stores a write under its key; what its caller stored before a moment is forgotten.

    Raises: sqlalchemy.exc.IntegrityError when another transaction has used the key meanwhile.
    """
    await source.run(delete(KEYS).where(KEYS.c.actor == done.actor, KEYS.c.at < since))
    await source.run(insert(KEYS), done._asdict())

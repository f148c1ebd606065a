"""Keys of writes that callers may send again: what was asked, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, bindparam, delete, insert, select

from .base import METADATA, CodePoints, Json, UtcTime
from .collections import Source
from .compiled import Statement

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


_OF_KEY = Statement(
    select(KEYS).where(
        KEYS.c.actor == bindparam("actor"),
        KEYS.c.key == bindparam("key"),
        KEYS.c.at >= bindparam("since"),
    ),
    Remembered._make,
)
_FORGET = Statement(
    delete(KEYS).where(KEYS.c.actor == bindparam("actor"), KEYS.c.at < bindparam("since"))
)
_INSERT = Statement(insert(KEYS))


async def find(source: Source, actor: str, key: str, since: datetime) -> Remembered | None:
    """What the caller did with the key at or after a moment."""
    rows = await source.run(_OF_KEY, {"actor": actor, "key": key, "since": since})
    return next(iter(rows), None)


async def remember(source: Source, done: Remembered, since: datetime) -> None:
    """Stores a write under its key; what its caller stored before a moment is forgotten.

    Raises: sqlalchemy.exc.IntegrityError when another transaction has used the key meanwhile.
    """
    await source.run(_FORGET, {"actor": done.actor, "since": since})
    await source.run(_INSERT, done._asdict())

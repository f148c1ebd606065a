"""SQLAlchemy's own engine for a database, which migrations run on: a connection for each use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from .base import dumps, loads
from .sqlite import BUSY_TIMEOUT


def engine_of(url: URL, *, pgbouncer: bool = False) -> AsyncEngine:
    """The engine; on SQLite the execution option `immediate` takes the lock of writers at once."""
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        connect_args=unnamed() if pgbouncer else {},
        json_serializer=lambda value: dumps(value).decode(),
        json_deserializer=loads,
        # Values are people's data; they stay out of exception texts, and so out of the log.
        hide_parameters=True,
    )
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def unnamed() -> dict[str, Any]:
    """What keeps SQLAlchemy and asyncpg from naming a statement: the next transaction is on another connection."""
    return {"statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT}",
        "journal_mode = wal",
        "synchronous = normal",
        "foreign_keys = on",
    ):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: a lock taken later can fail although nobody is in the way.
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("begin immediate" if immediate else "begin")

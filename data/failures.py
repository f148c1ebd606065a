"""What a driver raises, told as SQLAlchemy's errors without a value in it: values are people's data."""

from __future__ import annotations

import sqlite3
from typing import Any

import asyncpg
from sqlalchemy import exc

# Seconds that a statement waits for a connection when all are in use.
ACQUIRE = 10.0
# What a driver raises for a statement that it cannot run.
RAISED: tuple[type[Exception], ...] = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    sqlite3.Error,
)
# What a statement or a transaction can end with that is worth another try later.
UNREACHABLE: tuple[type[Exception], ...] = (exc.DBAPIError, OSError, *RAISED)
# The first two characters of an SQLSTATE, which say what kind of fault it is.
_CLASSES: dict[str, type[exc.DBAPIError]] = {
    "08": exc.OperationalError,
    "0A": exc.NotSupportedError,
    "22": exc.DataError,
    "23": exc.IntegrityError,
    "40": exc.OperationalError,
    "42": exc.ProgrammingError,
    "53": exc.OperationalError,
    "54": exc.OperationalError,
    "55": exc.OperationalError,
    "57": exc.OperationalError,
    "58": exc.OperationalError,
    "XX": exc.InternalError,
}


class DatabaseBusy(TimeoutError):
    """No connection became free in time: more work is asked for than the pool can do."""


class StatementTimeout(TimeoutError):
    """A statement that took longer than it may; the database was told to stop it."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__(f"a statement took longer than {seconds:g} s, the limit, and was stopped")


class DriverFault(Exception):
    """What the database says is wrong. `sqlstate` is PostgreSQL's code for it, None elsewhere."""

    def __init__(self, message: str, sqlstate: str | None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


def translated(error: Exception, text: str) -> exc.DBAPIError:
    """The error of a statement, with its text but without values."""
    sqlstate = getattr(error, "sqlstate", None)
    fault = DriverFault(_message(error, sqlstate), sqlstate)
    if isinstance(error, sqlite3.Error):
        kind: Any = getattr(exc, type(error).__name__, exc.DatabaseError)
    elif sqlstate is None:
        kind = exc.InterfaceError
    else:
        kind = _CLASSES.get(sqlstate[:2], exc.DatabaseError)
    made: exc.DBAPIError = kind(text, None, fault, hide_parameters=True)
    return made


def _message(error: Exception, sqlstate: str | None) -> str:
    """The first sentence, and not PostgreSQL's detail, which has the row or the key."""
    message = str(error.args[0]) if error.args else type(error).__name__
    if sqlstate is not None and sqlstate.startswith("22"):
        # What is wrong with a value stands before it.
        message = message.partition(": ")[0]
    return message.partition("\n")[0]

"""How a command ends that cannot be done: one clear message on standard error, exit code 2, no traceback."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

EXIT_CODE = 2


class Fault(Exception):
    """A command that cannot be done; the message says why and what to do."""


@contextmanager
def told() -> Iterator[None]:
    """Ends the program with a message where the fault is the user's or the surroundings', not ours."""
    try:
        yield
    except typer.Exit:
        raise
    except BrokenPipeError:
        # Whoever read our output has stopped; Python must not try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except Fault as error:
        _end(str(error))
    except (ConnectionError, socket.gaierror) as error:
        _end(f"the database cannot be reached: {error}")
    except OSError as error:
        _end(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except Exception as error:
        message = _known(error)
        if message is None:
            raise
        _end(message)


def one_line(error: object) -> str:
    """What an error says, in one line."""
    return " ".join(str(error).split())


def _end(message: str) -> None:
    typer.echo(f"projectgate: {message}", err=True)
    raise typer.Exit(EXIT_CODE) from None


def _known(error: Exception) -> str | None:
    """The message of an error of the layers below, whose classes are slow to import."""
    from asyncpg import PostgresError
    from sqlalchemy.exc import DBAPIError

    from projectgate.data.migrate import NotAtHead
    from projectgate.settings import SettingsRefused

    if isinstance(error, SettingsRefused | NotAtHead):
        return str(error)
    if isinstance(error, DBAPIError | PostgresError):
        cause = error.orig if isinstance(error, DBAPIError) else error
        return f"the database cannot do it: {one_line(cause)}"
    return None

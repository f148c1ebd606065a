"""The log: JSON lines on standard error, readable lines on a terminal, never a token.

Everything goes through the standard library's root logger, so lines of uvicorn and of other
libraries look like ours. Start uvicorn with `log_config=None`, or it sets up lines of its own.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from typing import Any, TextIO

import orjson
import structlog

# Three parts of base64url with dots between, the first of which is a JSON object: a JSON Web Token.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*")

# Strawberry logs every error with its message, and uvicorn every request with its query string:
# both quote what a caller sent. Our own faults are logged with a reference by schema/errors.py.
SILENT = ("strawberry.execution", "uvicorn.access")


# The exceptions whose words are ours, or tell of code and connections. Others may quote what they met, which can be
# the data of a customer: of them the log has the class and the places.
TELLING = frozenset(
    {
        *(
            "AttributeError",
            "ImportError",
            "ModuleNotFoundError",
            "NameError",
            "NotImplementedError",
        ),
        *("RecursionError", "RuntimeError", "TypeError", "UnboundLocalError", "TimeoutError"),
        *("OSError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError"),
        *("FileNotFoundError", "PermissionError", "KeysUnavailable", "NotAtHead"),
        # Of a statement: see data/failures.py.
        *("DatabaseBusy", "DriverFault", "StatementTimeout", "DBAPIError", "DatabaseError"),
        *("DataError", "IntegrityError", "InterfaceError", "InternalError"),
        *("NotSupportedError", "OperationalError", "ProgrammingError"),
    }
)

# The name of the request that a task works for. structlog's own context variables take ten times as long to set.
REQUEST: ContextVar[bytes | None] = ContextVar("request", default=None)
# The trace that it belongs to, where there are traces.
TRACE: ContextVar[str | None] = ContextVar("trace", default=None)


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Sends all log lines of the process to `stream` (standard error), from `level` on."""
    stream = sys.stderr if stream is None else stream
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        with_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, without_values],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(terminal=stream.isatty()),
                without_tokens,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Each look at the database's migration would be two lines of information.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).disabled = True


def without_values(_logger: Any, _method: str, event: Any) -> Any:
    """What asyncio says of a task that failed, without what the task and its exception hold."""
    if event.get("logger") == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event


def with_request(_logger: Any, _method: str, event: Any) -> Any:
    """The event with the names of the request and the trace that it belongs to, if any."""
    name = REQUEST.get()
    if name is not None:
        event["request_id"] = name.decode()
    trace = TRACE.get()
    if trace is not None:
        event["trace_id"] = trace
    return event


def without_tokens(_logger: Any, _method: str, line: Any) -> str:
    """The line with every JSON Web Token in it struck out."""
    return _TOKEN.sub("[token]", str(line))


def _renderers(*, terminal: bool) -> list[Any]:
    # Neither shows local variables of a traceback: they hold tokens and data of customers.
    if terminal:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [
        structlog.processors.ExceptionRenderer(_traces),
        structlog.processors.JSONRenderer(serializer=_json),
    ]


_TRACES = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def _traces(exc_info: Any) -> list[dict[str, Any]]:
    return without_words(_TRACES(exc_info))


def without_words(stacks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A traceback in which only exceptions speak that quote no data."""
    for stack in stacks:
        if stack["exc_type"] not in TELLING:
            stack["exc_value"] = "not shown: it may quote data"
        stack["exc_notes"] = []
        for inner in stack.get("exceptions", ()):
            without_words(inner)
    return stacks


def _json(event: Any, **_: Any) -> str:
    try:
        return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # a number beyond 64 bits, or half a surrogate pair
        return json.dumps(event, default=repr)

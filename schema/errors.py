"""How an error is told to a client: message, place and code. What is not ours is logged and hidden."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError, VariableDefinitionNode
from graphql.language.parser import MAX_NESTING_DEPTH
from strawberry.exceptions import StrawberryGraphQLError

from ..data.failures import StatementTimeout
from ..resolvers.errors import ProjectGateError

# What graphql-core says of variables without a place in the document, and what is said here: the limit, the way out.
_OF_VARIABLES = {
    "Variable values are nested too deeply.": (
        f"the variables are nested too deeply: the limit is {MAX_NESTING_DEPTH} levels of lists and objects, one in "
        "the other; send values that are less nested"
    ),
    "Too many errors processing variables, error limit reached. Execution aborted.": (
        "the variables have more faults than are told at once: correct these first"
    ),
}
_LOG = structlog.get_logger(__name__)


def formatted(error: GraphQLError) -> dict[str, Any]:
    """The error as a client sees it: `message`, `locations`, `path`, `extensions.code`.

    A fault of ours is logged under a reference; the client sees the reference and nothing else.
    """
    shown: dict[str, Any] = dict(error.formatted)
    shown["message"] = _OF_VARIABLES.get(error.message, error.message)
    code = _code(error)
    cause = _cause(error)
    if code is not None and cause is not None:
        # A value that a scalar stumbled over; graphql-core quotes what Python says of that.
        quoted = f", but encountered error '{cause}'; found: "
        if quoted in error.message:
            shown["message"] = error.message.replace(quoted, ", found: ")
        else:
            code = None
    if code is None:
        reference = uuid.uuid4().hex[:16]
        original = error.original_error or error
        _LOG.error("operation failed", reference=reference, path=error.path, exc_info=original)
        shown["message"] = f"internal error, reference {reference}"
        shown["extensions"] = {"code": "INTERNAL"}
    else:
        shown["extensions"] = {"code": code}
    return shown


def _cause(error: GraphQLError) -> Exception | None:
    """The exception that an error was made of, if its words are not for a client."""
    found: Exception | None = error
    while isinstance(found, GraphQLError):
        found = found.original_error
    return None if isinstance(found, ProjectGateError | StatementTimeout) else found


def _code(error: GraphQLError) -> str | None:
    """The code of an error that a client may be told; None when it may not."""
    original = error.original_error
    if isinstance(original, ProjectGateError):
        return original.code
    if isinstance(original, StatementTimeout):
        return "DEADLINE_EXCEEDED"
    told = original is None or isinstance(original, GraphQLError)
    stated = (error.extensions or {}).get("code")
    if told and isinstance(stated, str):
        return stated
    if error.path is None:
        return _code_before_execution(error, told=told)
    # While fields run, what refuses an argument names the place in the document, or is of Strawberry's own kind;
    # the rest is a value of ours that cannot be served.
    refused = isinstance(original, StrawberryGraphQLError) or (
        told and (original is None or bool(getattr(original, "nodes", None)))
    )
    return "BAD_USER_INPUT" if refused else None


def _code_before_execution(error: GraphQLError, *, told: bool) -> str | None:
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    of_variables = any(isinstance(node, VariableDefinitionNode) for node in error.nodes or ())
    if of_variables or error.message in _OF_VARIABLES:
        return "BAD_USER_INPUT"
    # An exception of a scalar is why a literal was refused: the error then names the place.
    return "GRAPHQL_VALIDATION_FAILED" if told or error.nodes else None

"""Why an operation is not executed, and how its errors are told: the same on every transport."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError

from projectgate.schema import limits
from projectgate.schema.errors import formatted
from projectgate.schema.variables import MOST

MESSAGE_LENGTH = 1_000


class RequestError(Exception):
    """A document that is not run, though it came in a well-formed request; with its errors.

    `price`: what it counts for its caller beside what every operation does.
    """

    def __init__(self, errors: list[dict[str, Any]], price: int = 0) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors
        self.price = price

    @property
    def code(self) -> str:
        """The code of the first of them."""
        return str(self.errors[0]["extensions"]["code"])


def shown(message: str, code: str) -> dict[str, Any]:
    """An error of ours as it is told, with its code."""
    return {"message": message, "extensions": {"code": code}}


def too_complex(cost: int, limit: int, what: str = "operation") -> dict[str, Any]:
    """The error of an operation, or of a batch of them, that costs too much."""
    message = (
        f"the {what} costs {limits.said(cost)}; the limit is {limit:,}: ask for smaller pages, "
        "or for fewer fields in lists"
    )
    error = shown(message, "QUERY_TOO_COMPLEX")
    error["extensions"] |= {"cost": min(cost, limits.MOST_TOLD), "limit": limit}
    return error


def too_large() -> dict[str, Any]:
    """The error of an operation whose variables have too many values."""
    message = (
        f"the variables have more than {MOST:,} values, counting for each object the fields of its type, the limit: "
        "send several operations"
    )
    error = shown(message, "QUERY_TOO_COMPLEX")
    error["extensions"] |= {"value": MOST + 1, "limit": MOST}
    return error


def beyond(excess: limits.Excess) -> dict[str, Any]:
    """The error of a document that has too much of something."""
    error = shown(excess.message, "QUERY_TOO_COMPLEX")
    error["extensions"] |= {"value": excess.value, "limit": excess.limit}
    return error


def told(errors: Iterable[GraphQLError], code: str | None = None) -> list[dict[str, Any]]:
    """Errors as they are told, with a code for GraphQL's own.

    A message quotes what was sent, so it is kept short.
    """
    errors = list(errors)
    for fault in errors:
        if code is not None and fault.original_error is None:
            fault.extensions = {"code": code, **(fault.extensions or {})}
    answers = [formatted(fault) for fault in errors]
    for error in answers:
        if len(error["message"]) > MESSAGE_LENGTH:
            error["message"] = f"{error['message'][:MESSAGE_LENGTH]}…"
    for fault in errors:
        _let_go(fault)
    return answers


def _let_go(error: BaseException | None) -> None:
    """Has an error forget where it came from.

    The frames there have all that was read, and some have the error: only the collector could free them.
    """
    while error is not None:
        error.__traceback__ = None
        error = getattr(error, "original_error", None)

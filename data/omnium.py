"""A project or a project type as the REST document it came as, with what the order system calculates.

Members stand in the order of the document classes, those that they have no field for last. What a document did not
state stays absent, and null stays null where there is nothing to calculate it from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import orjson
from pydantic.alias_generators import to_camel

from .base import loads
from .change_orders import ChangeOrder
from .documents import Document
from .log import LogItem
from .money import ZERO, is_plain, plain
from .parts import ProjectPart
from .projects import Project
from .transactions import (
    Amounts,
    Transaction,
    budget_deviation,
    budget_deviation_percent,
    budget_value,
    summary,
    value,
)

# .NET's zero date stands where there is no time and null is not allowed.
NO_TIME = "0001-01-01T00:00:00"
# Validation and writing both stop somewhere beyond this depth.
DEPTH = 100
_WRITER_DEPTH = 250
# What is calculated has up to 28 digits before the point; each field has limits of its own.
DIGITS = 28
FRACTION = 100
# The writer only looks at documents here, so it is given nothing to write.
_PASSED = orjson.Fragment(b"0")


class Unstorable(ValueError):
    """A value of a document that cannot be kept, and the path to it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str | int] = []


def storable(document: dict[str, Any]) -> dict[str, Any]:
    """A document with each number in its one form: whole ones as int, others as a Decimal without trailing zeros.

    That is what it will be when it is read from a database; it is the same object where it is so already.
    Raises: Unstorable.
    """
    try:
        text = _text(document)
    except TypeError:
        # A number in another form, or a value that cannot be kept.
        return cast("dict[str, Any]", _kept(document))
    if b"u0000" in text:
        _kept(document)
    return document


def _text(document: Any) -> bytes:
    # The writer stops at a depth of its own, so its depth is used up in part.
    for _ in range(_WRITER_DEPTH - DEPTH):
        document = [document]
    return orjson.dumps(document, default=_looked_at, option=orjson.OPT_STRICT_INTEGER)


def _looked_at(value: object) -> orjson.Fragment:
    """Lets a Decimal pass that is in its one form and so short that nothing else can be wrong with it."""
    text = str(value)
    if not isinstance(value, Decimal) or len(text) > DIGITS or text.isdigit() or not is_plain(text):
        raise TypeError
    return _PASSED


def _kept(value: Any, depth: int = 0) -> Any:
    """The value with each number in its one form. Raises: Unstorable, if it cannot be kept."""
    reason = _fault(value) if depth <= DEPTH else f"is nested deeper than {DEPTH} levels"
    if reason:
        raise Unstorable(reason)
    if isinstance(value, dict):
        return {_at(name, name, depth): _at(name, item, depth) for name, item in value.items()}
    if isinstance(value, list):
        return [_at(place, item, depth) for place, item in enumerate(value)]
    if isinstance(value, Decimal) or type(value) is int:
        return loads(plain(Decimal(value)))
    return value


def _at(name: str | int, value: Any, depth: int) -> Any:
    try:
        return _kept(value, depth + 1)
    except Unstorable as fault:
        fault.path.insert(0, name)
        raise


def _fault(value: object) -> str | None:
    """What is wrong with a text or a number, if anything."""
    if isinstance(value, str):
        if "\0" in value:
            return "has the character U+0000 or half a surrogate pair, which no database can store"
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            return "has half a surrogate pair, which is no character"
    elif isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or value.adjusted() >= DIGITS or exponent < -FRACTION:
            return (
                f"is a number of more than {DIGITS} digits before the point or {FRACTION} after it"
            )
    elif isinstance(value, int) and abs(value) >= 10**DIGITS:
        return f"is a number of more than {DIGITS} digits"
    return None


def document_of(project: Project, our_log: Sequence[LogItem] = ()) -> dict[str, Any]:
    """The REST document of a project. `our_log` has the log rows of mutations, newest first."""
    return _placed(
        project,
        {
            "has_multiple_partners": len(project.partners or ()) > 1,
            "project_parts": _all(project.project_parts, _part),
            "change_orders": _all(project.change_orders, _part),
            "transactions": _all(project.transactions, _transaction),
            "transaction_summary": _sum(project.transactions),
            "project_transaction_total": _sum(_everywhere(project)),
            "workflow_step": _all(project.current_step(), Document.json_object),
            "log_items": _log(project, our_log),
        },
        added={"log_items"} if our_log else (),
    )


def _placed(
    document: Document, members: Mapping[str, Any], added: Iterable[str] = ()
) -> dict[str, Any]:
    """The members a document states, in the order of its class; `members` has the values of some."""
    given = document.json_object()
    placed = {}
    for name, field in type(document).model_fields.items():
        if name not in document.model_fields_set and name not in added:
            continue
        alias = field.alias or name
        stored = given.pop(alias, None)
        if name in members:
            # A calculated member that was null stays so while what it comes from is all zero or not there.
            empty = field.exclude and getattr(document, name) is None and _is_nothing(members[name])
            stored = None if empty else members[name]
        placed[alias] = stored
    return placed | given


def _is_nothing(value: Any) -> bool:
    return not any(value.values()) if isinstance(value, dict) else not value


def _all(value: Any, made: Any) -> Any:
    if isinstance(value, list):
        return [made(item) for item in value]
    return None if value is None else made(value)


def _part(part: ProjectPart) -> dict[str, Any]:
    members: dict[str, Any] = {
        "transactions": _all(part.transactions, _transaction),
        "transaction_summary": _sum(part.transactions),
    }
    if isinstance(part, ChangeOrder):
        members["approved"] = part.approved or NO_TIME
    return _placed(part, members)


def _transaction(transaction: Transaction) -> dict[str, Any]:
    return _placed(transaction, _calculated(transaction))


def _calculated(amounts: Amounts) -> dict[str, Decimal]:
    return {
        "value": value(amounts),
        "budget_value": budget_value(amounts),
        "budget_deviation": budget_deviation(amounts),
        # REST has no null here.
        "budget_deviation_percent": budget_deviation_percent(amounts) or ZERO,
    }


def _sum(transactions: Iterable[Transaction] | None) -> dict[str, Any]:
    """A summary: a transaction without id that states everything."""
    made = summary(transactions or ())
    members = {"id": None, "description": None, **made._asdict(), **_calculated(made)}
    return {to_camel(name): member for name, member in members.items()}


def _everywhere(project: Project) -> Iterable[Transaction]:
    yield from project.transactions or ()
    for owner in [*(project.project_parts or ()), *(project.change_orders or ())]:
        yield from owner.transactions or ()


def _log(project: Project, ours: Sequence[LogItem]) -> list[dict[str, Any]] | None:
    own = _all(project.log_items, Document.json_object)
    if not ours:
        return own  # type: ignore[no-any-return]
    # `projectId` is no field of ours, so it comes last here as it does when the export is read again.
    return [item.json_object() | {"projectId": project.id} for item in ours] + (own or [])

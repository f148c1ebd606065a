"""What a mutation was given, put onto documents: absent keeps, null clears, and each fault is named by its path.

An input is a dict of the fields that were given, by snake_case name; nested inputs are dicts and lists of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from ..data.documents import Document
from ..data.ids import new_id
from .errors import InvalidInput, NotFound, Refused, RefusedTogether

D = TypeVar("D", bound=Document)
Given = dict[str, Any]
Path = Sequence[str | int]

LIST_LIMIT = 1000


class Faults:
    """The faults of one request, collected so that all are reported together."""

    def __init__(self) -> None:
        self.found: list[Refused] = []

    def add(self, fault: Refused) -> None:
        """Keeps a fault."""
        self.found.append(fault)

    def invalid(self, message: str, path: Path, code: str = "INVALID_VALUE") -> None:
        """Keeps a fault of a value."""
        self.found.append(InvalidInput(message, path, code=code))

    def check(self) -> None:
        """Passes when there is no fault. Raises: RefusedTogether."""
        if self.found:
            raise RefusedTogether(self.found)


def listed(given: Any, path: Path, faults: Faults, limit: int = LIST_LIMIT) -> list[Any]:
    """The elements of a list that must not be null and has a limit; [] with a fault where it is not so."""
    if given is None:
        faults.invalid(f"{to_camel(str(path[-1]))} is null; use [] to clear", path)
        return []
    if len(given) > limit:
        faults.invalid(
            f"{path[-1]} has {len(given):,} elements; the limit is {limit:,}", path, "TOO_MANY"
        )
        return []
    return list(given)


def made(
    model: type[D], given: Given, path: Path, faults: Faults, before: D | None = None
) -> D | None:
    """The document of an input, on top of the one before it; None, with faults, when it is not valid."""
    values = {name: getattr(before, name) for name in model.model_fields} if before else {}
    try:
        document = model.new(**values | given)
    except ValidationError as error:
        for detail in error.errors():
            where = [to_camel(step) if isinstance(step, str) else step for step in detail["loc"]]
            faults.invalid(f"{_last(where)} {_reason(detail)}", [*path, *where])
        return None
    if before is not None:
        document.__pydantic_extra__ = before.unknown
        document.__pydantic_fields_set__.clear()
        document.__pydantic_fields_set__.update(before.model_fields_set | given.keys())
    return document


def _last(where: Sequence[str | int]) -> str | int:
    return next((step for step in reversed(where) if isinstance(step, str)), where[-1])


def _reason(detail: Any) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["input"] is None:
        return "is null; leave it out to keep it"
    return f"is {detail['input']!r}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def matched(
    model: type[D],
    before: Iterable[D] | None,
    given: Sequence[Given],
    path: Path,
    faults: Faults,
    *,
    missing: str = "NOT_FOUND",
    finish: Callable[[D, Given, Path], None] | None = None,
) -> list[D]:
    """The new list of elements that have ids: with an id that element, kept and updated; without one a new element.

    `finish` completes an element and adds what else is wrong with it.
    """
    known: dict[str, D] = {getattr(element, "id"): element for element in before or ()}  # noqa: B009
    seen: set[str] = set()
    result: list[D] = []
    for place, element in enumerate(given):
        where = [*path, place]
        wanted = element.get("id")
        values = {name: value for name, value in element.items() if name != "id"}
        if wanted is not None and wanted not in known:
            faults.add(
                NotFound(
                    f"{wanted!r} is not in {path[-1]} of this project; leave id out for a new one",
                    [*where, "id"],
                    code=missing,
                )
            )
            continue
        if wanted in seen:
            faults.invalid(f"{wanted!r} is given twice", [*where, "id"], "DUPLICATE_UPDATE")
            continue
        if wanted is not None:
            seen.add(wanted)
        values["id"] = wanted if wanted is not None else new_id()
        document = made(
            model, values, where, faults, known.get(wanted) if wanted is not None else None
        )
        if document is not None:
            if finish is not None:
                finish(document, element, where)
            result.append(document)
    return result


def require_unique_keys(properties: Iterable[Any] | None, path: Path, faults: Faults) -> None:
    """Adds a fault for each property whose key is blank or stands a second time."""
    seen: set[str] = set()
    for place, item in enumerate(properties or ()):
        if not (item.key or "").strip():
            faults.invalid("a property needs a key", [*path, "properties", place, "key"])
        elif item.key in seen:
            faults.invalid(
                f"the key {item.key!r} stands twice in properties",
                [*path, "properties", place, "key"],
                "DUPLICATE_KEY",
            )
        seen.add(item.key or "")

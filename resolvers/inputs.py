"""What a mutation was given, put onto documents: absent keeps, null clears, and each fault is named by its path.

An input is a dict of the fields that were given, by snake_case name; nested inputs are dicts and lists of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from ..data.documents import Document
from ..data.ids import new_id
from ..data.properties import Property
from .errors import InvalidInput, NotFound, Refused, RefusedTogether

D = TypeVar("D", bound=Document)
Given = dict[str, Any]
Path = Sequence[str | int]

LIST_LIMIT = 1000


class Absent(Enum):
    """Says that a field was not given, which is not the same as null."""

    # Not a text: in the fingerprint of a request it must differ from every value.
    ABSENT = 0


ABSENT = Absent.ABSENT
Text = str | None | Literal[Absent.ABSENT]


def stated(command: Any, names: Iterable[str]) -> Given:
    """The fields of a command or an element of it that were given, null among them."""
    values = {name: getattr(command, name) for name in names}
    return {name: value for name, value in values.items() if value is not ABSENT}


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
        faults.invalid(f"{path[-1]} is null; use [] to clear", path)
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
    _check_lists(model, given, path, faults)
    given = _without_calculated(model, given, path, faults)
    values = {name: getattr(before, name) for name in model.model_fields} if before else {}
    try:
        document = model.new(**values | given)
    except ValidationError as error:
        for detail in error.errors():
            where = _named(model, detail["loc"])
            faults.invalid(f"{_last(where)} {_reason(detail)}", [*path, *where])
        return None
    if before is not None:
        document.__pydantic_extra__ = before.unknown
        document.__pydantic_fields_set__.clear()
        document.__pydantic_fields_set__.update(before.model_fields_set | given.keys())
    return document


def _without_calculated(model: type[Document], given: Given, path: Path, faults: Faults) -> Given:
    """What is given of an element without what is calculated, each of which is a fault."""
    calculated = {name for name in given if model.model_fields[name].exclude}
    for name in sorted(calculated):
        faults.invalid(
            f"{to_camel(name)} is calculated from the four amounts; leave it out",
            [*path, to_camel(name)],
            "CALCULATED_FIELD",
        )
    return {name: value for name, value in given.items() if name not in calculated}


def _check_lists(model: type[Document], given: Given, path: Path, faults: Faults) -> None:
    """Adds what is wrong with the lists of an input, however deep: null, too long, a property key twice."""
    for name, value in given.items():
        where = [*path, to_camel(name)]
        is_list, element = _shape(model, name)
        if is_list:
            elements = listed(value, where, faults)
            if element is Property:
                _require_unique_keys(elements, where, faults)
            elif element is not None:
                for place, item in enumerate(elements):
                    _check_lists(element, item, [*where, place], faults)
        elif element is not None and value is not None:
            _check_lists(element, value, where, faults)


@cache
def _shape(model: type[Document], name: str) -> tuple[bool, type[Document] | None]:
    """Whether a field is a list, and the document class of what is in it."""
    parts = list(_parts(model.model_fields[name].annotation))
    kinds = (part for part in parts if isinstance(part, type) and issubclass(part, Document))
    return list in parts, next(kinds, None)


def _parts(annotation: Any) -> Iterator[Any]:
    yield get_origin(annotation) or annotation
    for argument in get_args(annotation):
        yield from _parts(argument)


def _require_unique_keys(properties: Sequence[Given], path: Path, faults: Faults) -> None:
    seen: set[str] = set()
    for place, item in enumerate(properties):
        key, where = item.get("key"), [*path, place, "key"]
        if key is None or not key.strip():
            faults.invalid("a property needs a key", where)
            continue
        if key in seen:
            faults.invalid(
                f"the key {key!r} stands twice in properties; give each key once",
                where,
                "DUPLICATE_KEY",
            )
        seen.add(key)


def _named(model: type[Document], place: Sequence[str | int]) -> list[str | int]:
    """The place of a fault under the names of inputs: REST calls some fields otherwise."""
    names = {field.alias: name for name, field in model.model_fields.items()}
    first = names.get(str(place[0]), place[0])
    return [to_camel(step) if isinstance(step, str) else step for step in (first, *place[1:])]


def _last(where: Sequence[str | int]) -> str | int:
    return next((step for step in reversed(where) if isinstance(step, str)), where[-1])


def _reason(detail: Any) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["input"] is None:
        return "is null; give a value, or leave it out"
    return f"is {detail['input']!r}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def matched(
    model: type[D],
    before: Iterable[D] | None,
    given: Sequence[Given],
    path: Path,
    faults: Faults,
    *,
    missing: str = "NOT_FOUND",
    hint: str = "; leave id out for a new one",
    finish: Callable[[D | None, Given, Path], None] | None = None,
) -> list[D]:
    """The new list of elements that have ids: with an id that element, kept and updated; without one a new element.

    `finish` completes an element (None: it is not valid) and adds what else is wrong with it.
    """
    known: dict[str, D] = {getattr(element, "id"): element for element in before or ()}  # noqa: B009
    seen: set[str] = set()
    result: list[D] = []
    for place, element in enumerate(given):
        where = [*path, place]
        wanted = element.get("id")
        if wanted is not None and wanted not in known:
            faults.add(
                NotFound(
                    f"{wanted!r} is not in {path[-1]} of this project{hint}",
                    [*where, "id"],
                    code=missing,
                )
            )
        elif wanted in seen:
            faults.invalid(f"{wanted!r} is given twice", [*where, "id"], "DUPLICATE_UPDATE")
        elif wanted is not None:
            seen.add(wanted)
        values = element | {"id": wanted if wanted is not None else new_id()}
        document = made(model, values, where, faults, known.get(wanted))  # type: ignore[arg-type]
        if finish is not None:
            finish(document, element, where)
        if document is not None:
            result.append(document)
    return result

"""Lists whose elements have ids: new elements added, single ones updated or removed, the others left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from ..data.documents import Document
from .errors import NotFound
from .inputs import LIST_LIMIT, Faults, Given, Path, listed

D = TypeVar("D", bound=Document)


class Match(Protocol):
    """`inputs.matched` or `owners.owners` for one kind of element: the documents of an input's elements."""

    def __call__(
        self,
        before: Sequence[Any] | None,
        elements: Sequence[Given],
        path: Path,
        faults: Faults,
        /,
        *,
        hint: str = ...,
    ) -> list[Any]:
        """With an id that element, updated; without one a new element."""
        ...


def some(given: Any, path: Path, faults: Faults, limit: int = LIST_LIMIT) -> list[Any]:
    """The elements of a list that must have one at least and has a limit; [] with a fault where it is not so."""
    if given is not None and not given:
        faults.invalid(f"{path[-1]} is empty; name at least one", path, "EMPTY_INPUT")
    return listed(given, path, faults, limit)


def added(
    match: Match, before: Sequence[Any] | None, given: Any, path: Path, faults: Faults
) -> tuple[list[Any], list[str]]:
    """The list with new elements at its end, and their ids."""
    new = match([], some(given, path, faults), path, faults)
    return [*(before or ()), *new], _ids(new)


def updated(
    match: Match, before: Sequence[Any] | None, given: Any, path: Path, faults: Faults
) -> tuple[list[Any], list[str]]:
    """The list with elements updated in their places, and the ids of those that differ."""
    new = match(before, some(given, path, faults), path, faults, hint="")
    old = {element.id: element for element in before or ()}
    by_id = {element.id: element for element in new}
    differing = [one.id for one in new if one.id in old and content(one) != content(old[one.id])]
    return [by_id.get(element.id, element) for element in before or ()], differing


def removed(
    before: Sequence[Any] | None, given: Any, path: Path, faults: Faults
) -> tuple[list[Any], list[str]]:
    """The list without the elements of the given ids, and those ids in the order of the list."""
    kept = set(without(_ids(before), given, path, faults))
    gone = [name for name in _ids(before) if name not in kept]
    return [element for element in before or () if element.id in kept], gone


def without(names: Sequence[str], given: Any, path: Path, faults: Faults) -> list[str]:
    """The names without the given ones, each of which must be there and be given once."""
    seen: set[str] = set()
    for place, wanted in enumerate(some(given, path, faults)):
        if wanted not in names:
            message = f"{wanted!r} is not there; read the project again and give an id it has"
            faults.add(NotFound(message, [*path, place]))
        elif wanted in seen:
            faults.invalid(f"{wanted!r} is given twice", [*path, place], "DUPLICATE_UPDATE")
        seen.add(wanted)
    return [name for name in names if name not in seen]


def content(element: Document) -> Given:
    """What an element says: no list and an empty one are the same."""
    values = element.model_dump(exclude_none=True)
    return {name: value for name, value in values.items() if value != []}


def _ids(elements: Sequence[Any] | None) -> list[str]:
    return [element.id for element in elements or ()]

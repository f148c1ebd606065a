"""What differs between two states of a project, by its path."""

from __future__ import annotations

from typing import Any

from .drafts import State
from .shown import written

# Not told of: it stands beside each version.
BESIDE = ("modified",)


def changes(before: State, after: State) -> dict[str, tuple[Any, Any]]:
    """The value before and after by path; of an element that came or went, and of an order, only the path counts."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in after:
        if name not in BESIDE:
            _compare(before[name], after[name], name, found)
    return found


def _compare(before: Any, after: Any, path: str, found: dict[str, tuple[Any, Any]]) -> None:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in after:
            _compare(before[name], after[name], f"{path}.{name}", found)
    elif isinstance(before, list) and isinstance(after, list) and _named(before, after):
        _elements(before, after, path, found)
    elif isinstance(before, dict | list) or isinstance(after, dict | list):
        found[path] = (..., ...)
    else:
        found[path] = (written(before), written(after))


def _named(*lists: list[Any]) -> bool:
    """Whether the elements of lists have ids, each once."""
    ids = [[item.get("id") if isinstance(item, dict) else None for item in one] for one in lists]
    return all(all(one) and len(set(one)) == len(one) for one in ids)


def _elements(
    before: list[State], after: list[State], path: str, found: dict[str, tuple[Any, Any]]
) -> None:
    old = {item["id"]: item for item in before}
    new = {item["id"]: item for item in after}
    for name in old.keys() ^ new.keys():
        found[f"{path}[{name}]"] = (..., ...)
    for name in [name for name in old if name in new]:
        _compare(old[name], new[name], f"{path}[{name}]", found)
    kept = [name for name in old if name in new]
    if [*kept, *(name for name in new if name not in old)] != list(new):
        found[f"{path}[]"] = (..., ...)

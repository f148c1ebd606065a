"""What differs between two states of a project, as a list of changes that can be applied again.

A state is the JSON object of the project (`Project.state()`). A change has a path, the value before and the value
after; null before means added, null after removed. Path segments are member names, `[key]` for the element of a
list whose elements have a key, and `[]` for the order of that list, whose values are lists of keys. A list without
keys is one value. Written out: `products[<line id>].status`, `products[]`, `tags`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

# A member's name, [key member, key] for an element of a list, or [key member] for the list's order.
Segment = str | list[str]

# The members by which Omnium's documents name the elements of a list.
_KEYS = ("id", "storeId", "assetId")


class Change(NamedTuple):
    """One value that differs."""

    segments: list[Segment]
    before: Any
    after: Any

    @property
    def path(self) -> str:
        """The path written out, such as `products[<line id>].status`."""
        text = ""
        for segment in self.segments:
            if isinstance(segment, list):
                text += f"[{segment[1] if len(segment) > 1 else ''}]"
            else:
                text += f".{segment}" if text else segment
        return text


def _key(before: list[Any], after: list[Any]) -> str | None:
    """The member that names the elements of both lists, if there is one."""
    for key in _KEYS:
        if all(_named(items, key) for items in (before, after)):
            return key
    return None


def _named(items: list[Any], key: str) -> bool:
    names = [item.get(key) if isinstance(item, dict) else None for item in items]
    return all(isinstance(name, str) and name for name in names) and len(set(names)) == len(names)


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """The changes that lead from one state to another, in the order of the state's members."""
    return list(_members(before, after, []))


def _members(
    before: dict[str, Any], after: dict[str, Any], path: list[Segment]
) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield from _values(old, new, [*path, name])


def _values(before: Any, after: Any, path: list[Segment]) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _members(before, after, path)
        return
    if isinstance(before, list | None) and isinstance(after, list | None):
        old, new = before or [], after or []
        if not old and not new:
            return
        key = _key(old, new)
        if key is not None:
            yield from _elements(old, new, key, path)
            return
    yield Change(path, before, after)


def _elements(
    before: list[Any], after: list[Any], key: str, path: list[Segment]
) -> Iterator[Change]:
    old = {item[key]: item for item in before}
    new = {item[key]: item for item in after}
    for name, item in old.items():
        if name not in new:
            yield Change([*path, [key, name]], item, None)
        else:
            yield from _members(item, new[name], [*path, [key, name]])
    for name, item in new.items():
        if name not in old:
            yield Change([*path, [key, name]], None, item)
    # Applying the changes above keeps what stays in its old order and appends what is added.
    expected = [name for name in old if name in new] + [name for name in new if name not in old]
    if expected != list(new):
        yield Change([*path, [key]], list(old), list(new))


def apply(state: dict[str, Any], changes: Sequence[Change]) -> None:
    """Changes a state in place as `differences` found it changed."""
    for change in changes:
        *parents, last = change.segments
        target: Any = state
        for segment, following in zip(parents, change.segments[1:], strict=True):
            target = _step(target, segment, following)
        if isinstance(last, str):
            target[last] = change.after
        elif len(last) > 1:
            _place(target, last[0], last[1], change.after)
        else:
            places = {name: place for place, name in enumerate(change.after)}
            target.sort(key=lambda item, key=last[0], order=places: order[item[key]])


def _step(target: Any, segment: Segment, following: Segment) -> Any:
    if isinstance(segment, list):
        key, name = segment
        return next(item for item in target if item[key] == name)
    if isinstance(following, list) and target.get(segment) is None:
        target[segment] = []
    return target[segment]


def _place(items: list[Any], key: str, name: str, item: dict[str, Any] | None) -> None:
    items[:] = [other for other in items if other[key] != name]
    if item is not None:
        items.append(item)

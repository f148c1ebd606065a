"""Rows of a database's driver, which are taken apart at once instead of attribute by attribute.

A class of rows may say where its attributes are, and of which class their values are whenever they are not null:
`__layout__ = {attribute: Place(0, str)}`, of as many places as a row has; moments, of the class datetime, are in UTC.
Its rows are then unpacked, and what the class vouches for is not looked at again. To read a row of six texts takes half
the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any, NamedTuple

# So many classes of rows a selection keeps functions for: it meets another one for each choice of columns.
KEPT = 4

Answers = list[dict[str, Any]]


class Item(NamedTuple):
    """A response key, and the source of its answer, with `{0}` for the value of the attribute that it is made of.

    No attribute: the answer is the same for all objects. `usual` suffices where the value is of a class or null.
    """

    key: str
    answer: str
    attribute: str | None = None
    usual: tuple[type, str] | None = None

    def of(self, value: str) -> str:
        """The item of a dictionary, for the source of a value."""
        answer = self.answer if self.attribute is None else self.answer.format(value)
        return f"{self.key!r}: {answer}"


class Unpacked:
    """What answers a selection of attributes for rows of one class, if they can be unpacked."""

    def __init__(self, items: Sequence[Item], names: dict[str, Any]) -> None:
        """`names`: what the source of the items uses."""
        self._items = items
        self._names = names
        self._made: dict[type, Callable[[Sequence[Any]], Answers] | None] = {}

    def __call__(self, objects: Sequence[Any], kinds: Set[type]) -> Answers | None:
        """The answers for objects of some classes, None where each object is to be looked at."""
        if len(kinds) != 1:
            return None
        (kind,) = kinds
        if kind not in self._made:
            if len(self._made) == KEPT:
                self._made.clear()
            self._made[kind] = self._function(kind)
        made = self._made[kind]
        return None if made is None else made(objects)

    def _function(self, kind: type) -> Callable[[Sequence[Any]], Answers] | None:
        layout = getattr(kind, "__layout__", None)
        wanted = {item.attribute for item in self._items} - {None}
        if layout is None or not wanted <= layout.keys():
            return None
        unpacked = ["_"] * (1 + max(place.number for place in layout.values()))
        answers = []
        for item in self._items:
            name = ""
            if item.attribute is not None:
                place = layout[item.attribute]
                name = unpacked[place.number] = f"c_{place.number}"
                if item.usual is not None and item.usual[0] is place.holds:
                    item = item._replace(answer=item.usual[1])
            answers.append(item.of(name))
        made: dict[str, Any] = {}
        source = (
            f"def unpacked(rows):\n"
            f"    return [{{{', '.join(answers)}}} for {', '.join(unpacked)}, in rows]"
        )
        # Made of response keys, as literals, and of names that are made here: see codegen.
        exec(compile(source, "<rows>", "exec"), self._names, made)  # noqa: S102
        return made["unpacked"]  # type: ignore[no-any-return]

"""Rows of a database's driver, which are taken apart at once instead of attribute by attribute.

A class of rows may say where its attributes are, and of which class their values are whenever they are not null:
`__layout__ = {attribute: Place(0, str)}`, of as many places as a row has; moments, of the class datetime, are in UTC.
Its rows are then unpacked, and what the class vouches for is not looked at again. To read a row of six texts takes half
the time.

What a field has for many objects may come as `Groups`: the rows of all of them, which are told apart by their first
value while they are unpacked, and need not be made before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any, NamedTuple, Protocol

# So many classes of rows a selection keeps functions for: it meets another one for each choice of columns.
KEPT = 4

Answers = list[dict[str, Any]]


class Lines(Protocol):
    """Rows as their values, and the class that they would have, if that says where its attributes are."""

    @property
    def values(self) -> Sequence[Sequence[Any]]:
        """The values of each row."""
        ...

    @property
    def kind(self) -> type[Any] | None:
        """The class."""
        ...


class Groups(Protocol):
    """Lists of rows: one for each of some keys, which are distinct, of the rows whose first value is that key."""

    @property
    def lines(self) -> Lines:
        """The rows of all."""
        ...

    @property
    def keys(self) -> Sequence[Any]:
        """The keys."""
        ...


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
        self._made: dict[type, _Functions | None] = {}

    def __call__(self, objects: Sequence[Any], kinds: Set[type]) -> Answers | None:
        """The answers for objects of some classes, None where each object is to be looked at."""
        if len(kinds) != 1:
            return None
        (kind,) = kinds
        made = self._functions(kind)
        return None if made is None else made.rows(objects)

    def lists(self, groups: Groups) -> list[Answers] | None:
        """The answers for each list of some, None where each row is to be looked at."""
        kind = groups.lines.kind
        made = None if kind is None else self._functions(kind)
        return None if made is None else made.lists(groups.lines.values, groups.keys)

    def _functions(self, kind: type) -> _Functions | None:
        if kind not in self._made:
            if len(self._made) == KEPT:
                self._made.clear()
            self._made[kind] = self._made_for(kind)
        return self._made[kind]

    def _made_for(self, kind: type) -> _Functions | None:
        layout = getattr(kind, "__layout__", None)
        wanted = {item.attribute for item in self._items} - {None}
        if layout is None or not wanted <= layout.keys():
            return None
        unpacked = ["key", *["_"] * max(place.number for place in layout.values())]
        answers = []
        for item in self._items:
            name = ""
            if item.attribute is not None:
                place = layout[item.attribute]
                if place.number:
                    unpacked[place.number] = f"c_{place.number}"
                name = unpacked[place.number]
                if item.usual is not None and item.usual[0] is place.holds:
                    item = item._replace(answer=item.usual[1])
            answers.append(item.of(name))
        each, answer = f"for {', '.join(unpacked)}, in rows", f"{{{', '.join(answers)}}}"
        made: dict[str, Any] = {}
        source = (
            f"def rows(rows):\n"
            f"    return [{answer} {each}]\n"
            f"def lists(rows, keys):\n"
            f"    found = {{key: [] for key in keys}}\n"
            f"    {each}:\n"
            f"        found[key].append({answer})\n"
            f"    return list(found.values())\n"
        )
        # Made of response keys, as literals, and of names that are made here: see codegen.
        exec(compile(source, "<rows>", "exec"), self._names, made)  # noqa: S102
        return _Functions(made["rows"], made["lists"])


class _Functions(NamedTuple):
    """What answers rows of a class, and lists of them."""

    rows: Callable[[Sequence[Any]], Answers]
    lists: Callable[[Sequence[Any], Sequence[Any]], list[Answers]]

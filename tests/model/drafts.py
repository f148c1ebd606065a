"""A project that a mutation is being done to, the faults it is refused for, and what it notes in the log."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

State = dict[str, Any]
Given = dict[str, Any]

MADE = re.compile(r"<made \d+>")


class Fault(NamedTuple):
    """A refusal: its code, where in the input it is, and what its kind of error tells beside."""

    code: str
    path: tuple[str, ...]
    told: tuple[tuple[str, Any], ...] = ()

    def below(self, *path: str) -> Fault:
        """The same fault of an input that is a part of another one."""
        return self._replace(path=(*path, *self.path))


class Refused(Exception):
    """A mutation that is not even tried: the faults of it so far are all that is told."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = list(faults)


@dataclass
class Draft:
    """A copy of a project, changed in place."""

    state: State
    types: dict[str, dict[str, Any]]
    now: datetime
    actor: str
    made_id: Callable[[], str]
    faults: list[Fault] = field(default_factory=list)
    details: dict[str, list[str]] = field(default_factory=dict)
    note: dict[str, Any] = field(default_factory=dict)
    # A write also where nothing of the project differs.
    always: bool = False
    # Values that the mutation itself says, so that they do not follow from anything.
    says: set[str] = field(default_factory=set)

    @property
    def kind(self) -> dict[str, Any]:
        """The type of the project."""
        return self.types[self.state["type"]]

    def fault(self, code: str, *path: str | int) -> None:
        """Keeps a fault, to be told with all the others."""
        self.faults.append(Fault(code, tuple(map(str, path))))


def moment(text: str) -> datetime:
    """The time of a text, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def renamed(value: Any, names: dict[str, str]) -> Any:
    """A value in which made ids have their real names."""
    if isinstance(value, str):
        return MADE.sub(lambda found: names.get(found[0], found[0]), value)
    if isinstance(value, dict):
        return {renamed(key, names): renamed(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [renamed(item, names) for item in value]
        return Fault(*items) if isinstance(value, Fault) else type(value)(items)
    return value


def named(expected: Any, actual: Any, names: dict[str, str]) -> None:
    """Finds the real names of made ids: where the one stands, the other does."""
    if isinstance(expected, str) and isinstance(actual, str) and MADE.fullmatch(expected):
        names.setdefault(expected, actual)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for key in expected.keys() & actual.keys():
            named(expected[key], actual[key], names)
    elif isinstance(expected, list) and isinstance(actual, list):
        for one, other in zip(expected, actual, strict=False):
            named(one, other, names)

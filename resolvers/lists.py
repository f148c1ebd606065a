"""Commands on a list whose elements have ids; the three lists that have them say only what their own is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from pydantic.alias_generators import to_camel

from .commands import Applied, Command, Draft
from .elements import Match, added, removed, updated
from .errors import NotFound, Refused
from .inputs import Faults, Path
from .situations import Situation


class ListOf(NamedTuple):
    """A list: its attribute on its document, how its elements are made and counted, and what they are called."""

    attribute: str
    match: Match
    count: Callable[[Situation], int]
    noun: str


@dataclass(frozen=True, kw_only=True)
class ListCommand(Command, ABC):
    """A command on one list; `field` is its own field that says what to do, `done` the detail that tells of it."""

    of_list: ClassVar[ListOf]
    field: ClassVar[str]
    done: ClassVar[str]

    def holder(self, draft: Draft) -> Any:
        """The document that has the list."""
        return draft.project

    def apply(self, draft: Draft) -> Applied:
        """The detail is the ids of the elements that it did something to."""
        holder, name = self.holder(draft), self.of_list.attribute
        path, given = [to_camel(self.field)], getattr(self, self.field)
        elements, ids = self.edited(getattr(holder, name), given, path, draft.faults)
        setattr(holder, name, elements)
        return Applied({self.done: ids})

    @abstractmethod
    def edited(
        self, before: Sequence[Any] | None, given: Any, path: Path, faults: Faults
    ) -> tuple[list[Any], list[str]]:
        """The new list, and the ids of the elements that something was done to."""


@dataclass(frozen=True, kw_only=True)
class AddTo(ListCommand, ABC):
    """Adds elements after those there are."""

    done: ClassVar[str] = "added"

    def edited(
        self, before: Sequence[Any] | None, given: Any, path: Path, faults: Faults
    ) -> tuple[list[Any], list[str]]:
        """The list with new elements."""
        return added(self.of_list.match, before, given, path, faults)


@dataclass(frozen=True, kw_only=True)
class _OfExisting(ListCommand, ABC):
    @classmethod
    def guard(cls, situation: Situation) -> Refused | None:
        """There must be an element, on whatever level."""
        if cls.of_list.count(situation):
            return None
        return NotFound(f"the project has no {cls.of_list.noun}", [to_camel(cls.field)])


@dataclass(frozen=True, kw_only=True)
class UpdateIn(_OfExisting, ABC):
    """Changes the given fields of elements."""

    done: ClassVar[str] = "updated"

    def edited(
        self, before: Sequence[Any] | None, given: Any, path: Path, faults: Faults
    ) -> tuple[list[Any], list[str]]:
        """The list with changed elements."""
        return updated(self.of_list.match, before, given, path, faults)


@dataclass(frozen=True, kw_only=True)
class RemoveFrom(_OfExisting, ABC):
    """Removes elements."""

    done: ClassVar[str] = "removed"

    def edited(
        self, before: Sequence[Any] | None, given: Any, path: Path, faults: Faults
    ) -> tuple[list[Any], list[str]]:
        """The list without them."""
        return removed(before, given, path, faults)

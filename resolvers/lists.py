"""Commands on a list whose elements have ids; the three lists that have them say only what their own is."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from pydantic.alias_generators import to_camel

from .commands import Applied, Command, Draft
from .elements import Match, added, removed, updated
from .errors import NotFound, Refused
from .inputs import Path
from .situations import Situation


class ListOf(NamedTuple):
    """A list: its attribute on its document, how its elements are made and counted, and what they are called."""

    attribute: str
    match: Match
    count: Callable[[Situation], int]
    noun: str


@dataclass(frozen=True, kw_only=True)
class ListCommand(Command, ABC):
    """A command on one list; `field` is its own field that says what to do to it."""

    of_list: ClassVar[ListOf]
    field: ClassVar[str]

    def holder(self, draft: Draft) -> Any:
        """The document that has the list."""
        return draft.project

    @property
    def values(self) -> Any:
        """What is given."""
        return getattr(self, self.field)

    @property
    def path(self) -> Path:
        """Where it is in the input."""
        return [to_camel(self.field)]


@dataclass(frozen=True, kw_only=True)
class AddTo(ListCommand, ABC):
    """Adds elements after those there are."""

    def apply(self, draft: Draft) -> Applied:
        """The details are the ids `added`."""
        holder, name = self.holder(draft), self.of_list.attribute
        elements, ids = added(
            self.of_list.match, getattr(holder, name), self.values, self.path, draft.faults
        )
        setattr(holder, name, elements)
        return Applied({"added": ids})


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

    def apply(self, draft: Draft) -> Applied:
        """The details are the ids `updated`."""
        holder, name = self.holder(draft), self.of_list.attribute
        elements, ids = updated(
            self.of_list.match, getattr(holder, name), self.values, self.path, draft.faults
        )
        setattr(holder, name, elements)
        return Applied({"updated": ids})


@dataclass(frozen=True, kw_only=True)
class RemoveFrom(_OfExisting, ABC):
    """Removes elements."""

    def apply(self, draft: Draft) -> Applied:
        """The details are the ids `removed`."""
        holder, name = self.holder(draft), self.of_list.attribute
        elements, ids = removed(getattr(holder, name), self.values, self.path, draft.faults)
        setattr(holder, name, elements)
        return Applied({"removed": ids})

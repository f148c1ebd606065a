"""What a mutation is asked to do: a command, and the draft of the project that it is done to."""

from __future__ import annotations

import dataclasses
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self

from ..data.base import dumps
from ..data.log import LogItem
from ..data.project_types import ProjectType
from ..data.projects import Project
from .access import Caller
from .errors import Refused
from .inputs import Faults, Given
from .situations import Situation, situation_of


@dataclasses.dataclass
class Draft:
    """A project that a command is being done to, in place, with what is wrong with the command.

    `types` are those that the command needs, by id.
    """

    project: Project
    types: Mapping[str, ProjectType]
    caller: Caller
    now: datetime
    faults: Faults = dataclasses.field(default_factory=Faults)

    @property
    def kind(self) -> ProjectType | None:
        """The project's type; None when it has none that is known here."""
        return self.types.get(self.project.type or "")

    def situation(self) -> Situation:
        """What decides whether the command can succeed."""
        return situation_of(self.project, self.kind)


@dataclasses.dataclass(frozen=True)
class Applied:
    """What a command did: ids for the payload, and what to write in the log.

    `logged` says that the log row itself is what is written, so that it is even where nothing of the project differs.
    """

    details: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    note: LogItem | None = None
    logged: bool = False


def _plain(value: Any) -> Any:
    """A value with dicts for what is a dataclass in it. `dataclasses.asdict` would copy all the rest."""
    kind: Any = type(value)
    names = _names(kind)
    if names is not None:
        return {name: _plain(getattr(value, name)) for name in names}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@cache
def _names(kind: Any) -> list[str] | None:
    """The fields of a dataclass, None for another class."""
    is_dataclass = dataclasses.is_dataclass(kind)
    return [field.name for field in dataclasses.fields(kind)] if is_dataclass else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """What every mutation is given: a key to send it again by, and whether to take it back at once."""

    operation: ClassVar[str]
    # The name of the project's id in the input.
    id_path: ClassVar[str] = "projectId"

    idempotency_key: str | None = None
    dry_run: bool = False

    @classmethod
    def of(cls, given: Given) -> Self:
        """The command of an input: its fields bear the names of the input in snake_case."""
        return cls(**given)

    def input(self) -> Given:
        """The input's fields by name."""
        values: Given = _plain(self)
        return values

    def fingerprint(self) -> str:
        """A hash of the mutation and its input, `dryRun` and the key aside."""
        values = self.input()
        del values["dry_run"], values["idempotency_key"]
        return hashlib.sha256(dumps([self.operation, values])).hexdigest()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command(Request, ABC):
    """What a mutation is asked to do to one project."""

    project_id: str
    expected_version: int | None = None

    def type_ids(self, project: Project | None) -> set[str]:
        """The ids of the types that the command needs to know; None stands for a project to be made."""
        return set()

    @classmethod
    def guard(cls, situation: Situation) -> Refused | None:
        """Why no input can succeed in a situation; None when one can."""
        return None

    def require(self, draft: Draft) -> None:
        """Lets a command pass that can succeed. Raises: Refused, as `availableActions` tells it."""
        refused = self.guard(draft.situation())
        if refused is not None:
            try:
                raise refused
            finally:
                del refused  # it has this frame now, and with it the project

    def gives(self, name: str) -> bool:
        """Whether the command itself says what the value of a field of the project is."""
        return False

    @abstractmethod
    def apply(self, draft: Draft) -> Applied:
        """Does it to the draft; what is wrong is added to the draft's faults, and then nothing is written."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FieldsCommand(Command, ABC):
    """A command that is given any of the fields of a project."""

    given: Given = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, given: Given) -> Self:
        """The command of an input: what is no field of the command is one of the project."""
        own = {part.name for part in dataclasses.fields(cls)}
        values = {name: value for name, value in given.items() if name in own}
        others = {name: value for name, value in given.items() if name not in own}
        if cls.id_path == "id":
            values["project_id"] = others.pop("id")
        return cls(**values, given=others)

    def gives(self, name: str) -> bool:
        """Whether the field is given."""
        return name in self.given

    def input(self) -> Given:
        """The input's fields by name, the given ones among them."""
        values = super().input()
        given: Given = values.pop("given")
        return values | given

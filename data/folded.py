"""A stored project whose nested members are made of their rows when they are first asked for.

A write reads all that belongs to its project, and touches little of it. What stays folded is as it was: it is not made,
not compared and not written.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any, NamedTuple, Self

from . import projects
from .collections import Elsewhere, document_from
from .projects import COLUMNS, Project, ProjectRow

# Table name -> rows in list order.
Rows = dict[str, list[Any]]
# Members that are a column of the project's own row.
OWN = tuple(name for name in COLUMNS if name != "extra")
# Members that the project's value is calculated from.
AMOUNTS = frozenset({"transactions", "project_parts", "change_orders"})
_CALCULATED = ("project_value", "project_budget_value", "project_additional_value")


# Members that derived columns of the project's row are made of.
_NAMED = frozenset({"customer", "partner", "partners", "store_contact", "workflow_steps"})
# The members that have rows of their own, and what each is without any.
MEMBERS: dict[str, Any] = {
    name: [] if "list[" in str(field.annotation) else None
    for name, field in Project.model_fields.items()
    if Elsewhere in field.metadata and not field.exclude
}


class Fold(NamedTuple):
    """Stands in for a member that nobody has asked for: what makes it."""

    make: Callable[[], Any]


class _Member:
    """A member that is made when it is read; pydantic sets members past it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, project: Folded | None, _: type[Folded]) -> Any:
        if project is None:
            raise AttributeError(self._name)
        value = project.__dict__[self._name]
        if type(value) is Fold:
            value = project.__dict__[self._name] = value.make()
        return value

    def __set__(self, project: Folded, value: Any) -> None:
        project.__dict__[self._name] = value


class MadeOf(NamedTuple):
    """What a project was made of: its own row, all others, and the members that were folded then."""

    row: ProjectRow
    rows: Rows
    folds: frozenset[str]


class Folded(Project):
    """A project as it is stored, with members that have rows folded until they are read or set."""

    @classmethod
    def of_rows(cls, row: ProjectRow, rows: Rows, folds: Mapping[str, Callable[[], Any]]) -> Self:
        """The project of its own row and all others; `folds` makes the members that have any."""
        values: dict[str, Any] = dict(zip(COLUMNS, row, strict=False))
        project = document_from(cls, values, MEMBERS | dict.fromkeys(folds))
        project.__pydantic_fields_set__.update(folds)
        project.__dict__.update({name: Fold(make) for name, make in folds.items()})
        # Here pydantic keeps what is no field, and copies it along.
        made_of = MadeOf(row, rows, frozenset(folds))
        object.__setattr__(project, "__pydantic_private__", {"made_of": made_of})
        return project

    @property
    def made_of(self) -> MadeOf:
        """What it was made of."""
        # A private attribute would be looked for elsewhere first, which takes a hundred times as long.
        kept: Any = self.__pydantic_private__
        made_of: MadeOf = kept["made_of"]
        return made_of

    def as_read(self) -> Rows:
        """The rows that the project was made of."""
        return self.made_of.rows

    def is_folded(self, name: str) -> bool:
        """Whether a member is as it was read, rows and all, because nobody has asked for it."""
        return type(self.__dict__[name]) is Fold

    def untouched(self) -> frozenset[str]:
        """The members that are as they were read: folded, or without rows as ever."""
        has, folds = self.__dict__, self.made_of.folds
        same = [
            name
            for name in MEMBERS
            if (type(has[name]) is Fold if name in folds else not has[name])
        ]
        return frozenset(same)

    def derived_as(self) -> ProjectRow | None:
        """The row that was read, if nothing differs that its derived columns are made of."""
        row: Any = self.made_of.row
        same = (
            self.untouched() >= _NAMED
            and self.project_type_name == row.project_type_name
            and self.workflow_step is None is row.workflow_step
        )
        return row if same else None

    def has_transactions(self) -> bool:
        """Whether there is a transaction on any level, so that the project's value is calculated."""
        return self.is_folded("transactions") or super().has_transactions()

    def recalculate(self) -> None:
        """Sets what is calculated, if anything that it is made of can differ: every write has set it."""
        row = self.made_of.row
        amounts = [getattr(self, name) == getattr(row, name) for name in _CALCULATED]
        if not (all(amounts) and self.untouched() >= AMOUNTS):
            super().recalculate()

    def model_dump(self, *, exclude: Any = None, **options: Any) -> dict[str, Any]:
        """The members but the excluded ones, which stay folded."""
        self._unfold(exclude or ())
        return super().model_dump(exclude=exclude, **options)

    def __eq__(self, other: object) -> bool:
        """Whether it says the same as another project, folded or not."""
        self._unfold()
        if isinstance(other, Folded):
            other._unfold()
        return isinstance(other, Project) and (
            self.__dict__ == other.__dict__
            and self.model_fields_set == other.model_fields_set
            and self.unknown == other.unknown
        )

    def _unfold(self, without: Container[str] = ()) -> None:
        for name in self.made_of.folds:
            if name not in without:
                getattr(self, name)


def untouched(project: Project) -> frozenset[str]:
    """The members of a project that are as they were read; none of a project that was not read."""
    return project.untouched() if isinstance(project, Folded) else frozenset()


def same(before: Project, after: Project) -> frozenset[str]:
    """The members that are the same in both without a look at what they say: untouched ones, and the very same values.

    Values that are equal need not be told in the same way, as moments in two zones are not.
    """
    old, new = before.__dict__, after.__dict__
    return untouched(after).union([name for name in OWN if old[name] is new[name]])


def as_read(project: Project) -> Rows:
    """The rows that a project was made of; none of a project that was not read."""
    return project.as_read() if isinstance(project, Folded) else {}


def row_of(project: Project, version: int, key: Any = None) -> ProjectRow:
    """The project's own row."""
    derived_as = project.derived_as() if isinstance(project, Folded) else None
    return projects.row_of(project, version, key, derived_as)


for _name in MEMBERS:
    setattr(Folded, _name, _Member(_name))

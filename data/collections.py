"""A table made from a document class, and the statements every nested collection needs.

A collection has one row per document, keyed by the project and the place in its list; its columns are the fields of
the document class. What the columns cannot say (unknown members, absent or null ones) is in the column `extra`.
"""

from __future__ import annotations

import types
from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import (
    Annotated,
    Any,
    Generic,
    NamedTuple,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from pydantic import BeforeValidator, Field
from pydantic.fields import FieldInfo
from sqlalchemy import (
    Boolean,
    Column,
    Executable,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    bindparam,
    select,
)
from sqlalchemy.types import TypeEngine

from .among import among
from .base import METADATA, CodePoints, Exact, Json, UtcTime
from .compiled import Read, Statement
from .documents import Document
from .insertion import Deletion, Insertion
from .reads import Reads
from .rows import Groups, Lines, RowMaker

D = TypeVar("D", bound=Document)

# So many sets of columns are kept for a table: which there are is the clients' choice.
FORMS = 100


class Elsewhere:
    """Marks a field of a document class that is no column: it has its own table or is calculated."""


def _stated(value: object) -> bool | None:
    return None if value is None else True


# A field that REST calculates: the document keeps only whether it is stated (True) or null, never its value.
Calculated = Annotated[bool | None, Elsewhere, BeforeValidator(_stated), Field(exclude=True)]


class Source(Protocol):
    """What statements run on: a `Database`, each on its own, or a `Transaction`."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    async def run(self, statement: Executable | Statement, parameters: Any = None) -> Sequence[Any]:
        """The rows of one statement; a list of parameters runs it for each."""
        ...

    async def run_each(self, reads: Sequence[Read]) -> list[Sequence[Any]]:
        """The rows of each of several reading statements."""
        ...


_SCALARS: dict[Any, Any] = {
    str: CodePoints,
    bool: Boolean,
    int: Integer,
    Decimal: Exact,
    datetime: UtcTime,
}


def _column_type(field: FieldInfo) -> tuple[TypeEngine[Any] | type[TypeEngine[Any]], bool]:
    """The column type of a field, and whether it may be null."""
    annotation = field.annotation
    options = (
        get_args(annotation)
        if get_origin(annotation) in (Union, types.UnionType)
        else (annotation,)
    )
    nullable = type(None) in options
    (kept,) = (option for option in options if option is not type(None))
    while hasattr(kept, "__metadata__"):
        kept = get_args(kept)[0]
        if get_origin(kept) in (Union, types.UnionType):
            nullable = True
            (kept,) = (option for option in get_args(kept) if option is not type(None))
    if kept in _SCALARS:
        return _SCALARS[kept], nullable
    return Json(), nullable and get_origin(kept) is not list


def columns_of(model: type[Document]) -> list[Column[Any]]:
    """A column per field of a document class, `extra` last."""
    columns: list[Column[Any]] = []
    for name, field in model.model_fields.items():
        if Elsewhere not in field.metadata:
            kind, nullable = _column_type(field)
            columns.append(Column(name, kind, nullable=nullable))
    return [*columns, Column("extra", Json())]


def _json(value: Any) -> Any:
    if isinstance(value, Document):
        return value.json_object()
    return [_json(item) for item in value] if isinstance(value, list) else value


class _Layout(NamedTuple):
    """How the columns of a document class are filled."""

    # The values of all columns, if they are several.
    values: Callable[[dict[str, Any]], tuple[Any, ...]]
    # The place of a column, and whether no value is an empty list in it.
    json: tuple[tuple[int, bool], ...]


@cache
def _layout(model: type[Document], columns: tuple[str, ...]) -> _Layout:
    listed = _listed(model)
    json = []
    for place, name in enumerate(columns):
        if name in listed or _is_json(model.model_fields[name]):
            json.append((place, name in listed))
    # It gives a value by itself where it is asked for only one.
    values = itemgetter(*columns) if len(columns) > 1 else lambda has: (has[columns[0]],)
    return _Layout(values, tuple(json))


@lru_cache(10 * FORMS)
def _unsaid(model: type[Document], given: frozenset[str]) -> tuple[list[str], list[str]]:
    """The fields that a document does not have, and those whose null is remembered of the ones that it has."""
    absent = [name for name in model.model_fields if name not in given]
    return absent, sorted(_listed(model) & given)


def values_of(document: Document, columns: tuple[str, ...]) -> list[Any]:
    """The values of the named columns and, after them, of `extra`."""
    layout = _layout(type(document), columns)
    has = document.__dict__
    values = [*layout.values(has), None]
    for place, listed in layout.json:
        value = values[place]
        if value is not None:
            values[place] = _json(value)
        elif listed:
            # No list and an empty one are the same to readers; `extra` remembers which it was.
            values[place] = []
    absent, lists = _unsaid(type(document), frozenset(document.__pydantic_fields_set__))
    null = [name for name in lists if has[name] is None]
    unknown = document.__pydantic_extra__
    if unknown or absent or null:
        extra = values[-1] = {}
        if unknown:
            extra["fields"] = unknown
        if absent:
            extra["absent"] = absent
        if null:
            extra["null"] = null
    return values


@cache
def _listed(model: type[Document]) -> frozenset[str]:
    """The fields whose null differs from what their column or table says."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if "list[" in str(field.annotation) or Elsewhere in field.metadata
    )


_set = object.__setattr__


def document_from(model: type[D], values: dict[str, Any], elsewhere: dict[str, Any]) -> D:
    """The document that `values_of` took apart; `elsewhere` has the fields that are no columns."""
    extra = values.pop("extra") or {}
    given = values | elsewhere
    unstated = extra.get("absent", ())
    form = _form(model)
    for name in form.apart:
        if name not in given:
            given[name] = None if name in unstated else True
    for name in extra.get("null", ()):
        if given.get(name) in ([], None, True):
            given[name] = None
    if any(given[name] is not None and given[name] != [] for name in form.nested):
        document = model.model_validate(given)
        has = document.__dict__
    else:
        # The others were validated when they were written.
        document = model.__new__(model)
        has = {name: given[name] for name in form.names}
        # A row is made into several documents, each with lists of its own.
        has.update([(name, []) for name in form.nested if has[name] is not None])
        _set(document, "__dict__", has)
        _set(document, "__pydantic_extra__", {})
        _set(document, "__pydantic_private__", None)
    stated = set(form.names)
    if unstated:
        stated.difference_update([name for name in unstated if not has[name]])
    _set(document, "__pydantic_fields_set__", stated)
    if "fields" in extra:
        _set(document, "__pydantic_extra__", extra["fields"])
    return document


class _Form(NamedTuple):
    """The fields of a document class: all, those that are no columns, and those that documents may be in."""

    names: tuple[str, ...]
    apart: tuple[str, ...]
    nested: tuple[str, ...]


@cache
def _form(model: type[Document]) -> _Form:
    fields = model.model_fields
    apart = [name for name, field in fields.items() if Elsewhere in field.metadata]
    nested = [
        name
        for name, field in fields.items()
        if (not field.exclude if name in apart else _is_json(field))
    ]
    return _Form(tuple(fields), tuple(apart), tuple(nested))


def _is_json(field: FieldInfo) -> bool:
    """Whether the column of a field has JSON."""
    return isinstance(_column_type(field)[0], Json)


def by_project(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """Rows in their order, by the project they belong to."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        # The first of the keys that lead every row; by its name it takes twice as long.
        found[row[0]].append(row)
    return found


def grouped(rows: Sequence[Any], ids: Sequence[str]) -> Sequence[list[Any]]:
    """Rows in their order, a list for each of the projects that they belong to."""
    if isinstance(rows, Lines):
        return Groups(rows, ids)
    if len(ids) == 1:
        return [list(rows)]
    found = by_project(rows)
    return [found.get(one, []) for one in ids]


class Collection(Generic[D]):
    """The table of one nested collection, with its reads and writes.

    `keys` are the key columns between the project and the place, for rows that belong to a part or change order;
    `indexes` are columns that filters look up.
    """

    def __init__(
        self, name: str, model: type[D], keys: Sequence[str] = (), indexes: Sequence[str] = ()
    ) -> None:
        self.model = model
        self.keys = ("project_id", *keys, "position")
        own = columns_of(model)
        self.columns = [column.name for column in own]
        self._fields = tuple(self.columns[:-1])
        self.table = Table(
            name,
            METADATA,
            Column(
                "project_id",
                CodePoints,
                ForeignKey("project.id", ondelete="CASCADE"),
                nullable=False,
            ),
            *(Column(key, CodePoints, nullable=False) for key in keys),
            Column("position", Integer, nullable=False),
            *own,
            PrimaryKeyConstraint(*self.keys),
            *(Index(None, column, "project_id") for column in indexes),
        )
        self.row: Any = namedtuple(f"{model.__name__}", [*self.keys, *self.columns])  # type: ignore[misc]
        self.made: RowMaker = partial(tuple.__new__, self.row)
        ordered = select(self.table).order_by(*(self.table.c[key] for key in self.keys))
        self._of_projects = ordered.where(among(self.table.c.project_id, "ids"))
        # The whole rows of one project: PostgreSQL keeps the plan, where it makes one for each list of ids.
        self.of_one = Statement(
            ordered.where(self.table.c.project_id == bindparam("id")), self.made
        )
        self._reads: dict[tuple[Reads | None, bool], Statement] = {}
        self._insertion = Insertion(self.table, [*self.keys, *self.columns])
        self._deletion = Deletion(self.table, self.keys)

    async def by_project(
        self, source: Source, ids: Sequence[str], read: Reads | None = None
    ) -> dict[str, list[Any]]:
        """Rows of many projects in list order.

        `read` has what will be read of them, beside what they belong to; None: anything.
        Shape: project id -> rows; a project without any has no entry.
        """
        return by_project(await source.run(*self.reading(ids, read)))

    def reading(self, ids: Sequence[str], read: Reads | None = None) -> Read:
        """The statement of `by_project`, with its values."""
        return self._reading(read, at_level=False), {"ids": ids}

    def reading_level(self, ids: Sequence[str], level: str, read: Reads | None = None) -> Read:
        """The statement of the rows of one level, where rows have owners, with its values."""
        return self._reading(read, at_level=True), {"ids": ids, "level": level}

    def by_owner(self, rows: Iterable[Any]) -> dict[tuple[str, str], list[Any]]:
        """Rows of one level in their order, by their project and their owner."""
        found: dict[tuple[str, str], list[Any]] = defaultdict(list)
        owner = self.keys.index("owner_id")
        for row in rows:
            found[row[0], row[owner]].append(row)
        return found

    def _reading(self, read: Reads | None, *, at_level: bool) -> Statement:
        found = self._reads.get((read, at_level))
        if found is None:
            if len(self._reads) >= FORMS:
                self._reads.clear()
            found = self._reads[read, at_level] = self._statement(read, at_level=at_level)
        return found

    def _statement(self, read: Reads | None, *, at_level: bool) -> Statement:
        statement, made = self._of_projects, self.made
        if read is not None:
            owners = [key for key in self.keys if key != "position"]
            columns = read.columns(self.table, owners)
            names = [column.name for column in columns]
            statement = statement.with_only_columns(*columns)
            made = partial(tuple.__new__, namedtuple(self.row.__name__, names))
        if at_level:
            statement = statement.where(self.table.c.level == bindparam("level"))
        return Statement(statement, made, None if read is None else {})

    def rows(self, key: Sequence[str], documents: Iterable[D] | None) -> list[Any]:
        """The rows of documents in list order, below the key of their list."""
        if not documents:
            return []
        return [
            self.made((*key, position, *values_of(document, self._fields)))
            for position, document in enumerate(documents)
        ]

    def documents(self, rows: Iterable[Any], **elsewhere: dict[Any, Any]) -> list[D]:
        """The documents of rows; `elsewhere` has, by field and row id, what is in other tables."""
        found = []
        width = len(self.keys)
        for row in rows:
            values = dict(zip(self.columns, row[width:], strict=True))
            others = {name: by_id.get(row.id, []) for name, by_id in elsewhere.items()}
            found.append(document_from(self.model, values, others))
        return found

    async def insert(self, source: Source, rows: Sequence[Any]) -> None:
        """Writes rows in one statement; none costs nothing."""
        await self._insertion.run(source, rows)

    async def replace(self, source: Source, before: Sequence[Any], after: Sequence[Any]) -> None:
        """Makes the rows that are there those of `after`, touching the ones that differ: at most two statements."""
        width = len(self.keys)
        old = {row[:width]: row for row in before}
        new = {row[:width]: row for row in after}
        stale = [key for key, row in old.items() if new.get(key) != row]
        await self._deletion.run(source, stale)
        await self.insert(source, [row for key, row in new.items() if old.get(key) != row])

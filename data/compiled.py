"""Statements as the driver takes them: SQLAlchemy makes the text once, values go in and rows come out without it.

A `Statement` is made once and finds its text by itself. Others are found by SQLAlchemy's cache key: a filter that was
seen before, with whatever values, is not compiled again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast
from weakref import WeakKeyDictionary

from asyncpg import Record
from sqlalchemy import Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.util import LRUCache

from .rows import RowMaker, made_rows, row_class, row_maker
from .values import Made, reader, storer

# So many different statements are kept compiled, of those that are made for a call.
CAPACITY = 500
# A list has one of these lengths, or is longer than all; its last value stands in for those that lack.
_LENGTHS = [2**power for power in range(11)]
# Texts for lists of several lengths that a statement keeps.
_SHAPES = 100


class Statement:
    """A statement that is made once, and run with values by name.

    `row` makes a row of its columns where a named tuple of them will not do. `aliases` says that nothing is done with
    its rows but reading attributes, and which other names these have: then what the driver gives may serve as it is.
    """

    __slots__ = ("_plans", "aliases", "of", "row")

    def __init__(
        self,
        of: Executable,
        row: RowMaker | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.of = of
        self.row = row
        self.aliases = aliases
        self._plans: dict[str, Plan] = {}

    def plan(self, dialect: Dialect) -> Plan:
        """How a database runs it."""
        found = self._plans.get(dialect.name)
        if found is None:
            element = cast("ClauseElement", self.of)
            compiled = cast("SQLCompiler", element.compile(dialect=dialect))
            found = Plan(compiled, self.row, self.aliases)
            self._plans[dialect.name] = found
        return found


# A statement with its values by name.
Read = tuple[Statement, dict[str, Any]]


class Answer(Protocol):
    """What makes rows of what the driver gives."""

    @property
    def record(self) -> type[Record] | None:
        """The class of asyncpg's records, where they serve as rows."""
        ...

    def rows(self, found: Sequence[Any]) -> list[Any]:
        """The rows of what the driver gave."""
        ...

    def count(self, rows: Sequence[Any]) -> int:
        """How many rows of tables these are."""
        ...


class Sent(NamedTuple):
    """What goes to the driver: the text, the values in their order, a list of them to run it for each."""

    text: str
    values: Any
    many: bool
    writes: bool
    answer: Answer


class _Slot(NamedTuple):
    """Where a value of the text comes from: a name, a place where that is a list, and what makes it storable."""

    name: str
    place: int | None
    stored: Made | None


class _Shape(NamedTuple):
    """The text for lists of certain lengths."""

    text: str
    slots: list[_Slot]


class Plan:
    """A compiled statement: its text, where the values go, how a row is read."""

    def __init__(
        self,
        compiled: SQLCompiler,
        row: RowMaker | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        dialect = compiled.dialect
        self.compiled = compiled
        self.writes = compiled.isinsert or compiled.isupdate or compiled.isdelete
        columns = compiled._result_columns
        self.width = len(columns)
        self.readers = [
            (place, read)
            for place, column in enumerate(columns)
            if (read := reader(column.type, dialect)) is not None
        ]
        names = tuple(column.keyname for column in columns)
        self.row = row or row_maker(names)
        # The class of asyncpg's records, where they serve as rows.
        self.record: type[Record] | None = None
        if aliases is not None and dialect.name == "postgresql" and not self.readers:
            self.record = row_class(Record, [(one.keyname, one.type) for one in columns], aliases)
        self._stored = {
            name: stored
            for bind, name in compiled.bind_names.items()
            if (stored := storer(bind.type, dialect)) is not None
        }
        # SQLAlchemy writes a list anew for each run; once is enough for each length.
        self._lists = {
            compiled.bind_names[bind]: bind.type._is_tuple_type
            for bind in compiled.post_compile_params
        }
        self._shapes: dict[tuple[int, ...], _Shape] = {}
        self._given = {bind.key: name for bind, name in compiled.bind_names.items()}
        keys = {name: key for key, name in self._given.items()}
        # Of each value of the text its name in the statement, that in the text, and what makes it storable.
        self.order = [
            (keys[name], name, self._stored.get(name)) for name in compiled.positiontup or ()
        ]
        self.fixed = {
            name: bind.effective_value
            for bind, name in compiled.bind_names.items()
            if not bind.required
        }

    @property
    def has_lists(self) -> bool:
        """Whether its text depends on how long the lists are that it is given."""
        return bool(self._lists)

    def named(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What is given by the names of the text."""
        names = self._given
        return {names[name]: value for name, value in given.items() if name in names}

    def sent_by_name(self, given: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The text and the values in its order, for what is given by the names of the statement."""
        if self._lists:
            return self.sent(self.fixed | self.named(given))
        return self.compiled.string, tuple(
            [
                value if stored is None else stored(value)
                for key, name, stored in self.order
                for value in (given[key] if key in given else self.fixed[name],)
            ]
        )

    def sent_in_order(self, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """The values of rows that have them in the order of the text."""
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for place, (_, _, stored) in enumerate(self.order):
            if stored is not None:
                columns[place] = map(stored, columns[place])
        return list(zip(*columns, strict=True))

    def sent(self, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The text and the values in its order."""
        if self._lists:
            values = dict(values) | {
                name: _padded(values[name], paired=paired) for name, paired in self._lists.items()
            }
        shape = self._shape(values)
        return shape.text, tuple(
            [
                value if stored is None else stored(value)
                for name, place, stored in shape.slots
                for value in (values[name] if place is None else values[name][place],)
            ]
        )

    def _shape(self, values: Mapping[str, Any]) -> _Shape:
        lengths = tuple([len(values[name]) for name in self._lists])
        found = self._shapes.get(lengths)
        if found is None:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            found = self._shapes[lengths] = self._made(values)
        return found

    def _made(self, values: Mapping[str, Any]) -> _Shape:
        if not self._lists:
            names = self.compiled.positiontup or ()
            return _Shape(
                self.compiled.string, [_Slot(name, None, self._stored.get(name)) for name in names]
            )
        unflattened = {
            name: _unflattened(value, self.compiled, name) if self._lists.get(name) else value
            for name, value in values.items()
        }
        state = self.compiled.construct_expanded_state(unflattened, escape_names=False)
        origins = {
            expanded: (name, place)
            for name, several in state.parameter_expansion.items()
            for place, expanded in enumerate(several)
        }
        slots = []
        for name in state.positiontup or ():
            origin, place = origins.get(name, (name, None))
            stored = (
                state.processors.get(name) if self._lists.get(origin) else self._stored.get(origin)
            )
            slots.append(_Slot(origin, place, stored))
        return _Shape(state.statement, slots)

    def rows(self, found: Sequence[Any]) -> list[Any]:
        """The rows of what the driver gave."""
        if self.record is not None or not found:
            return cast("list[Any]", found)
        if len(found[0]) != self.width:
            # A textual statement does not say which columns it has.
            return list(map(row_maker(tuple(found[0].keys())), found))
        return made_rows(found, self.readers, self.row)

    def count(self, rows: Sequence[Any]) -> int:
        """How many rows these are."""
        return len(rows)


def _padded(values: Iterable[Any], *, paired: bool) -> list[Any]:
    several = list(values)
    if several:
        wanted = next((length for length in _LENGTHS if length >= len(several)), len(several))
        several += several[-1:] * (wanted - len(several))
    return [item for pair in several for item in pair] if paired else several


def _unflattened(values: Sequence[Any], compiled: SQLCompiler, name: str) -> list[Any]:
    kind: Any = compiled.binds[name].type
    width = len(kind.types)
    return [tuple(values[start : start + width]) for start in range(0, len(values), width)]


_COMPILED: LRUCache[Any, Any] = LRUCache(CAPACITY)
_PLANS: WeakKeyDictionary[SQLCompiler, Plan] = WeakKeyDictionary()


def _found(
    statement: Executable,
    dialect: Dialect,
    given: Mapping[str, Any],
    names: Sequence[str],
    *,
    many: bool,
) -> tuple[Plan, Mapping[str, Any]]:
    """The plan of a statement that was made for this call, and the values that stand in it."""
    found, extracted, collected, _ = cast("ClauseElement", statement)._compile_w_cache(
        dialect, compiled_cache=_COMPILED, column_keys=sorted(names), for_executemany=many
    )
    compiled = cast("SQLCompiler", found)
    plan = _PLANS.get(compiled)
    if plan is None:
        plan = _PLANS[compiled] = Plan(compiled)
    return plan, compiled.construct_params(
        given, extracted_parameters=extracted, escape_names=False, _collected_params=collected
    )


def sent(
    dialect: Dialect,
    statement: Executable | Statement,
    given: Mapping[str, Any]
    | Sequence[Mapping[str, Any]]
    | Sequence[tuple[Any, ...]]
    | None = None,
) -> Sent:
    """What goes to the driver for a statement with values by name, or for each of a list of them.

    A `Statement` of a write takes rows too, which have its values in their order.
    """
    if isinstance(statement, Statement) and isinstance(given, dict):
        # As most are.
        plan = statement.plan(dialect)
        return Sent(*plan.sent_by_name(given), False, plan.writes, plan)
    if (
        isinstance(statement, Statement)
        and isinstance(given, list)
        and given
        and isinstance(given[0], tuple)
    ):
        plan = statement.plan(dialect)
        rows = plan.sent_in_order(given)
        # The driver takes a list of one for many, which costs it more.
        many = len(rows) > 1
        return Sent(plan.compiled.string, rows if many else rows[0], many, plan.writes, plan)
    several = given if isinstance(given, list) and given else None
    first: Mapping[str, Any] = several[0] if several else cast("Mapping[str, Any]", given or {})
    if several is not None and any(one.keys() != first.keys() for one in several):
        raise ValueError("each of the values to run a statement for must have the same names")
    if isinstance(statement, Statement):
        plan = statement.plan(dialect)
        if several is None or len(several) == 1:
            return Sent(*plan.sent_by_name(first), False, plan.writes, plan)
        values = [plan.sent_by_name(one)[1] for one in several]
        return Sent(plan.compiled.string, values, True, plan.writes, plan)
    # A write is never asked for what it made, so its text is the same for one as for many.
    many = bool(given) and getattr(statement, "is_dml", False)
    plan, standing = _found(statement, dialect, first, list(first), many=many)
    text, ordered = plan.sent(standing)
    if several is None or len(several) == 1:
        return Sent(text, ordered, False, plan.writes, plan)
    # Lists of values in a statement and lists of values to run it for do not go together.
    rest = [plan.sent({**standing, **plan.named(one)})[1] for one in several[1:]]
    return Sent(text, [ordered, *rest], True, plan.writes, plan)

"""Pages of projects: the 18 sort orders as data, and the statement of a page in any of them.

Nulls are last in both directions and the id is the last key, in the direction of the first. A nullable key is thus two
index ranges, the rows that have a key and the ones that have none, and a statement reads them one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    false,
    func,
    literal,
    select,
    true,
    tuple_,
    union_all,
)

from .among import is_always
from .collections import Source
from .compiled import Statement
from .projects import FORMS, PROJECTS, ProjectRow, aliases, form
from .reads import Reads


class ProjectSortOrder(Enum):
    """What projects are sorted by, and in which direction. Source: the sort orders of the REST search."""

    CREATED_ASCENDING = "CREATED_ASCENDING"
    CREATED_DESCENDING = "CREATED_DESCENDING"
    MODIFIED_ASCENDING = "MODIFIED_ASCENDING"
    MODIFIED_DESCENDING = "MODIFIED_DESCENDING"
    PROJECT_TYPE_NAME_ASCENDING = "PROJECT_TYPE_NAME_ASCENDING"
    PROJECT_TYPE_NAME_DESCENDING = "PROJECT_TYPE_NAME_DESCENDING"
    CUSTOMER_ASCENDING = "CUSTOMER_ASCENDING"
    CUSTOMER_DESCENDING = "CUSTOMER_DESCENDING"
    PARTNER_ASCENDING = "PARTNER_ASCENDING"
    PARTNER_DESCENDING = "PARTNER_DESCENDING"
    PROJECT_DEADLINE_ASCENDING = "PROJECT_DEADLINE_ASCENDING"
    PROJECT_DEADLINE_DESCENDING = "PROJECT_DEADLINE_DESCENDING"
    PROJECT_VALUE_ASCENDING = "PROJECT_VALUE_ASCENDING"
    PROJECT_VALUE_DESCENDING = "PROJECT_VALUE_DESCENDING"
    PROJECT_STORE_CONTACT_ASCENDING = "PROJECT_STORE_CONTACT_ASCENDING"
    PROJECT_STORE_CONTACT_DESCENDING = "PROJECT_STORE_CONTACT_DESCENDING"
    PROJECT_CURRENT_WORKFLOW_STEP_ASCENDING = "PROJECT_CURRENT_WORKFLOW_STEP_ASCENDING"
    PROJECT_CURRENT_WORKFLOW_STEP_DESCENDING = "PROJECT_CURRENT_WORKFLOW_STEP_DESCENDING"


_KEYS: dict[str, Column[Any]] = {
    "CREATED": PROJECTS.c.created,
    "MODIFIED": PROJECTS.c.modified,
    "PROJECT_TYPE_NAME": PROJECTS.c.project_type_name_key,
    "CUSTOMER": PROJECTS.c.customer_key,
    "PARTNER": PROJECTS.c.partner_key,
    "PROJECT_DEADLINE": PROJECTS.c.deadline,
    "PROJECT_VALUE": PROJECTS.c.project_value,
    "PROJECT_STORE_CONTACT": PROJECTS.c.store_contact_key,
    "PROJECT_CURRENT_WORKFLOW_STEP": PROJECTS.c.workflow_step_key,
}


class Position(NamedTuple):
    """A place in an order, whether or not a project is there: the sort key, and the id."""

    key: Any
    id: str


class Order(NamedTuple):
    """A sort order as the statement needs it; the key may be the id itself."""

    key: Column[Any]
    descending: bool

    @classmethod
    def of(cls, sort: ProjectSortOrder | None) -> Order:
        """The key and direction of a sort order; none given is by id, ascending."""
        if sort is None:
            return cls(PROJECTS.c.id, descending=False)
        name, _, direction = sort.value.rpartition("_")
        return cls(_KEYS[name], direction == "DESCENDING")

    def position(self, row: Any) -> Position:
        """Where a row is."""
        return Position(getattr(row, self.key.name), row.id)


class Slice(NamedTuple):
    """Which rows of an order: `limit` of those between two positions, from the front or from the back."""

    limit: int
    offset: int = 0
    after: Position | None = None
    before: Position | None = None
    backward: bool = False


class _SliceShape(NamedTuple):
    """What the statement of a slice depends on: which bounds it has, and for each whether it is above the nulls."""

    offset: bool
    after: bool | None
    before: bool | None
    backward: bool

    @classmethod
    def of(cls, wanted: Slice) -> _SliceShape:
        """The shape of a slice."""
        after, before = (
            None if place is None else place.key is not None
            for place in (wanted.after, wanted.before)
        )
        return cls(wanted.offset > 0, after, before, wanted.backward)


class _Range(NamedTuple):
    """A range of an index: the columns it is sorted by, and the condition to be in it."""

    keys: Sequence[Column[Any]]
    within: ColumnElement[bool]


def _range(
    order: Order,
    keys: Sequence[Column[Any]],
    member: ColumnElement[bool],
    after: Position | None,
    before: Position | None,
) -> _Range:
    """The rows of a range strictly between two positions of it."""
    for position, upwards in ((after, not order.descending), (before, order.descending)):
        if position is not None:
            values = (position.key, position.id)[-len(keys) :]
            bound = tuple_(*(_bound(v, k) for v, k in zip(values, keys, strict=True)))
            # One comparison of rows, since databases walk an index for it; and it takes no null.
            member &= tuple_(*keys) > bound if upwards else tuple_(*keys) < bound
    return _Range(keys, member)


def _bound(value: Any, column: Column[Any]) -> ColumnElement[Any]:
    return value if isinstance(value, BindParameter) else literal(value, column.type)


def _ranges(order: Order, wanted: Slice) -> list[_Range]:
    """The ranges that hold the rows, in the direction of reading."""
    key, after, before = order.key, wanted.after, wanted.before
    if not key.nullable:
        keys = (key,) if key is PROJECTS.c.id else (key, PROJECTS.c.id)
        return [_range(order, keys, true(), after, before)]
    found = []
    if after is None or after.key is not None:
        end = None if before is None or before.key is None else before
        bounded = after is not None or end is not None
        member = true() if bounded else key.is_not(None)
        found.append(_range(order, (key, PROJECTS.c.id), member, after, end))
    if before is None or before.key is None:
        start = None if after is None or after.key is not None else after
        found.append(_range(order, (PROJECTS.c.id,), key.is_(None), start, before))
    return found[::-1] if wanted.backward else found


def statement(
    where: ColumnElement[bool],
    order: Order,
    wanted: Slice,
    columns: Sequence[ColumnElement[Any]] = tuple(PROJECTS.c),
) -> Select[Any]:
    """The rows of a slice of the projects that meet a condition, in the direction of reading.

    The columns must have the id and the key of the order.
    """
    descending = order.descending != wanted.backward

    def walk(columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        return [column.desc() if descending else column.asc() for column in columns]

    skips = isinstance(wanted.offset, BindParameter) or wanted.offset > 0
    ranges = _ranges(order, wanted)
    if not ranges:
        return select(*columns).where(false())
    if len(ranges) == 1:
        ((keys, within),) = ranges
        rows = select(*columns).where(where, within).order_by(*walk(keys)).limit(wanted.limit)
        return rows.offset(wanted.offset) if skips else rows

    depth = wanted.offset + wanted.limit if skips else wanted.limit
    head, tail = (
        select(*columns).where(where, within).order_by(*walk(keys)).limit(depth)
        for keys, within in ranges
    )
    first = head.cte("first")
    # The second range is not read when the first one has enough.
    missing = select(func.count()).select_from(first).scalar_subquery() < depth
    found = union_all(select(first), select(tail.where(missing).subquery())).subquery()
    key = found.c[order.key.name]
    keyed_first = key.is_(None).desc() if wanted.backward else key.is_(None).asc()
    return (
        select(found)
        .order_by(keyed_first, *walk((key, found.c.id)))
        .limit(wanted.limit)
        .offset(wanted.offset if skips else None)
    )


@lru_cache(FORMS)
def _template(order: Order, shape: _SliceShape, read: Reads | None) -> Statement:
    """The statement of all slices of a shape, of all projects; the values of a slice have names in it."""

    def position(which: str, keyed: bool | None) -> Position | None:
        if keyed is None:
            return None
        key = bindparam(f"{which}_key", type_=order.key.type) if keyed else None
        return Position(key, cast("str", bindparam(f"{which}_id", type_=PROJECTS.c.id.type)))

    wanted = Slice(
        cast("int", bindparam("limit", type_=Integer)),
        cast("int", bindparam("offset", type_=Integer)) if shape.offset else 0,
        position("after", shape.after),
        position("before", shape.before),
        shape.backward,
    )
    columns, row = form(read)
    return Statement(statement(true(), order, wanted, columns), row, aliases(read))


def _values(wanted: Slice) -> dict[str, Any]:
    values: dict[str, Any] = {"limit": wanted.limit, "offset": wanted.offset}
    for which, place in (("after", wanted.after), ("before", wanted.before)):
        if place is not None:
            values |= {f"{which}_key": place.key, f"{which}_id": place.id}
    return values


async def page(
    source: Source,
    where: ColumnElement[bool],
    order: Order,
    wanted: Slice,
    read: Reads | None = None,
) -> list[ProjectRow]:
    """The rows of a slice, in the order asked for.

    `read` has what will be read of them, beside their position; None: anything.
    """
    if read is not None:
        read = read.using(order.key.name)
    rows: Sequence[ProjectRow]
    if is_always(where):
        rows = await source.run(_template(order, _SliceShape.of(wanted), read), _values(wanted))
    else:
        columns, row = form(read)
        found = await source.run(statement(where, order, wanted, columns))
        rows = [row(one) for one in found]
    return list(rows[::-1] if wanted.backward else rows)


async def count(source: Source, where: ColumnElement[bool]) -> int:
    """How many projects meet a condition."""
    ((found,),) = await source.run(select(func.count()).select_from(PROJECTS).where(where))
    return int(found)

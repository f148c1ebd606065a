"""Searches: numbered pages, pages between cursors, counts, facets and sums, each read only when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_

from ..data import access, conditions, facets, search, sums
from ..data.collections import Source
from ..data.facets import FacetValue, ProjectFacetField
from ..data.filters import ProjectFilter, fingerprint
from ..data.projects import ProjectRow
from ..data.search import Position, ProjectSortOrder, Slice
from ..data.transactions import Summary, summary
from .access import require_read
from .context import Context
from .cursors import Cursors
from .errors import BadUserInput
from .filters import check

LIMIT = 100
DEPTH_LIMIT = 10_000
DEFAULT = 20

T = TypeVar("T")


class Once(Generic[T]):
    """Something that is read when it is first asked for, and kept."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        # Made when it is needed: most of what could be read is not.
        self._lock: asyncio.Lock | None = None
        self._found: list[T] = []

    async def __call__(self) -> T:
        """What was read."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        async with self._lock:
            if not self._found:
                self._found.append(await self._read())
        return self._found[0]


class Facet(NamedTuple):
    """A field, and its most frequent values."""

    field: ProjectFacetField
    values: Sequence[FacetValue]


class Hits:
    """The projects that a search finds among those the caller sees."""

    def __init__(self, context: Context, query: str | None, wanted: ProjectFilter | None) -> None:
        require_read(context.caller)
        self.source: Source = context.database
        self.read = context.loaders.read("Project")
        self.where: ColumnElement[bool] = access.visible(context.caller.stores)
        if query is not None or wanted is not None:
            check(query, wanted)
            dialect = self.source.dialect
            self.where = and_(
                self.where,
                conditions.free_text(query, dialect),
                conditions.condition(wanted or ProjectFilter(), dialect, context.clock()),
            )
        # Nothing here holds itself: what an operation has read goes with it, not when the collector comes.
        self.count = Once(partial(search.count, self.source, self.where))
        self.facets = Once(partial(_facets, self.source, self.where))


async def _facets(source: Source, where: ColumnElement[bool]) -> list[Facet]:
    found = await facets.counts(source, where)
    return [Facet(field, values) for field, values in found.items()]


class SearchPage:
    """A numbered page of a search."""

    def __init__(self, hits: Hits, sort: ProjectSortOrder | None, take: int, page: int) -> None:
        self.take = take
        self.page = page
        self.total_hits = hits.count
        self.facets = hits.facets
        # One more than asked for tells whether there is more.
        wanted = Slice(take + 1, offset=take * (page - 1))
        order = search.Order.of(sort)
        self._found = Once(lambda: search.page(hits.source, hits.where, order, wanted, hits.read))

    async def result(self) -> list[ProjectRow]:
        """The projects of the page."""
        return (await self._found())[: self.take]

    async def has_next_page(self) -> bool:
        """Whether there is more after the page."""
        return len(await self._found()) > self.take

    async def total_pages(self) -> int:
        """How many pages there are."""
        return -(-await self.total_hits() // self.take)


def search_projects(
    context: Context,
    query: str | None = None,
    take: int = 10,
    page: int = 1,
    sort_order: ProjectSortOrder | None = None,
    wanted: ProjectFilter | None = None,
) -> SearchPage:
    """A numbered page of the projects that a search finds. Raises: Forbidden, BadUserInput."""
    if page < 1:
        raise BadUserInput(f"page is {page}; pages count from 1, so the first page is page: 1")
    _check_size("take", take)
    if take * page > DEPTH_LIMIT:
        raise BadUserInput(
            f"take * page is {take * page:,}; the limit is {DEPTH_LIMIT:,}: "
            "read further with the query `projects`, whose cursors have no such limit"
        )
    return SearchPage(Hits(context, query, wanted), sort_order, take, page)


class Edge(NamedTuple):
    """A project with its cursor."""

    node: ProjectRow
    cursor: str


class ProjectPage:
    """A page of a list of projects between cursors."""

    def __init__(self, hits: Hits, cursors: Cursors, size: int, wanted: Slice) -> None:
        self.total_count = hits.count
        self.facets = hits.facets
        self._hits = hits
        self._cursors = cursors
        self._size = size
        self._wanted = wanted
        self._found = Once(partial(_read, hits, cursors, wanted))

    async def nodes(self) -> list[ProjectRow]:
        """The projects of the page."""
        found = await self._found()
        return found[-self._size :] if self._wanted.backward else found[: self._size]

    async def edges(self) -> list[Edge]:
        """The projects of the page with their cursors."""
        return [Edge(row, self._cursors.of(row)) for row in await self.nodes()]

    async def page_info(self) -> PageInfo:
        """Where the page is."""
        rows = await self.nodes()
        return PageInfo(
            self,
            self._cursors.of(rows[0]) if rows else None,
            self._cursors.of(rows[-1]) if rows else None,
        )

    async def goes_on(self, *, backward: bool) -> bool:
        """Whether there is more before or after the page, in the whole list."""
        found, rows, wanted = await self._found(), await self.nodes(), self._wanted
        if wanted.backward == backward and len(found) > len(rows):
            return True
        if (wanted.after if backward else wanted.before) is None:
            return False
        if rows:
            end: Position | None = self._cursors.order.position(rows[0 if backward else -1])
        else:
            # Nothing is between the cursors, so what is on this side of the one is beyond the other.
            end = wanted.before if backward else wanted.after
        beyond = Slice(1, before=end, backward=True) if backward else Slice(1, after=end)
        return bool(await _read(self._hits, self._cursors, beyond))


async def _read(hits: Hits, cursors: Cursors, wanted: Slice) -> list[ProjectRow]:
    return await search.page(hits.source, hits.where, cursors.order, wanted, hits.read)


class PageInfo(NamedTuple):
    """Where a page is; what is around it is read when it is asked for."""

    page: ProjectPage
    start_cursor: str | None
    end_cursor: str | None

    @property
    def has_next_page(self) -> Awaitable[bool]:
        """Whether there is more after the page."""
        return self.page.goes_on(backward=False)

    @property
    def has_previous_page(self) -> Awaitable[bool]:
        """Whether there is more before the page."""
        return self.page.goes_on(backward=True)


def projects(
    context: Context,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    query: str | None = None,
    sort_order: ProjectSortOrder | None = None,
    wanted: ProjectFilter | None = None,
) -> ProjectPage:
    """The first or the last of the projects that a search finds, between cursors. Raises: Forbidden, BadUserInput."""
    if first is not None and last is not None:
        raise BadUserInput(f"first is {first} and last is {last}; give one of them")
    for name, size in (("first", first), ("last", last)):
        if size is not None:
            _check_size(name, size)
    hits = Hits(context, query, wanted)
    cursors = Cursors(sort_order, fingerprint(query, wanted))
    size = first or last or DEFAULT
    between = Slice(
        size + 1,
        after=cursors.position(after, "after"),
        before=cursors.position(before, "before"),
        backward=last is not None,
    )
    return ProjectPage(hits, cursors, size, between)


def _check_size(name: str, size: int) -> None:
    if not 1 <= size <= LIMIT:
        raise BadUserInput(
            f"{name} is {size}; the limits are 1 and {LIMIT}: for more, read several pages"
        )


class TransactionSums:
    """The sums of the transactions of all projects that a search finds."""

    def __init__(self, hits: Hits) -> None:
        self.total_hits = hits.count
        self.levels = Once(lambda: sums.by_level(hits.source, hits.where))

    async def level(self, name: str) -> Summary:
        """The sum of one level."""
        return (await self.levels())[name]

    async def total(self) -> Summary:
        """The sum of all levels."""
        return summary((await self.levels()).values())


def transaction_summary(
    context: Context, query: str | None = None, wanted: ProjectFilter | None = None
) -> TransactionSums:
    """The sums of a search. Raises: Forbidden, BadUserInput."""
    return TransactionSums(Hits(context, query, wanted))

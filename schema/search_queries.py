"""The root fields that search: numbered pages, pages between cursors, and sums."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from ..data import filters
from ..data.search import ProjectSortOrder
from ..execution.fields import reads
from ..resolvers import search
from ..resolvers.filters import TEXT_LIMIT, WORD_LIMIT
from .filters import ProjectFilter
from .info import Info
from .search import ProjectConnection, ProjectSearchResult, TransactionSummary

_Query = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Words, each of which must begin a word of the project's id, number, name, external reference, customer "
            "name, partner names, product names, skus or tags. Case and accents do not count; words are runs of "
            f"letters and digits. Limits: {TEXT_LIMIT:,} characters, {WORD_LIMIT} words. Absent, null or "
            "without a word: all projects."
        )
    ),
]
_Filter = Annotated[
    ProjectFilter | None,
    strawberry.argument(description="What the projects must meet. Absent or null: nothing."),
]
_SortOrder = Annotated[
    ProjectSortOrder | None,
    strawberry.argument(
        description="What the projects are sorted by. Absent or null: by id, ascending."
    ),
]


def _plain(given: ProjectFilter | None) -> filters.ProjectFilter | None:
    return None if given is None else given.command()


def _argument(description: str) -> Any:
    return strawberry.argument(description=description)


@strawberry.type
class SearchQueries:
    """The part of the root that searches."""

    @strawberry.field(
        metadata=reads(),
        graphql_type=ProjectSearchResult,
        description=(
            "A numbered page of the projects that a search finds, as REST has it. It reads the first "
            f"{search.DEPTH_LIMIT:,} projects; `projects` reads on without a limit."
        ),
    )
    def search_projects(
        self,
        info: Info,
        query: _Query = None,
        take: Annotated[
            int,
            _argument(f"How many projects, 1 to {search.LIMIT}; outside it is an error."),
        ] = 10,
        page: Annotated[
            int,
            _argument(
                "The number of the page; 1 is the first, 0 is an error. "
                f"take * page is at most {search.DEPTH_LIMIT:,}."
            ),
        ] = 1,
        sort_order: _SortOrder = None,
        filter: _Filter = None,  # noqa: A002
    ) -> Any:
        """A page of a search."""
        return search.search_projects(info.context, query, take, page, sort_order, _plain(filter))

    @strawberry.field(
        metadata=reads(),
        graphql_type=ProjectConnection,
        description=(
            "A page of the list of projects that a search finds, between cursors. Pages join to the whole list, "
            "whatever its length; projects that are there throughout appear once, also while others are added. `first` "
            f"or `last`, not both; without either, the first {search.DEFAULT}."
        ),
    )
    def projects(
        self,
        info: Info,
        first: Annotated[
            int | None,
            _argument(
                f"How many projects from the front, or from `after` on: 1 to {search.LIMIT}."
            ),
        ] = None,
        after: Annotated[
            str | None,
            _argument("Only what comes after this cursor, the `endCursor` of the page before."),
        ] = None,
        last: Annotated[
            int | None,
            _argument(
                f"How many projects from the back, or just before `before`: 1 to {search.LIMIT}."
            ),
        ] = None,
        before: Annotated[
            str | None,
            _argument(
                "Only what comes before this cursor, the `startCursor` of the page after; give `last` with it."
            ),
        ] = None,
        query: _Query = None,
        sort_order: _SortOrder = None,
        filter: _Filter = None,  # noqa: A002
    ) -> Any:
        """A page between cursors."""
        return search.projects(
            info.context, first, after, last, before, query, sort_order, _plain(filter)
        )

    @strawberry.field(
        metadata=reads(),
        graphql_type=TransactionSummary,
        description="The sums of the transactions of all projects that a search finds, however many.",
    )
    def transaction_summary(
        self,
        info: Info,
        query: _Query = None,
        filter: _Filter = None,  # noqa: A002
    ) -> Any:
        """The sums of a search."""
        return search.transaction_summary(info.context, query, _plain(filter))

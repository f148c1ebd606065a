"""Searches: their results, and the root fields that make them."""

from __future__ import annotations

from typing import Any

import strawberry

from ..data import facets
from ..data import search as data
from ..data.transactions import CHANGE_ORDER, PART
from ..data.transactions import PROJECT as PROJECT_LEVEL
from ..execution.fields import reads
from ..resolvers import search
from .enums import described
from .pages import PageInfo
from .projects import Project
from .transactions import Transaction

_SORTED_BY = {
    "CREATED": "when the project was created",
    "MODIFIED": "when the project was last changed",
    "PROJECT_TYPE_NAME": "the name of the type",
    "CUSTOMER": "the customer's `displayName`",
    "PARTNER": "the name of the partner: of `partner`, else of the first of `partners`",
    "PROJECT_DEADLINE": "the deadline",
    "PROJECT_VALUE": "the value",
    "PROJECT_STORE_CONTACT": "first and last name of the store contact",
    "PROJECT_CURRENT_WORKFLOW_STEP": "the name of the current workflow step",
}
_DIRECTIONS = {"ASCENDING": "smallest or earliest first", "DESCENDING": "largest or latest first"}

described(
    data.ProjectSortOrder,
    {
        f"{key}_{direction}": f"By {by}, {way}."
        for key, by in _SORTED_BY.items()
        for direction, way in _DIRECTIONS.items()
    },
    "What projects are sorted by. Texts are compared without case, character by character; projects without a value "
    "come last in both directions; projects that are equal are sorted by id, in the same direction.",
)
described(
    facets.ProjectFacetField,
    {
        "STATUS": "The status of the project.",
        "TYPE": "The id of the project's type.",
        "CATEGORY": "The category of the project.",
        "STORE": "The ids of the project's stores, main and additional.",
        "WORKFLOW_STEP": "The name of the current workflow step.",
        "PRODUCT_STATUS": "The statuses of the project's product lines.",
        "TAG": "The tags of the project.",
    },
    "What projects are counted by.",
)


@strawberry.type(description="A value of a facet, and how often it occurs.")
class FacetValue:
    """Served from `data.facets.FacetValue`."""

    value: str = strawberry.field(description="The value.")
    count: int = strawberry.field(
        description="How many projects of the search have it; a project counts once."
    )


@strawberry.type(
    description="How often the values of a field occur among the projects of a search."
)
class Facet:
    """Served from `resolvers.search.Facet`."""

    field: facets.ProjectFacetField = strawberry.field(description="The field.")
    values: list[FacetValue] = strawberry.field(
        description=(
            f"Its values, the most frequent first, then by value; {facets.LIMIT} at most. Projects without a value are "
            "not counted."
        )
    )


_FACETS = "All facets of the whole search. They cost time only when selected."
_TOTAL = "How many projects the whole search finds. It costs time only when selected."


@strawberry.type(description="Where a numbered page is.")
class SearchPageInfo:
    """Served from `resolvers.search.SearchPage`."""

    page: int = strawberry.field(
        description="The number of this page, as asked for; 1 is the first."
    )
    take: int = strawberry.field(description="How many projects a page has, as asked for.")

    @strawberry.field(
        metadata=reads(),
        description="How many pages there are, 0 when nothing was found. It costs time only when selected.",
    )
    async def total_pages(root: strawberry.Parent[search.SearchPage]) -> int:  # noqa: N805
        """Needs the count."""
        return await root.total_pages()

    @strawberry.field(metadata=reads(), description="Whether there is more after this page.")
    async def has_next_page(root: strawberry.Parent[search.SearchPage]) -> bool:  # noqa: N805
        """Needs no count."""
        return await root.has_next_page()


@strawberry.type(description="A numbered page of a search, and what is known of the whole of it.")
class ProjectSearchResult:
    """Served from `resolvers.search.SearchPage`."""

    @strawberry.field(
        metadata=reads(), graphql_type=list[Project], description="The projects of the page."
    )
    async def result(root: strawberry.Parent[search.SearchPage]) -> Any:  # noqa: N805
        """Rows of projects."""
        return await root.result()

    @strawberry.field(metadata=reads(), description=_TOTAL)
    async def total_hits(root: strawberry.Parent[search.SearchPage]) -> int:  # noqa: N805
        """Counted when asked for."""
        return await root.total_hits()

    @strawberry.field(metadata=reads(), graphql_type=list[Facet], description=_FACETS)
    async def facets(root: strawberry.Parent[search.SearchPage]) -> Any:  # noqa: N805
        """Counted when asked for."""
        return await root.facets()

    @strawberry.field(
        metadata=reads(), graphql_type=SearchPageInfo, description="Where the page is."
    )
    def page_info(root: strawberry.Parent[search.SearchPage]) -> Any:  # noqa: N805
        """The page tells."""
        return root


@strawberry.type(description="A project with its cursor.")
class ProjectEdge:
    """Served from `resolvers.search.Edge`."""

    node: Project = strawberry.field(description="The project.")
    cursor: str = strawberry.field(
        description="Give it as `after` or `before`. Opaque, and good for the same query, filter and sort order only."
    )


@strawberry.type(description="A page of a list of projects, and what is known of the whole list.")
class ProjectConnection:
    """Served from `resolvers.search.ProjectPage`."""

    @strawberry.field(
        metadata=reads(),
        graphql_type=list[ProjectEdge],
        description="The projects of the page with their cursors.",
    )
    async def edges(root: strawberry.Parent[search.ProjectPage]) -> Any:  # noqa: N805
        """Rows with cursors."""
        return await root.edges()

    @strawberry.field(
        metadata=reads(),
        graphql_type=list[Project],
        description="The projects of the page without cursors.",
    )
    async def nodes(root: strawberry.Parent[search.ProjectPage]) -> Any:  # noqa: N805
        """Rows of projects."""
        return await root.nodes()

    @strawberry.field(
        metadata=reads(), graphql_type=PageInfo, description="Where the page begins and ends."
    )
    async def page_info(root: strawberry.Parent[search.ProjectPage]) -> Any:  # noqa: N805
        """The page tells."""
        return await root.page_info()

    @strawberry.field(metadata=reads(), description=_TOTAL)
    async def total_count(root: strawberry.Parent[search.ProjectPage]) -> int:  # noqa: N805
        """Counted when asked for."""
        return await root.total_count()

    @strawberry.field(metadata=reads(), graphql_type=list[Facet], description=_FACETS)
    async def facets(root: strawberry.Parent[search.ProjectPage]) -> Any:  # noqa: N805
        """Counted when asked for."""
        return await root.facets()


@strawberry.type(
    description="The sums of the transactions of all projects that a search finds; all 0 when there are none."
)
class TransactionSummary:
    """Served from `resolvers.search.TransactionSums`."""

    @strawberry.field(metadata=reads(), description=_TOTAL)
    async def total_hits(root: strawberry.Parent[search.TransactionSums]) -> int:  # noqa: N805
        """Counted when asked for."""
        return await root.total_hits()

    @strawberry.field(
        metadata=reads(),
        graphql_type=Transaction,
        description="The sum of the projects' own transactions.",
    )
    async def project_transaction_summary(root: strawberry.Parent[search.TransactionSums]) -> Any:  # noqa: N805
        """The level of projects."""
        return await root.level(PROJECT_LEVEL)

    @strawberry.field(
        metadata=reads(),
        graphql_type=Transaction,
        description="The sum of the transactions of project parts.",
    )
    async def parts_transaction_summary(root: strawberry.Parent[search.TransactionSums]) -> Any:  # noqa: N805
        """The level of parts."""
        return await root.level(PART)

    @strawberry.field(
        metadata=reads(),
        graphql_type=Transaction,
        description="The sum of the transactions of change orders.",
    )
    async def change_transaction_summary(root: strawberry.Parent[search.TransactionSums]) -> Any:  # noqa: N805
        """The level of change orders."""
        return await root.level(CHANGE_ORDER)

    @strawberry.field(
        metadata=reads(), graphql_type=Transaction, description="The sum of all three."
    )
    async def total_transaction_summary(root: strawberry.Parent[search.TransactionSums]) -> Any:  # noqa: N805
        """All levels."""
        return await root.total()

"""Pages of a project's log and of its versions, newest first, with cursors that fit nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..data.differences import Change, differences
from ..data.versions import Version
from . import opaque
from .batch import place
from .disclosure import shown
from .errors import BadUserInput

if TYPE_CHECKING:
    from aiodataloader import DataLoader

LIMIT = 100
# A place is a version, or counts down from -1; databases hold it in four bytes.
_PLACES = range(-(2**31), 2**31)


class Keyed(Protocol):
    """A project, as far as its histories need it."""

    @property
    def id(self) -> str:
        """The project's id."""
        ...

    @property
    def key(self) -> Any:
        """What finds the rows nested in it."""
        ...


class Edge(NamedTuple):
    """A row with its cursor."""

    node: Any
    cursor: str


class PageInfo(NamedTuple):
    """Where a page is."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


class Page(NamedTuple):
    """A page of a history."""

    edges: Sequence[Edge]
    nodes: Sequence[Any]
    page_info: PageInfo


async def page(
    loader: DataLoader[Any, Any], project: Keyed, history: str, first: int, after: str | None
) -> Page:
    """The newest rows of a history, `log` or `versions`, below a cursor if one is given.

    Raises: BadUserInput for a page size outside 1..100, and INVALID_CURSOR for a cursor of something else.
    """
    if not 1 <= first <= LIMIT:
        raise BadUserInput(
            f"first is {first}; the limits are 1 and {LIMIT}: for more, give endCursor as after"
        )
    below = None if after is None else _place(after, project.id, history)
    # One more than asked for tells whether there is more.
    found = await loader.load((project.key, first + 1, below))
    edges = [Edge(item, _cursor(project.id, history, place(item))) for item in found[:first]]
    info = PageInfo(
        has_next_page=len(found) > first,
        has_previous_page=below is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Page(edges, [edge.node for edge in edges], info)


def _cursor(project_id: str, history: str, at: int) -> str:
    return opaque.written(history, project_id, at)


def _place(cursor: str, project_id: str, history: str) -> int:
    try:
        kind, owner, at = opaque.read(cursor)
    except ValueError:
        kind = owner = at = None
    if kind != history or owner != project_id or type(at) is not int or at not in _PLACES:
        raise BadUserInput(
            f"after is {opaque.quoted(cursor)}, which is no cursor of {history} of project {project_id!r}; give the "
            "endCursor of a page of it, or leave it out for the newest",
            code="INVALID_CURSOR",
        )
    return at


def changes_of(version: Version) -> Sequence[Change]:
    """What a write changed; the first one made everything that it began with."""
    if version.version == 1 and version.snapshot is not None:
        return shown(differences({}, version.snapshot))
    return shown(Change(*change) for change in version.changes)

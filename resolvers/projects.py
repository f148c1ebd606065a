"""Single projects and project types, and the money that follows from a project's transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ..data import project_types
from ..data.documents import is_storable
from ..data.money import total
from ..data.projects import ProjectRow
from ..data.transactions import CHANGE_ORDER, PART, PROJECT, value
from .context import Context
from .errors import BadUserInput
from .revisions import at_version


async def project(
    context: Context, project_id: str, version: int | None = None
) -> ProjectRow | None:
    """A visible project as it is, or as the write of a version left it; None when there is no such thing.

    Raises: BadUserInput for a version below 1, and for an id that cannot be one.
    """
    if version is not None and version < 1:
        raise BadUserInput(
            f"atVersion is {version}; versions count from 1: give 1 or more, or leave it out for the newest"
        )
    _require_storable(project_id)
    if version is None:
        return await context.loaders.along("project", project_id)  # type: ignore[no-any-return]
    row: ProjectRow | None = await context.loaders.project.load(project_id)
    if row is None:
        return None
    # Who sees the project now sees its past.
    revision = await at_version(context.database, row.id, version)
    return None if revision is None else revision.row


async def project_type(context: Context, type_id: str) -> Any:
    """The row of a project type; None when there is none. Raises: BadUserInput for an id that cannot be one."""
    _require_storable(type_id)
    return await context.loaders.project_type.load(type_id)


async def types(context: Context, active: bool | None = None) -> Sequence[Any]:
    """Rows of all project types, or of the active or inactive ones."""
    return await project_types.every(context.database, active=active)


def _require_storable(wanted: str) -> None:
    if not is_storable(wanted):
        raise BadUserInput(
            "id has a character that no id has, U+0000 or a lone surrogate; give it as a query answered it"
        )


class Breakdown(NamedTuple):
    """The value of a project by level. Units: the tenant's currency."""

    project: Decimal
    parts: Decimal
    change_orders: Decimal
    additional: Decimal
    total: Decimal


def breakdown(transactions: Iterable[Any], additional: Decimal, whole: Decimal) -> Breakdown:
    """Where the value of a project comes from; the transactions are those of all its levels."""
    values: dict[str, list[Decimal]] = {PROJECT: [], PART: [], CHANGE_ORDER: []}
    for transaction in transactions:
        values[transaction.level].append(value(transaction))
    return Breakdown(
        total(values[PROJECT]),
        total(values[PART]),
        total(values[CHANGE_ORDER]),
        additional,
        whole,
    )

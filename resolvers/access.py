"""Who asks, and what the role allows: the only place where a role is compared.

Which projects a caller sees is one SQL condition, `data.access.visible(stores)`; it takes `Caller.stores`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..data.projects import Project
from .errors import Forbidden

READ = "ProjectRead"
ADMIN = "ProjectAdmin"


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a token: `sub`, known roles, and the stores in scope (None: all stores)."""

    name: str
    roles: frozenset[str]
    stores: frozenset[str] | None = None


def require_read(caller: Caller) -> None:
    """Lets a reader or an admin pass. Raises: Forbidden."""
    if not caller.roles & {READ, ADMIN}:
        raise Forbidden(
            f"a query needs the role {READ} or {ADMIN}; the token of {caller.name!r} has neither"
        )


def admin_refusal(caller: Caller) -> Forbidden | None:
    """Why the caller may not write; None when it may."""
    if ADMIN in caller.roles:
        return None
    return Forbidden(
        f"a mutation needs the role {ADMIN}; the token of {caller.name!r} does not have it"
    )


def require_admin(caller: Caller) -> None:
    """Lets an admin pass. Raises: Forbidden."""
    refused = admin_refusal(caller)
    if refused is not None:
        raise refused


def may_have_receipts(caller: Caller) -> bool:
    """Whether the caller may be told how an operation was executed."""
    return ADMIN in caller.roles


def require_scope(caller: Caller, before: Project | None, after: Project) -> None:
    """Lets a write pass that names no store outside the caller's scope and leaves the project within it.

    Raises: Forbidden.
    """
    if caller.stores is None:
        return
    named = _stores(after) - (_stores(before) if before else set())
    outside = sorted(named - caller.stores)
    if outside:
        raise Forbidden(
            f"the store {outside[0]!r} is outside the stores of {caller.name!r}: "
            f"{', '.join(sorted(caller.stores)) or 'none'}"
        )
    if not _stores(after) & caller.stores:
        raise Forbidden(
            f"the project would be in no store of {caller.name!r}; keep one of its stores"
        )


def sees(caller: Caller, project: Project) -> bool:
    """Whether a project is among those of the caller: what `data.access.visible` says in SQL."""
    return caller.stores is None or bool(_stores(project) & caller.stores)


def _stores(project: Project) -> set[str]:
    main = {project.store_id} if project.store_id else set()
    return main | {store.store_id for store in project.stores or ()}

"""Who asks, and what the role allows: the only place where a role is compared.

Which projects a caller sees is one SQL condition, `data.access.visible(stores)`; it takes `Caller.stores`.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        raise Forbidden(f"a query needs the role {READ} or {ADMIN}; the token of {caller.name!r} has neither")


def is_admin(caller: Caller) -> bool:
    """Whether the caller may write."""
    return ADMIN in caller.roles


def require_admin(caller: Caller) -> None:
    """Lets an admin pass. Raises: Forbidden."""
    if not is_admin(caller):
        raise Forbidden(f"a mutation needs the role {ADMIN}; the token of {caller.name!r} does not have it")

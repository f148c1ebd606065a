"""What follows from a write without being asked for: when parts were changed, and the value without transactions."""

from __future__ import annotations

from datetime import datetime

from ..data.folded import untouched
from ..data.money import ZERO
from ..data.projects import Project
from .commands import Command
from .owners import OWNERS


def settle(before: Project, after: Project, command: Command) -> None:
    """Lets the value of a project go with its last transaction; what the command gives itself stands."""
    if not before.has_transactions() or after.has_transactions():
        return
    if not command.gives("project_value"):
        after.project_value = after.project_additional_value
    if not command.gives("project_budget_value"):
        after.project_budget_value = ZERO


def stamp(before: Project | None, after: Project, now: datetime) -> None:
    """Says of each part and change order when it was made and last changed, where the write does not say it itself."""
    for name in OWNERS.keys() - untouched(after):
        known = {owner.id: owner for owner in getattr(before, name, None) or ()}
        for owner in getattr(after, name) or ():
            old = known.get(owner.id)
            if old is None:
                owner.created = owner.created or now
                owner.modified = owner.modified or now
            elif owner.modified == old.modified and owner.model_dump() != old.model_dump():
                owner.modified = now

"""Change orders: what was agreed on after the start, with tasks and transactions of their own."""

from __future__ import annotations

from .collections import Collection
from .documents import Time, Word
from .parts import ProjectPart


class ChangeOrder(ProjectPart):
    """A change to the agreed work; not approved: `approved` is None. Source: ChangeOrder."""

    approved: Time = None
    approved_by: Word | None = None


CHANGE_ORDERS = Collection("project_change_order", ChangeOrder)

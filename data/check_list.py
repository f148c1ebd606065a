"""The partner's check list of a project."""

from __future__ import annotations

from .collections import Collection
from .documents import Document, Time, Word


class CheckListItem(Document):
    """A line to tick off. Source: CheckListItem."""

    text: Word | None = None
    comment: Word | None = None
    is_completed: bool = False
    completed: Time = None
    completed_by_id: Word | None = None
    completed_by_name: Word | None = None


CHECK_LIST = Collection("project_check_list_item", CheckListItem)

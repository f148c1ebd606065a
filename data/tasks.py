"""Tasks of project parts and change orders."""

from __future__ import annotations

from .collections import Collection
from .documents import Document, Key, Time, Word
from .properties import Property


class Task(Document):
    """Something to do for a part or a change order. Source: Task."""

    id: Key = ""
    text: Word | None = None
    comment: Word | None = None
    is_completed: bool = False
    completed: Time = None
    completed_by_id: Word | None = None
    completed_by_name: Word | None = None
    created: Time = None
    properties: list[Property] | None = None


TASKS = Collection("project_task", Task, keys=("level", "owner_id"))

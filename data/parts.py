"""Project parts: pieces of the work with tasks and transactions of their own."""

from __future__ import annotations

from typing import Annotated

from .collections import Calculated, Collection, Elsewhere
from .documents import Document, Key, Time, Word
from .properties import Property
from .tasks import Task
from .transactions import Transaction


class ProjectPart(Document):
    """A piece of the project's work. Source: ProjectPart."""

    id: Key = ""
    title: Word | None = None
    description: Word | None = None
    status: Word | None = None
    cart_ids: list[Word] | None = None
    tasks: Annotated[list[Task] | None, Elsewhere] = None
    transactions: Annotated[list[Transaction] | None, Elsewhere] = None
    transaction_summary: Calculated = None
    properties: list[Property] | None = None
    created: Time = None
    modified: Time = None


PARTS = Collection("project_part", ProjectPart)

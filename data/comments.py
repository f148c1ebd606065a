"""Comments on a project: those partners see and those customers see."""

from __future__ import annotations

from .collections import Collection
from .documents import Document, Word


class Comment(Document):
    """A remark, maybe an answer to another. Source: Comment."""

    id: Word = ""
    object_id: Word | None = None
    object_type: Word | None = None
    type: Word | None = None
    title: Word | None = None
    detail: Word | None = None
    creator: Word | None = None
    user_id: Word | None = None
    parent_id: Word | None = None
    tags: list[Word] | None = None


COMMENTS = Collection("project_comment", Comment)
CUSTOMER_COMMENTS = Collection("project_customer_comment", Comment)

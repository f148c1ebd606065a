"""Errors that the order system recorded on a project."""

from __future__ import annotations

from .collections import Collection
from .documents import Document, Time, Word


class EntityError(Document):
    """Something that went wrong with the project elsewhere. Source: EntityError."""

    key: Word | None = None
    message: Word | None = None
    details: Word | None = None
    comment: Word | None = None
    severity: Word | None = None
    status: Word | None = None
    occurred: Time = None
    reference_id: Word | None = None


ERRORS = Collection("project_error", EntityError)

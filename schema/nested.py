"""Fields whose value is JSON inside a row: turned into documents when they are selected, never before.

The parent is a row, whose value is what the database has, or a document, whose value is one already.
"""

from __future__ import annotations

from typing import Any

import strawberry

from ..data.documents import Document
from ..execution.fields import reads


def _document(model: type[Document], value: Any) -> Any:
    return value if value is None or isinstance(value, Document) else model.of(value)


def document_field(name: str, model: type[Document], *, description: str) -> Any:
    """A field that is one document, or null."""

    def resolve(root: strawberry.Parent[Any]) -> Any:
        return _document(model, getattr(root, name))

    resolve.__name__ = name
    return strawberry.field(resolver=resolve, description=description, metadata=reads(name))


def documents_field(name: str, model: type[Document], *, description: str) -> Any:
    """A field that is a list of documents; no list is an empty one."""

    def resolve(root: strawberry.Parent[Any]) -> Any:
        return [_document(model, value) for value in getattr(root, name) or ()]

    resolve.__name__ = name
    return strawberry.field(resolver=resolve, description=description, metadata=reads(name))


def words_field(name: str, *, description: str) -> Any:
    """A field that is a list of strings; no list is an empty one."""

    def resolve(root: strawberry.Parent[Any]) -> Any:
        return getattr(root, name) or []

    resolve.__name__ = name
    return strawberry.field(resolver=resolve, description=description, metadata=reads(name))

"""What callers see of a stored change: under the schema's names, and nothing that the schema has no field for.

Versions keep everything that differs, also members of a document that are kept for the export alone: a customer's
birth date, credit or consents (the narrow customer of our ruling) and what nobody models.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple, get_args

from pydantic.alias_generators import to_camel

from ..data.differences import Change, Segment
from ..data.documents import Document
from ..data.projects import Project

Model = type[Document] | None


class _Member(NamedTuple):
    """A member that the schema has: its name there, and the class of what is in it, if it is of documents."""

    name: str
    model: Model


@cache
def _members(model: type[Document]) -> dict[str, _Member]:
    """The members of a document class, by the name REST has for them."""
    return {
        field.alias or name: _Member(to_camel(name), _nested(field.annotation))
        for name, field in model.model_fields.items()
    }


def _nested(annotation: Any) -> Model:
    """The document class inside an annotation such as `list[ProductRow] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Document):
        return annotation
    return next((found for part in get_args(annotation) if (found := _nested(part))), None)


def shown(changes: Iterable[Change]) -> list[Change]:
    """The changes as callers see them, without those that they do not."""
    return [seen for change in changes if (seen := _shown(change)) is not None]


def _shown(change: Change) -> Change | None:
    model: Model = Project
    path: list[Segment] = []
    for segment in change.segments:
        if isinstance(segment, str):
            member = _members(model).get(segment) if model else None
            if member is None:
                return None
            path.append(member.name)
            model = member.model
        else:
            path.append(segment)
    before, after = _value(model, change.before), _value(model, change.after)
    return None if before == after else Change(path, before, after)


def _value(model: Model, value: Any) -> Any:
    if model is None:
        return value
    if isinstance(value, list):
        return [_value(model, item) for item in value]
    if not isinstance(value, dict):
        return value
    members = _members(model)
    return {
        members[name].name: _value(members[name].model, item)
        for name, item in value.items()
        if name in members
    }

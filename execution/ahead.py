"""What an operation will load for the one object that it is about, known before that object is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_object_type
from graphql.execution.collect_fields import GroupedFieldSet

from .fields import ALONG, LOADER, READS, LoaderCall, is_wrapped
from .operation import Operation

Ahead = list[tuple[str, Callable[[Any], Any]]]


def ahead(operation: Operation, root: GraphQLObjectType, fields: GroupedFieldSet) -> Ahead:
    """The loaders, and what makes their keys, of the object of the root's only field: see `along` in fields.py.

    Raises: Unsupported.
    """
    if len(fields) != 1:
        return []
    (details,) = fields.values()
    if details[0].node.name.value == "__typename":
        return []
    field, definition = operation.field(root, details)
    kind = get_named_type(field.type)
    if ALONG not in (definition.metadata or {}) or not is_object_type(kind):
        return []
    found: Ahead = []
    for nested in operation.below(kind, details).values():
        if nested[0].node.name.value == "__typename":
            continue
        _, definition = operation.field(kind, nested)
        metadata: Mapping[Any, Any] = definition.metadata or {}
        loader: LoaderCall | None = metadata.get(LOADER)
        if loader is None or is_wrapped(definition):
            continue
        # By the key alone, which is all that is known.
        if loader.key == "key" or metadata.get(READS) == ("key",):
            found.append((loader.loader, loader.key_of))
    return found

"""How large the variables of an operation are, told before their values are read, which takes longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLSchema,
    OperationDefinitionNode,
    get_nullable_type,
    is_leaf_type,
    type_from_ast,
)

# Reading takes about a microsecond for each.
MOST = 75_000
# A member that the type of its object does not have costs an error, with a search for what may have been meant.
_UNKNOWN = 100
_HOLDS = (list, dict)  # what has values in it


class Sizes:
    """The variables of an operation, of which lists and objects have a size."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._types: dict[str, Any] = {}
        for node in operation.variable_definitions or ():
            kind: Any = type_from_ast(schema, node.type)
            if not is_leaf_type(get_nullable_type(kind)):
                self._types[node.variable.name.value] = kind

    def size(self, given: Mapping[str, Any]) -> int:
        """How many values there are, and for each object how many fields its type has; it may stop beyond the most."""
        # What nobody declared has no type, and was read all the same.
        waiting = [
            (self._types.get(name), value)
            for name, value in given.items()
            if name in self._types or isinstance(value, _HOLDS)
        ]
        size = len(waiting)
        while waiting and size <= MOST:
            kind, value = waiting.pop()
            if kind is None:
                size += len(value)
                items = value.values() if isinstance(value, dict) else value
                waiting += [(None, item) for item in items if isinstance(item, _HOLDS)]
                continue
            kind = get_nullable_type(kind)
            inner = kind.of_type if isinstance(kind, GraphQLList) else kind
            if isinstance(value, list):
                size += len(value)
                if size <= MOST and not is_leaf_type(get_nullable_type(inner)):
                    waiting += [(inner, item) for item in value]
            elif isinstance(value, dict) and isinstance(
                inner := get_nullable_type(inner), GraphQLInputObjectType
            ):
                fields = inner.fields
                size += max(len(fields), _UNKNOWN * (len(value) - len(fields)))
                waiting += [
                    (fields[name].type, item)
                    for name, item in value.items()
                    if name in fields and isinstance(item, _HOLDS)
                ]
        return size

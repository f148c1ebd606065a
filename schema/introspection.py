"""How much is asked of the schema: it is known, so what an answer of it has is counted and not estimated."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    SelectionSetNode,
    StringValueNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

# The fields that ask for it, and the types of what they give.
INTROSPECTION = {"__schema": "__Schema", "__type": "__Type"}


class _Part(NamedTuple):
    """A part of a schema that stands so many times in an answer."""

    part: Any
    times: int


class SchemaFields:
    """Counts the fields that operations of one valid document are answered about the schema, up to `most` of them.

    What is selected is resolved as graphql-core resolves it, but once for all places of an answer that have the same
    type. Directives are not asked, and what is deprecated counts.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, most: int) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._most = most
        self._counted = 0
        # By what tells the nodes of a document apart: two of them may be equal.
        self._known: dict[int, int] = {}
        # All that the resolvers of introspection look at.
        self._info: Any = SimpleNamespace(schema=schema)

    def count(self, node: FieldNode) -> int:
        """How many fields there are in what `__schema` or `__type` is answered; too many are one more than the most."""
        if id(node) not in self._known:
            before = self._counted
            kind = self._schema.get_type(INTROSPECTION[node.name.value])
            if node.selection_set is not None:
                self._add(kind, node.selection_set, [_Part(self._asked(node), 1)])
            beyond = self._counted > self._most
            self._known[id(node)] = self._most + 1 if beyond else self._counted - before
        return self._known[id(node)]

    def _asked(self, node: FieldNode) -> Any:
        """What a field asks for: the schema, or the type that it names, the largest one where a variable does."""
        if node.name.value == "__schema":
            return self._schema
        for argument in node.arguments or ():
            if isinstance(argument.value, StringValueNode):
                return self._schema.get_type(argument.value.value)
        return max(self._schema.type_map.values(), key=lambda one: len(getattr(one, "fields", ())))

    def _add(self, kind: Any, selected: SelectionSetNode, parts: list[_Part]) -> None:
        """Counts what is selected of parts of a schema that are all of one type."""
        times = sum(part.times for part in parts)
        for node in selected.selections:
            if self._counted > self._most:
                return
            if isinstance(node, FieldNode):
                self._counted += times
                if node.selection_set is not None:
                    field = kind.fields[node.name.value]
                    inside = list(self._inside(field, parts))
                    self._add(get_named_type(field.type), node.selection_set, inside)
            else:
                fragment: Any = (
                    self._fragments[node.name.value]
                    if isinstance(node, FragmentSpreadNode)
                    else node
                )
                self._add(kind, fragment.selection_set, parts)

    def _inside(self, field: GraphQLField, parts: list[_Part]) -> Iterable[_Part]:
        """What a field has of all the parts, each once."""
        resolve: Any = field.resolve
        given = {"includeDeprecated": True} if "includeDeprecated" in field.args else {}
        is_list = is_list_type(get_nullable_type(field.type))
        found: dict[int, _Part] = {}
        for part, times in parts:
            value = resolve(part, self._info, **given)
            if value is None:
                continue
            for one in value if is_list else (value,):
                before = found.get(id(one))
                found[id(one)] = _Part(one, times + (before.times if before else 0))
        return found.values()

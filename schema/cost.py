"""What an operation costs, told from its text and its variables: about how many fields it answers.

Each field counts 1, and what is nested in a list counts once for each item. How many items a page has is said by its
arguments; of other lists it is assumed. What is asked about the schema is counted, and counts more, since no plan
answers it but graphql-core, all at once. Fields that are selected twice count twice, as nothing is merged, so the cost
is that of the worst case. It is told in a time that grows with the text and not with what fragments make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from ..resolvers.search import DEFAULT, LIMIT
from .fragments import in_order
from .introspection import INTROSPECTION, SchemaFields
from .limits import MOST_TOLD

# How many items a list has of which nothing says it.
ASSUMED = 10
# The arguments that say how many items a page has, and the lists below it that hold them.
PAGE_ARGUMENTS = ("first", "last", "take")
PAGE_LISTS = frozenset({"nodes", "edges", "result"})
# What a field of an answer about the schema counts.
OF_THE_SCHEMA = 4
# The costs of one operation that are kept, for different values of its variables.
KEPT = 100
# The value of `if` with which a directive takes a field away.
_TAKES_AWAY = {"skip": True, "include": False}


def cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> int:
    """The cost of one operation of a valid document, with its variables as they were sent or as they were read."""
    return Estimate(schema, document, operation).cost(variables)


class Estimate:
    """What one operation of a valid document costs; for values that were there before it is remembered.

    Of what is asked about the schema no more is counted than makes the cost larger than `most`.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        most: int = MOST_TOLD,
    ) -> None:
        of_the_schema = SchemaFields(schema, document, most // OF_THE_SCHEMA)
        self._asked = schema, document, operation, of_the_schema
        # The variables that were looked at so far, and what the operation costs with values of them.
        self._names: tuple[str, ...] = ()
        self._told: dict[Any, int] = {}

    def cost(self, variables: Mapping[str, Any]) -> int:
        """The cost with variables, as they were sent or as they were read."""
        told = self._told.get(self._key(variables))
        return self._learned(variables) if told is None else told

    def _key(self, variables: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple([_telling(variables.get(name, Undefined)) for name in self._names])

    def _learned(self, variables: Mapping[str, Any]) -> int:
        walk = _Walk(*self._asked, variables)
        total = walk.total()
        if len(self._told) == KEPT or not walk.looked_at.issubset(self._names):
            self._told.clear()
            self._names = tuple(walk.looked_at.union(self._names))
        self._told[self._key(variables)] = total
        return total


class _Fields(NamedTuple):
    """What selected fields cost: once, and again for each item of the page that they are in."""

    once: int
    each: int = 0

    def of(self, items: int) -> int:
        """What they cost on a page of so many items."""
        return self.once + self.each * items


class _Walk:
    """A way through one operation; what a fragment costs is remembered, and which variables were looked at."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        of_the_schema: SchemaFields,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._of_the_schema = of_the_schema
        self._variables = variables
        self._defaults = {
            node.variable.name.value: node.default_value
            for node in operation.variable_definitions or ()
        }
        self._fragments = in_order(document)
        self.looked_at: set[str] = set()
        self._known: dict[str, _Fields] = {}

    def total(self) -> int:
        """The cost of the operation."""
        operation = self._operation
        for fragment in self._fragments:
            on = self._schema.get_type(fragment.type_condition.name.value)
            self._known[fragment.name.value] = self._selected(on, fragment.selection_set)
        root = self._schema.get_root_type(operation.operation)
        return self._selected(root, operation.selection_set).of(ASSUMED)

    def _selected(self, parent: Any, selected: SelectionSetNode) -> _Fields:
        once = each = 0
        for node in selected.selections:
            if not self._is_taken_away(node):
                fields = self._fields(parent, node)
                once += fields.once
                each += fields.each
        return _Fields(once, each)

    def _fields(self, parent: Any, node: Any) -> _Fields:
        if isinstance(node, FieldNode):
            return self._field(parent, node)
        if isinstance(node, FragmentSpreadNode):
            return self._known[node.name.value]
        if node.type_condition is not None:
            parent = self._schema.get_type(node.type_condition.name.value)
        return self._selected(parent, node.selection_set)

    def _field(self, parent: Any, node: FieldNode) -> _Fields:
        if node.selection_set is None:
            return _Fields(1)
        if node.name.value in INTROSPECTION:
            return _Fields(1 + OF_THE_SCHEMA * self._of_the_schema.count(node))
        field: Any = self._schema.get_field(parent, node.name.value)
        inside = self._selected(get_named_type(field.type), node.selection_set)
        items, lists = self._page(field, node), _lists(field.type)
        if not lists:
            return _Fields(1 + inside.of(ASSUMED if items is None else items))
        of_a_list = ASSUMED ** (lists - 1) * inside.of(ASSUMED)
        if items is None and node.name.value in PAGE_LISTS:
            return _Fields(1, of_a_list)
        return _Fields(1 + of_a_list * (ASSUMED if items is None else items))

    def _page(self, field: GraphQLField, node: FieldNode) -> int | None:
        """How many items the page of a field has; None where it is no page."""
        names = [name for name in PAGE_ARGUMENTS if name in field.args]
        if not names:
            return None
        given = [_number(self._argument(field, node, name)) for name in names]
        return max((number for number in given if number is not None), default=DEFAULT)

    def _argument(self, field: GraphQLField, node: FieldNode, name: str) -> Any:
        given = self._given(node, name)
        return field.args[name].default_value if given is Undefined else given

    def _is_taken_away(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name in _TAKES_AWAY and self._given(directive, "if") is _TAKES_AWAY[name]:
                return True
        return False

    def _given(self, node: FieldNode | DirectiveNode, name: str) -> Any:
        """What an argument is given, Undefined where it is given nothing."""
        arguments: tuple[ArgumentNode, ...] = tuple(node.arguments or ())
        value = next((one.value for one in arguments if one.name.value == name), None)
        if isinstance(value, VariableNode):
            variable = value.name.value
            self.looked_at.add(variable)
            if variable in self._variables:
                return self._variables[variable]
            value = self._defaults.get(variable)
        return Undefined if value is None else _literal(value)


def _literal(node: ValueNode) -> Any:
    """The value of a number or a boolean, None for any other literal."""
    if isinstance(node, IntValueNode):
        return int(node.value)
    return node.value if isinstance(node, BooleanValueNode) else None


def _telling(value: Any) -> Any:
    """What of a value a cost can depend on: a number, with its class as True equals 1, or that it is absent."""
    return (value.__class__, value) if isinstance(value, int | float) else value is Undefined


def _number(value: Any) -> int | None:
    """How many items a value asks for; None where it does not say."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    # Of a page that is larger its field says so.
    return min(max(int(value), 0), LIMIT)


def _lists(kind: Any) -> int:
    """How many lists a type is, one in the other."""
    depth = 0
    while is_list_type(kind := get_nullable_type(kind)):
        kind, depth = kind.of_type, depth + 1
    return depth

"""What an operation costs, told from its text and its variables: about how many fields it answers.

Each field counts 1, and what is nested in a list counts once for each item. How many items a page has is said by its
arguments; of other lists it is assumed. Fields that are selected twice count twice, as nothing is merged, so the cost
is that of the worst case. It is told in a time that grows with the text and not with what fragments make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
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

from ..resolvers.search import DEFAULT

# How many items a list has of which nothing says it.
ASSUMED = 10
# The arguments that say how many items a page has, and the lists below it that hold them.
PAGE_ARGUMENTS = ("first", "last", "take")
PAGE_LISTS = frozenset({"nodes", "edges", "result"})
# The value of `if` with which a directive takes a field away.
_TAKES_AWAY = {"skip": True, "include": False}


def cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> int:
    """The cost of one operation of a valid document, with its variables as they were sent or as they were read."""
    return _Estimate(schema, document, operation, variables).total()


class _Fields(NamedTuple):
    """What selected fields cost: once, and again for each item of the page that they are in."""

    once: int
    each: int = 0

    def of(self, items: int) -> int:
        """What they cost on a page of so many items."""
        return self.once + self.each * items


class _Estimate:
    """The estimate of one operation; what a fragment costs is remembered."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._variables = variables
        self._defaults = {
            node.variable.name.value: node.default_value
            for node in operation.variable_definitions or ()
        }
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, _Fields] = {}

    def total(self) -> int:
        """The cost of the operation."""
        operation = self._operation
        self._learn(operation.selection_set)
        root = self._schema.get_root_type(operation.operation)
        return self._selected(root, operation.selection_set).of(ASSUMED)

    def _learn(self, selected: SelectionSetNode) -> None:
        """Learns what fragments cost, those first that others spread: a chain of them may be of any length."""
        waiting = _spread(selected)
        while waiting:
            name = waiting[-1]
            fragment = self._fragments[name]
            unknown = [] if name in self._known else _spread(fragment.selection_set)
            unknown = [other for other in unknown if other not in self._known]
            if unknown:
                waiting += unknown
                continue
            waiting.pop()
            if name not in self._known:
                self._known[name] = self._selected(
                    self._schema.get_type(fragment.type_condition.name.value),
                    fragment.selection_set,
                )

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
            if variable in self._variables:
                return self._variables[variable]
            value = self._defaults.get(variable)
        return Undefined if value is None else _literal(value)


def _spread(selected: SelectionSetNode) -> list[str]:
    """The fragments that a selection spreads itself, each once."""
    names: dict[str, None] = {}
    waiting = [selected]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                names[node.name.value] = None
            elif (inner := getattr(node, "selection_set", None)) is not None:
                waiting.append(inner)
    return list(names)


def _literal(node: ValueNode) -> Any:
    """The value of a number or a boolean, None for any other literal."""
    if isinstance(node, IntValueNode):
        return int(node.value)
    return node.value if isinstance(node, BooleanValueNode) else None


def _number(value: Any) -> int | None:
    """How many items a value asks for; None where it does not say."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return max(int(value), 0)


def _lists(kind: Any) -> int:
    """How many lists a type is, one in the other."""
    depth = 0
    while is_list_type(kind := get_nullable_type(kind)):
        kind, depth = kind.of_type, depth + 1
    return depth

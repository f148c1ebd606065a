"""A field of a plan as its resolver sees it: the info and the arguments, made once a run for all its parents."""

from __future__ import annotations

from enum import Enum
from types import NoneType
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLID,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLString,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    get_nullable_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, UndefinedType
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from .run import Run

# Classes whose values cannot change, are the same when they are equal (0.0 is not -0.0), and tell nothing of a caller.
_LASTING = frozenset({int, bool, NoneType, UndefinedType})
# So many sets of arguments are kept for a field.
CONVERTED = 64


class Call:
    """A field with its nodes. The path of its info has no places in lists, since it is that of all its parents."""

    def __init__(
        self,
        parent: GraphQLObjectType,
        field: GraphQLField,
        definition: StrawberryField,
        details: FieldDetailsList,
        path: Path,
    ) -> None:
        self.path = path
        self._parent = parent
        self._field = field
        self._definition = definition
        self._nodes = [detail.node for detail in details]
        self._takes_arguments = bool(field.args or self._nodes[0].arguments)
        # What the arguments depend on; of that, what is an argument by itself; and what they were for values of it.
        self._variables = _variables(self._nodes[0])
        self._alone = self._texts_alone()
        self._converted: dict[tuple[Any, ...], dict[str, Any]] = {}

    def raw_info(self, run: Run) -> GraphQLResolveInfo[Any]:
        """The info that resolvers of the schema take."""
        return run.executor.build_resolve_info(self._field, self._nodes, self._parent, self.path)

    def info(self, run: Run) -> Any:
        """The info that functions of Strawberry fields take."""
        info_class = run.executor.strawberry_schema.config.info_class
        return info_class(_raw_info=self.raw_info(run), _field=self._definition)

    def converted(self, run: Run) -> dict[str, Any]:
        """The arguments as the function of a Strawberry field takes them. Raises: what converting raises."""
        values = run.executor.variable_values.coerced
        key: list[tuple[type, Any]] = []
        texts: dict[str, str] = {}
        for name in self._variables:
            # What is absent is not null, and 1 is not true.
            value = values.get(name, Undefined)
            kind = type(value)
            if kind is str and name in self._alone:
                texts[self._alone[name]] = value
                value = None
            elif not _lasts(value):
                return self._convert(run)
            key.append((kind, value))
        rest = self._converted.get(tuple(key))
        if rest is not None:
            return {**rest, **texts}
        found = self._convert(run)
        rest = {name: value for name, value in found.items() if name not in texts}
        # Texts of the rest are those of the document.
        if (
            all(_lasts(value) or type(value) is str for value in rest.values())
            and {**rest, **texts} == found
        ):
            if len(self._converted) == CONVERTED:
                self._converted.clear()
            self._converted[tuple(key)] = rest
        return found

    def _convert(self, run: Run) -> dict[str, Any]:
        schema = run.executor.strawberry_schema
        return convert_arguments(
            self.arguments(run),
            self._definition.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
            info=self.info(run),
        )

    def _texts_alone(self) -> dict[str, str]:
        """The variables whose texts are given to the function as they are, and the names it has for them.

        Such a variable is an argument of the type `ID` or `String` by itself.
        """
        found: dict[str, str] = {}
        for argument in self._nodes[0].arguments or ():
            declared = self._field.args.get(argument.name.value)
            if declared is None or not isinstance(argument.value, VariableNode):
                continue
            definition = declared.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            variable = argument.value.name.value
            is_text = get_nullable_type(declared.type) in (GraphQLID, GraphQLString)
            if is_text and definition is not None and self._variables.count(variable) == 1:
                found[variable] = definition.python_name
        return found

    def arguments(self, run: Run) -> dict[str, Any]:
        """The values of the arguments. Raises: GraphQLError."""
        if not self._takes_arguments:
            return {}
        executor = run.executor
        return get_argument_values(
            self._field, self._nodes[0], executor.variable_values, None, executor.hide_suggestions
        )


def _lasts(value: Any) -> bool:
    """Whether a value cannot change, so that it can serve many runs."""
    return type(value) in _LASTING or isinstance(value, Enum)


def _variables(node: FieldNode) -> list[str]:
    """The variables that the arguments of a field use, at any depth, as often as they use them."""
    found: list[str] = []
    waiting: list[Any] = [argument.value for argument in node.arguments or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, VariableNode):
            found.append(value.name.value)
        elif isinstance(value, ListValueNode):
            waiting += value.values
        elif isinstance(value, ObjectValueNode):
            waiting += [field.value for field in value.fields]
    return found

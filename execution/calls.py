"""A field of a plan as its resolver sees it: the info and the arguments, made once a run for all its parents."""

from __future__ import annotations

from enum import Enum
from types import NoneType
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, UndefinedType
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
        # What the arguments depend on, and what they were for values of that.
        self._variables = _variables(self._nodes[0])
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
        # What is absent is not null, and 1 is not true.
        given = tuple([values.get(name, Undefined) for name in self._variables])
        key = (given, tuple(map(type, given)))
        lasting = all(_lasts(value) for value in given)
        found = self._converted.get(key) if lasting else None
        if found is None:
            schema = run.executor.strawberry_schema
            found = convert_arguments(
                self.arguments(run),
                self._definition.arguments,
                scalar_registry=schema.schema_converter.scalar_registry,
                config=schema.config,
                info=self.info(run),
            )
            # Texts are those of the document here.
            if lasting and all(_lasts(value) or type(value) is str for value in found.values()):
                if len(self._converted) == CONVERTED:
                    self._converted.clear()
                self._converted[key] = found
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


def _variables(node: FieldNode) -> tuple[str, ...]:
    """The variables that the arguments of a field use, at any depth."""
    found: set[str] = set()
    waiting: list[Any] = [argument.value for argument in node.arguments or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, VariableNode):
            found.add(value.name.value)
        elif isinstance(value, ListValueNode):
            waiting += value.values
        elif isinstance(value, ObjectValueNode):
            waiting += [field.value for field in value.fields]
    return tuple(sorted(found))

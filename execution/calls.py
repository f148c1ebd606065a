"""A field of a plan as its resolver sees it: the info and the arguments, made once a run for all its parents."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.types.field import StrawberryField

from .run import Run


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

    def raw_info(self, run: Run) -> GraphQLResolveInfo[Any]:
        """The info that resolvers of the schema take."""
        return run.executor.build_resolve_info(self._field, self._nodes, self._parent, self.path)

    def info(self, run: Run) -> Any:
        """The info that functions of Strawberry fields take."""
        info_class = run.executor.strawberry_schema.config.info_class
        return info_class(_raw_info=self.raw_info(run), _field=self._definition)

    def arguments(self, run: Run) -> dict[str, Any]:
        """The values of the arguments. Raises: GraphQLError."""
        if not self._takes_arguments:
            return {}
        executor = run.executor
        return get_argument_values(
            self._field, self._nodes[0], executor.variable_values, None, executor.hide_suggestions
        )

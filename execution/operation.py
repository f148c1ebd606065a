"""What is compiled: an operation, whose fields graphql-core collects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField


class Unsupported(Exception):
    """Something in an operation that is not compiled; the message says what."""


class Operation(NamedTuple):
    """What is compiled: an operation, with the values of the variables that choose its fields.

    `native`: moments are answered as they are, for who writes them as JSON anyway.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDetails]
    definition: OperationDefinitionNode
    variables: VariableValues
    native: bool = False

    def root(self) -> tuple[GraphQLObjectType, GroupedFieldSet]:
        """The type of the root, and the fields selected of it. Raises: Unsupported."""
        root = self.schema.get_root_type(self.definition.operation)
        if root is None:
            raise Unsupported(f"the schema has no {self.definition.operation.value}")
        found = collect_fields(
            self.schema, dict(self.fragments), self.variables, root, self.definition
        )
        return root, _at_once(found)

    def below(self, parent: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        """The fields selected of the objects that a field gives. Raises: Unsupported."""
        return _at_once(
            collect_subfields(
                self.schema,
                dict(self.fragments),
                self.variables,
                self.definition,
                parent,
                details,
                False,
            )
        )

    def field(
        self, parent: GraphQLObjectType, details: FieldDetailsList
    ) -> tuple[GraphQLField, StrawberryField]:
        """A selected field of a type, and its definition. Raises: Unsupported."""
        name = details[0].node.name.value
        found = self.schema.get_field(parent, name)
        extensions: Any = {} if found is None else found.extensions
        definition = extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if found is None or not isinstance(definition, StrawberryField):
            raise Unsupported(f"the field {name}")
        if details[0].fragment_variable_values is not None:
            raise Unsupported("variables of fragments")
        return found, definition


def _at_once(found: CollectedFields) -> GroupedFieldSet:
    if found.new_defer_usages:
        raise Unsupported("incremental delivery")
    return found.grouped_field_set

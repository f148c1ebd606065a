"""The schema, and its text."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    lexicographic_sort_schema,
    print_schema,
)
from strawberry.schema.config import StrawberryConfig

from ..execution.executor import Engine
from .mutation import Mutation
from .query import Query
from .scalars import SCALARS
from .subscription import Subscription
from .user_errors import USER_ERRORS


class Schema(strawberry.Schema):
    """Strawberry's schema with two things of our own: its text is sorted, and it logs nothing.

    Errors are logged where they are told to the client, by `schema.errors`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _forget_null_defaults(self._schema)

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Leaves the errors to whoever answers the request."""

    def as_str(self) -> str:
        """The schema in its own language, in alphabetical order."""
        # Sorted here only: a schema that is sorted for execution cannot answer enums any more.
        return print_schema(lexicographic_sort_schema(self._schema))


def _forget_null_defaults(built: GraphQLSchema) -> None:
    """Makes an argument that may be absent say so, not that its default is null."""
    inputs: list[GraphQLArgument | GraphQLInputField] = []
    for kind in built.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            inputs += kind.fields.values()
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field in kind.fields.values():
                inputs += field.args.values()
    for item in inputs:
        if item.default_value is None:
            item.default_value = Undefined


engine = Engine()
schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=USER_ERRORS,
    config=StrawberryConfig(scalar_map=SCALARS),
    execution_context_class=engine.executor_class(),
)


def sdl() -> str:
    """The schema in its own language, as `schema.graphql` has it."""
    return f"{schema.as_str()}\n"

"""The values of an operation's variables, as graphql-core coerces them, with less ado where they are plain.

graphql-core reads the declarations anew for each execution, which takes longer than coercing a number. Here they are
read once; what is not plain, or does not fit, goes to graphql-core, and so does every message about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    VariableDefinitionNode,
    get_nullable_type,
    is_enum_type,
    is_non_null_type,
    is_scalar_type,
    is_specified_scalar_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.utilities.coerce_input_value import coerce_input_value

# So many faults of variables are told, as graphql-core does unless told otherwise.
MOST_FAULTS = 50
# Scalars, and the class whose values they take as they are; of whole numbers those of 32 bits.
_AS_IT_IS: dict[Any, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
    GraphQLInt: int,
}
_INT = range(-(2**31), 2**31)


class Variables:
    """The variables that an operation declares."""

    def __init__(
        self,
        schema: GraphQLSchema,
        declared: Sequence[VariableDefinitionNode],
        hide_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._declared = declared
        self._hide_suggestions = hide_suggestions
        signatures = [get_variable_signature(schema, one) for one in declared]
        plain = [
            (one, _AS_IT_IS.get(get_nullable_type(one.type)))
            for one in signatures
            if isinstance(one, GraphQLVariableSignature) and _is_plain(one.type)
        ]
        self._plain = plain if len(plain) == len(signatures) else None

    def values(self, given: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values for what a caller gives, or why that does not fit."""
        found = None if self._plain is None else _plain_values(self._plain, given)
        if found is not None:
            return found
        return get_variable_values(
            self._schema,
            self._declared,
            given,
            max_errors=MOST_FAULTS,
            hide_suggestions=self._hide_suggestions,
        )


def _plain_values(
    signatures: Sequence[tuple[GraphQLVariableSignature, type | None]], given: dict[str, Any]
) -> VariableValues | None:
    """The values of plain variables; None where a default is needed, or one does not fit.

    Beside each variable there is the class whose values are taken as they are, if there is one.
    """
    sources, coerced = {}, {}
    for signature, kind in signatures:
        name = signature.name
        value = given.get(name, Undefined)
        sources[name] = VariableValueSource(signature, value)
        if value is Undefined:
            if signature.default is not None or is_non_null_type(signature.type):
                return None
            continue
        if type(value) is not kind or (kind is int and value not in _INT):
            value = coerce_input_value(value, signature.type)
            if value is Undefined:
                return None
        coerced[name] = value
    return VariableValues(sources, coerced)


def _is_plain(kind: GraphQLInputType) -> bool:
    """Whether a type is a scalar of GraphQL's own or an enum: no list or object to go through."""
    named = get_nullable_type(kind)
    return is_enum_type(named) or (is_scalar_type(named) and is_specified_scalar_type(named))

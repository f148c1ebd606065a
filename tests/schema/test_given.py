"""Inputs as commands take them: what Strawberry's own instances of them say, for any value of any input."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)
from graphql.utilities import coerce_input_value
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_argument, convert_arguments
from strawberry.types.base import (
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
)

from projectgate.schema.build import schema

CORE = schema._schema
assert CORE.mutation_type is not None
MUTATIONS = sorted(CORE.mutation_type.fields)
SCALARS = {
    "ID": st.text(max_size=3) | st.integers(0, 9),
    "String": st.text(max_size=3),
    "Int": st.integers(-9, 9),
    "Boolean": st.booleans(),
    "Decimal": st.integers(0, 99) | st.decimals(0, 9, places=1).map(str),
    "DateTime": st.just("2026-01-31T12:00:00Z"),
}


def definition_of(kind: Any) -> StrawberryObjectDefinition:
    """What Strawberry knows of an input."""
    found: StrawberryObjectDefinition = get_named_type(kind).extensions[
        GraphQLCoreConverter.DEFINITION_BACKREF
    ]
    return found


def input_of(mutation: str) -> Any:
    """The type of a mutation's input."""
    assert CORE.mutation_type is not None
    return CORE.mutation_type.fields[mutation].args["input"].type


def inputs() -> Iterator[GraphQLInputObjectType]:
    """All inputs of mutations, each once."""
    waiting, seen = [get_named_type(input_of(one)) for one in MUTATIONS], set[str]()
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, GraphQLInputObjectType) and kind.name not in seen:
            seen.add(kind.name)
            waiting += [get_named_type(field.type) for field in kind.fields.values()]
            yield kind


def values(kind: Any) -> st.SearchStrategy[Any]:
    """What a client may send for a type."""
    inner = get_nullable_type(kind)
    if is_list_type(inner):
        found: st.SearchStrategy[Any] = st.lists(values(inner.of_type), max_size=2)
    elif isinstance(inner, GraphQLInputObjectType):
        parts = {name: values(field.type) for name, field in inner.fields.items()}
        required = {name for name, field in inner.fields.items() if is_required_input_field(field)}
        found = st.fixed_dictionaries(
            {name: part for name, part in parts.items() if name in required},
            optional={name: part for name, part in parts.items() if name not in required},
        )
    elif isinstance(inner, GraphQLEnumType):
        found = st.sampled_from(sorted(inner.values))
    else:
        found = SCALARS[inner.name]
    return found if inner is not kind else found | st.none()


def told(value: Any) -> Any:
    """What an instance of an input says: the fields that were given, null only where a `Maybe` has it."""
    if isinstance(value, list):
        return [told(item) for item in value]
    if not dataclasses.is_dataclass(value):
        return value
    fields = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    return {
        name: told(part.value if isinstance(part, strawberry.Some) else part)
        for name, part in fields
        if part is not None
    }


@pytest.mark.parametrize("mutation", MUTATIONS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_command_is_given_what_an_instance_of_its_input_says(
    mutation: str, data: st.DataObject
) -> None:
    """Strawberry's instance, of the same class without our way to take it."""
    kind = input_of(mutation)
    value = coerce_input_value(data.draw(values(kind)), kind)
    field = schema.get_field_for_type(mutation, "Mutation")
    assert field is not None
    scalars = schema.schema_converter.scalar_registry
    taken = convert_arguments({"input": value}, field.arguments, scalars, schema.config)["input"]

    definition = definition_of(kind)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(definition, "from_input", None)
        instance = convert_argument(value, definition.origin, scalars, schema.config)

    assert isinstance(instance, definition.origin)
    # Its order and classes too.
    assert repr(taken) == repr(told(instance))


def test_no_field_that_may_be_absent_refuses_null() -> None:
    """Strawberry would refuse it before our way to take the input, which then does not look."""
    for kind in inputs():
        definition = definition_of(kind)
        for field in definition.fields:
            found = field.resolve_type(type_definition=definition)
            assert not isinstance(found, StrawberryMaybe) or isinstance(
                found.of_type, StrawberryOptional
            )

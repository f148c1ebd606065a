"""Leaves: the source that answers a scalar or enum value, without a call where the value is as it should be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Protocol, cast

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLOutputType,
    GraphQLString,
    Undefined,
    get_nullable_type,
    is_non_null_type,
)

from .completion import refuse_unusual
from .run import Unanswerable

# GraphQL's own scalars, and when they answer a value as it is; the source of the value goes first, and names it `v`.
_AS_IT_IS = {
    GraphQLString: "{}.__class__ is str",
    GraphQLID: "{}.__class__ is str",
    GraphQLBoolean: "{} is True or v is False",
    GraphQLInt: "{}.__class__ is int and -2147483648 <= v <= 2147483647",
}
# Scalars of schemas, and the class of their values: the serialiser has an answer for each of them, or raises.
_CLASSES: dict[str, type] = {"Decimal": Decimal, "DateTime": datetime}
# Those of them that a writer of JSON writes as the serialiser does, in UTC.
_NATIVE = frozenset({"DateTime"})
# Those of them that answer a text as it is.
_TEXTS = frozenset({"Decimal"})


class Names(Protocol):
    """Gives objects names in the source of a plan."""

    def __call__(self, hint: str, value: Any) -> str:
        """The name of an object, which tells what it is."""
        ...


def leaf(declared: GraphQLOutputType, value: str, name: Names, *, native: bool = False) -> str:
    """The source of the answer to a leaf, made of the source of its value.

    When evaluated it raises Unanswerable for what graphql-core would not answer, and what the scalar raises. It uses
    the local name `v`.
    """
    required = is_non_null_type(declared)
    kind = cast("GraphQLLeafType", get_nullable_type(declared))
    any_of = name(f"any_{kind.name}", answering(kind))
    named = f"(v := {value})"
    unusual = f"{any_of}(v)" if required else f"None if v is None else {any_of}(v)"
    if kind in _AS_IT_IS:
        return f"v if {_AS_IT_IS[kind].format(named)} else {unusual}"
    if kind.name in _CLASSES:
        expected = name(kind.name, _CLASSES[kind.name])
        text_of = name(f"text_of_{kind.name}", kind.coerce_output_value)
        if kind.name in _TEXTS:
            usual = f"{text_of}(v) if v.__class__ is {expected} else {unusual}"
            return f"v if {named}.__class__ is str else {usual}"
        usual = f"{text_of}(v) if {named}.__class__ is {expected} else {unusual}"
        if native and kind.name in _NATIVE:
            utc = name("UTC", UTC)
            usual = f"{text_of}(v) if v.__class__ is {expected} else {unusual}"
            return f"v if {named}.__class__ is {expected} and v.tzinfo is {utc} else {usual}"
        return usual
    return f"{any_of}({value})" if required else f"None if {named} is None else {any_of}(v)"


def usual_leaf(
    declared: GraphQLOutputType, name: Names, *, native: bool = False
) -> tuple[type, str] | None:
    """A class, and the source of the answer where the value, `{0}`, is of that class or null; a moment is in UTC.

    None where that is no help.
    """
    kind = cast("GraphQLLeafType", get_nullable_type(declared))
    if kind in (GraphQLString, GraphQLID) or kind.name in _TEXTS:
        usual: type = str
    elif native and kind.name in _NATIVE:
        usual = _CLASSES[kind.name]
    else:
        return None
    if not is_non_null_type(declared):
        return usual, "{0}"
    any_of = name(f"any_{kind.name}", answering(kind))
    return usual, f"{{0}} if {{0}} is not None else {any_of}({{0}})"


@cache
def answering(kind: GraphQLLeafType) -> Callable[[Any], Any]:
    """What answers any value of a leaf type as graphql-core does. Raises: Unanswerable, what the scalar raises."""

    def answer(value: Any) -> Any:
        refuse_unusual(value)
        found = kind.coerce_output_value(value)
        if found is None or found is Undefined:
            raise Unanswerable("a scalar without an answer")
        return found

    return answer

"""Inputs as commands take them: dicts of the fields that were given, so that absent and null differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import strawberry
from strawberry.schema.name_converter import NameConverter
from strawberry.types.arguments import InputContext
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryOptional,
    get_object_definition,
    has_object_definition,
)

Made = Callable[[Any], Any]


def optional(description: str) -> Any:
    """A field of an input that may be absent; as a `Maybe`, absent and null differ."""
    return strawberry.field(default=None, description=description)


def as_given(taken: type[Any]) -> None:
    """Lets resolvers have an input as a dict of the fields that were given, by name; null is None.

    A field that is no `Maybe` is left out when it is null, which for it means the same as absent. Strawberry would look
    up the fields of each object anew, and make instances that are only taken apart again.
    """
    get_object_definition(taken, strict=True).from_input = _given


def _given(taken: Any, value: Mapping[str, Any], context: InputContext) -> dict[str, Any]:
    return _object(_fields(taken, context.config.name_converter), value)


class _Field(NamedTuple):
    """A field of an input: its name in GraphQL and here, and what makes its value, if that is not taken as it is."""

    graphql_name: str
    name: str
    is_maybe: bool
    made: Made | None


@cache
def _fields(taken: Any, names: NameConverter) -> list[_Field]:
    definition = get_object_definition(taken, strict=True)
    by_name = {field.python_name: field for field in definition.fields}
    found = []
    # In the order of the class, which a fingerprint of the input depends on.
    for name in (field.name for field in dataclasses.fields(taken)):
        field = by_name[name]
        kind = field.resolve_type(type_definition=definition)
        is_maybe = isinstance(kind, StrawberryMaybe)
        found.append(_Field(names.from_field(field), name, is_maybe, _maker(kind, names)))
    return found


def _maker(kind: Any, names: NameConverter) -> Made | None:
    """What makes a value of a type that is not null, if it is not taken as it is, as leaves are."""
    if isinstance(kind, StrawberryOptional):
        return _maker(kind.of_type, names)
    if isinstance(kind, StrawberryList):
        return partial(_list, _maker(kind.of_type, names))
    if has_object_definition(kind):
        return partial(_object, _fields(kind, names))
    return None


def _object(fields: list[_Field], value: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for graphql_name, name, is_maybe, made in fields:
        part = value.get(graphql_name)
        if part is not None:
            found[name] = part if made is None else made(part)
        elif is_maybe and graphql_name in value:
            found[name] = None
    return found


def _list(made: Made | None, values: list[Any]) -> list[Any]:
    if made is None:
        return list(values)
    return [None if value is None else made(value) for value in values]


@strawberry.input
class KeyInput:
    """What every input of a mutation has."""

    idempotency_key: str | None = optional(
        "A text of 1 to 200 characters that names this request, so that it can be sent again. The same key with the "
        "same input, from the same caller within 24 hours, writes nothing and gives the stored outcome; with another "
        "input it is IDEMPOTENCY_KEY_REUSED. Only a write is remembered: a refused request and a dry run leave the "
        "key free. Absent or null: every request is a new one."
    )
    dry_run: bool = strawberry.field(
        default=False,
        description=(
            "Whether to answer as if it were written, and then leave nothing behind. The payload is that of the real "
            "run but for ids made and times."
        ),
    )


@strawberry.input
class WriteInput(KeyInput):
    """What every input of a mutation of an existing project has."""

    expected_version: int | None = optional(
        "The `version` of the project that the change was made for. When it is no longer current the answer is "
        "VERSION_CONFLICT and nothing is written. Absent or null: whatever the version is."
    )

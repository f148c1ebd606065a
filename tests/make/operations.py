"""Operations made from a schema, valid and of every kind: for executors to disagree on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from hypothesis import strategies as st
from hypothesis.internal.conjecture.data import ConjectureData

T = TypeVar("T")

# How likely it is that something is there, in tenths.
OFTEN, SELDOM = 6, 2
# What a selection has at most, but for `__typename`.
MOST = 4


class Made(NamedTuple):
    """An operation with its variables."""

    text: str
    variables: dict[str, Any]


class Maker:
    """Makes operations of a schema.

    `scalars` has, by scalar, values to take; by name where that of an argument or of an input's member is there, of
    whatever type it is; by `field.argument` where that is there.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        scalars: Mapping[str, Sequence[Any]],
        *,
        avoid: Callable[[str, str], bool] = lambda _type, _field: False,
    ) -> None:
        self.schema = schema
        self.scalars = scalars
        self.avoid = avoid

    def operations(
        self, kind: str = "query", depth: int = 4, roots: int = MOST
    ) -> st.SearchStrategy[Made]:
        """A strategy of operations that nest no deeper and select no more of the root."""
        return _Operations(self, kind, depth, roots)


class _Operations(st.SearchStrategy[Made]):
    """A strategy whose choices are all of one kind.

    Where hypothesis knows which of them are alike, as those of `st.composite`, it makes five of six examples from the
    one before, by copying a part of it to another place. Operations that are made so differ little.
    """

    def __init__(self, maker: Maker, kind: str, depth: int, roots: int) -> None:
        super().__init__()
        self._maker = maker
        self._asked = kind, depth, roots

    def do_draw(self, data: ConjectureData) -> Made:
        """One operation."""
        return _Text(self._maker, data.draw_integer).operation(*self._asked)


class _Text:
    """One operation while it is made; `draw` chooses a number from the first one given to the last."""

    def __init__(self, maker: Maker, draw: Callable[[int, int], int]) -> None:
        self._maker = maker
        self._draw = draw
        self._fragments: dict[str, tuple[str, str]] = {}
        self._variables: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._count = 0

    def operation(self, kind: str, depth: int, roots: int) -> Made:
        """The text, and the values of its variables."""
        root = {
            "query": self._maker.schema.query_type,
            "mutation": self._maker.schema.mutation_type,
        }
        selected = self._selection(root[kind], depth, roots)
        declared = ", ".join(f"${name}: {kind}" for name, kind in self._variables.items())
        text = f"{kind} Made{f'({declared})' if declared else ''} {selected}"
        fragments = [
            f"fragment {name} on {on} {body}" for name, (on, body) in self._fragments.items()
        ]
        return Made("\n".join([text, *fragments]), self._values)

    def _selection(self, kind: Any, depth: int, most: int = MOST) -> str:
        parts = [self._part(kind, depth) for _ in range(self._draw(1, most))]
        if self._chance(SELDOM):
            parts.append("__typename")
        return f"{{ {' '.join(parts)} }}"

    def _part(self, kind: Any, depth: int) -> str:
        if depth > 1 and self._chance(SELDOM):
            return self._spread(kind, depth)
        fields: dict[str, GraphQLField] = getattr(kind, "fields", {})
        usable = [
            name
            for name, field in fields.items()
            if not self._maker.avoid(kind.name, name)
            and (depth > 1 or is_leaf_type(get_named_type(field.type)))
        ]
        if not usable:
            return "__typename" if self._chance(OFTEN) else self._spread(kind, depth)
        name = self._one_of(sorted(usable))
        field = fields[name]
        arguments = self._arguments(name, field.args)
        # A name that stands for two different calls would be a conflict.
        alias = f"{self._new('a')}: " if field.args or self._chance(SELDOM) else ""
        inner = get_named_type(field.type)
        body = "" if is_leaf_type(inner) else f" {self._selection(inner, depth - 1)}"
        return f"{alias}{name}{arguments}{self._directive()}{body}"

    def _spread(self, kind: GraphQLNamedType, depth: int) -> str:
        on: Any = kind
        if is_abstract_type(kind) and self._chance(OFTEN):
            on = self._one_of(sorted(self._maker.schema.get_possible_types(kind), key=str))
        elif is_object_type(kind) and kind.interfaces and self._chance(OFTEN):
            on = self._one_of(sorted(kind.interfaces, key=str))
        if self._chance(OFTEN):
            return f"... on {on.name}{self._directive()} {self._selection(on, depth - 1)}"
        known = sorted(name for name, (where, _) in self._fragments.items() if where == on.name)
        if known and self._chance(OFTEN):
            return f"...{self._one_of(known)}{self._directive()}"
        body = self._selection(on, depth - 1)
        name = self._new("F")
        self._fragments[name] = (on.name, body)
        return f"...{name}{self._directive()}"

    def _directive(self) -> str:
        if not self._chance(SELDOM):
            return ""
        name = self._one_of(["skip", "include"])
        value = bool(self._draw(0, 1))
        if self._chance(OFTEN):
            variable = self._variable("Boolean!", value)
            return f" @{name}(if: {variable})"
        return f" @{name}(if: {str(value).lower()})"

    def _arguments(self, field: str, arguments: Mapping[str, GraphQLArgument]) -> str:
        given = []
        for name, argument in arguments.items():
            needed = is_non_null_type(argument.type) and argument.default_value is Undefined
            if needed or self._chance(OFTEN):
                whole = f"{field}.{name}"
                known = whole if whole in self._maker.scalars else name
                value = self._value(known, argument.type, 2)
                if self._chance(OFTEN):
                    given.append(f"{name}: {self._variable(str(argument.type), value)}")
                else:
                    given.append(f"{name}: {self._literal(argument.type, value)}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, name: str, kind: GraphQLInputType, depth: int) -> Any:
        if not is_non_null_type(kind) and self._chance(SELDOM):
            return None
        inner: Any = get_nullable_type(kind)
        if name in self._maker.scalars:
            return self._one_of(self._maker.scalars[name])
        if is_list_type(inner):
            many = range(self._draw(0, 2))
            return [self._value(name, inner.of_type, depth) for _ in many]
        if isinstance(inner, GraphQLInputObjectType):
            return {
                member: self._value(member, field.type, depth - 1)
                for member, field in inner.fields.items()
                if is_non_null_type(field.type) or (depth > 0 and self._chance(SELDOM))
            }
        if isinstance(inner, GraphQLEnumType):
            return self._one_of(sorted(inner.values))
        return self._one_of(self._maker.scalars[inner.name])

    def _literal(self, kind: GraphQLInputType, value: Any) -> str:
        inner: Any = get_nullable_type(kind)
        if value is None:
            return "null"
        if is_list_type(inner):
            return f"[{', '.join(self._literal(inner.of_type, item) for item in value)}]"
        if isinstance(inner, GraphQLInputObjectType):
            members = (
                f"{name}: {self._literal(inner.fields[name].type, item)}"
                for name, item in value.items()
            )
            return f"{{{', '.join(members)}}}"
        if isinstance(inner, GraphQLEnumType):
            return str(value)
        return _scalar(value)

    def _variable(self, kind: str, value: Any) -> str:
        name = self._new("v")
        self._variables[name] = kind
        self._values[name] = value
        return f"${name}"

    def _new(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def _one_of(self, choices: Sequence[T]) -> T:
        return choices[self._draw(0, len(choices) - 1)]

    def _chance(self, tenths: int) -> bool:
        return self._draw(0, 9) < tenths


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = "".join(
            f"\\u{ord(letter):04x}" if letter in '"\\\n' else letter for letter in value
        )
        return f'"{escaped}"'
    return str(value)

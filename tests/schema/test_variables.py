"""How large variables are: lists by their elements, objects by the fields of their types, however they are nested."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse

from projectgate.schema.variables import MOST, Sizes

SCHEMA = build_schema("""
    type Query { f(a: [Int], b: Box, c: [[Box!]!], d: Int, e: [Box]): Int }
    input Box { one: Int  many: [Int!]  box: Box  boxes: [Box] }
""")
QUERY = "query ($a: [Int], $b: Box!, $c: [[Box!]!], $d: Int, $e: [Box]) { f(a: $a) }"


def size(variables: Any) -> int:
    """The size of variables."""
    (operation,) = parse(QUERY).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return Sizes(SCHEMA, operation).size(variables)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, 0),
        ({"d": 5, "other": 1}, 0),
        # Of what is not declared, and of what may be anything, every value counts.
        ({"other": [1] * 1000}, 1 + 1000),
        ({"other": {"x": [[1], {"y": {}}]}, "d": [2, 3]}, 2 + 2 + 1 + 2 + 1 + 1),
        ({"a": None, "b": None}, 2),
        ({"a": [1, 2, 3]}, 1 + 3),
        ({"a": 7}, 1),
        # An object counts the four fields of its type, however many of them it has.
        ({"b": {}}, 1 + 4),
        ({"b": {"one": 1, "many": [1, 2]}}, 1 + 4 + 2),
        ({"b": {"box": {"box": {}}}}, 1 + 4 + 4 + 4),
        ({"b": {"boxes": [{}, {"one": 1}, None]}}, 1 + 4 + 3 + 4 + 4),
        # One that is given where a list of them may be.
        ({"b": {"boxes": {"one": 1}}}, 1 + 4 + 4),
        ({"c": [[{}], [{}, {}], []]}, 1 + 3 + 1 + 2 + 3 * 4),
        ({"e": [{}] * 10}, 1 + 10 + 10 * 4),
        # What is not of its type is refused when it is read; a few members that are not there count nothing more.
        ({"a": {"x": 1}, "b": [1, 2], "c": "text"}, 3 + 2),
        ({"b": {"x": 1, "y": 2}}, 1 + 4),
        ({"b": {f"x{n}": 1 for n in range(14)}}, 1 + 1000),
    ],
)
def test_variables_have_a_size(variables: Any, expected: int) -> None:
    assert size(variables) == expected


def test_the_size_of_what_is_nested_deeply_is_told() -> None:
    nested: dict[str, Any] = {}
    for _ in range(10_000):
        nested = {"box": nested}
    assert size({"b": nested}) == 1 + 4 * 10_001


@pytest.mark.parametrize(
    "variables",
    [
        {"a": [1] * 1_000_000},
        {"e": [{}] * 1_000_000},
        {"c": [[{}] * 1000] * 1000},
        {"b": {f"x{n}": 1 for n in range(100_000)}},
        {"other": [{"x": []}] * 100_000},
    ],
)
def test_what_is_too_large_is_not_looked_through(variables: Any) -> None:
    assert size(variables) > MOST

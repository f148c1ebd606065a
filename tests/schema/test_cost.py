"""The cost of an operation: computed by hand, by a naive expansion of what is random, and for texts made to be slow."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    get_introspection_query,
    get_named_type,
    graphql_sync,
    parse,
    validate,
)
from graphql.execution.values import (
    get_argument_values,
    get_directive_values,
    get_variable_values,
)
from hypothesis import given

from projectgate.schema.build import schema
from projectgate.schema.cost import KEPT, OF_THE_SCHEMA, Estimate, cost
from tests.execution import world
from tests.make.examples import examples, trying
from tests.make.operations import Made, Maker

QUERIES = Path(__file__).parents[1] / "queries"
PROJECTS = schema._schema
WORLD = strawberry.Schema(world.Query, world.Mutation, types=[world.Book, world.Tool])._schema
EXAMPLES = examples(100)
RANDOMLY = trying(EXAMPLES)


def cost_of(text: str, variables: dict[str, Any] | None = None, within: Any = PROJECTS) -> int:
    """The cost of the first operation of a text, which must be valid."""
    document = parse(text)
    assert validate(within, document) == []
    (operation, *_) = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    return cost(within, document, operation, variables or {})


# A project of page.graphql and one.graphql: 5 fields, products of 6, partners of 3, transactions of 4.
PROJECT = 5 + (1 + 10 * 6) + (1 + 10 * 3) + (1 + 10 * 4)


@pytest.mark.parametrize(
    ("name", "variables", "expected"),
    [
        ("page", {}, 2 + 20 * PROJECT),
        ("page", {"first": 1}, 2 + PROJECT),
        ("page", {"first": 100}, 2 + 100 * PROJECT),
        ("one", {"id": "x"}, 1 + PROJECT),
        ("flat", {}, 2 + 100 * 6),
        ("flat", {"first": 7}, 2 + 7 * 6),
    ],
)
def test_a_document_costs_what_is_computed_by_hand(
    name: str, variables: dict[str, Any], expected: int
) -> None:
    assert cost_of((QUERIES / f"{name}.graphql").read_text(), variables) == expected


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("{ viewer { name } }", {}, 2),
        ("{ __typename }", {}, 1),
        # Pages: a literal, what the schema has, what the server takes without either.
        ("{ searchProjects(take: 3) { totalHits result { id name } } }", {}, 1 + 1 + 1 + 3 * 2),
        ("{ searchProjects { result { id } } }", {}, 1 + 1 + 10),
        ("{ projects { nodes { id } } }", {}, 1 + 1 + 20),
        ("{ projects(last: 4) { edges { cursor node { id } } } }", {}, 1 + 1 + 4 * 3),
        ("{ projects(first: null, last: 2) { nodes { id } } }", {}, 1 + 1 + 2),
        ("{ projects(first: 0) { nodes { id } } }", {}, 2),
        ("{ projects(first: -5) { nodes { id } } }", {}, 2),
        ("query ($n: Int) { projects(first: $n) { nodes { id } } }", {}, 2 + 20),
        ("query ($n: Int) { projects(first: $n) { nodes { id } } }", {"n": None}, 2 + 20),
        ("query ($n: Int = 6) { projects(first: $n) { nodes { id } } }", {}, 2 + 6),
        ("query ($n: Int = 6) { projects(first: $n) { nodes { id } } }", {"n": 7.0}, 2 + 7),
        ("query ($n: Int) { projects(first: $n) { nodes { id } } }", {"n": "x"}, 2 + 20),
        ("query ($n: Int) { projects(first: $n) { nodes { id } } }", {"n": True}, 2 + 20),
        # A page in a page, each with its own size; other lists on a page are not the page.
        (
            "{ projects(first: 2) { nodes { log(first: 3) { nodes { id } } } } }",
            {},
            1 + 1 + 2 * (1 + 1 + 3),
        ),
        ("{ projects(first: 2) { facets { field values { value } } } }", {}, 2 + 10 * (2 + 10)),
        # The page goes through fragments to its lists, and a fragment may be on pages of many sizes.
        (
            """{
              a: projects(first: 3) { ...F }
              b: projects(first: 5) { ... { ...F } }
            }
            fragment F on ProjectConnection { pageInfo { hasNextPage } nodes { id } }""",
            {},
            (1 + 2 + 1 + 3) + (1 + 2 + 1 + 5),
        ),
        # Lists of leaves hold nothing.
        ('{ project(id: "x") { tags } }', {}, 2),
        # What is taken away costs nothing, and what may be there counts.
        ("{ viewer { name @skip(if: true) roles @include(if: false) } }", {}, 1),
        ("query ($o: Boolean!) { viewer @include(if: $o) { name } }", {"o": False}, 0),
        ("query ($o: Boolean! = false) { viewer @include(if: $o) { name } }", {}, 0),
        ("query ($o: Boolean!) { viewer @skip(if: $o) { name } }", {"o": False}, 2),
        ("query ($o: Boolean!) { viewer @include(if: $o) { name } }", {}, 2),
        (
            "query ($o: Boolean!) { ...F @skip(if: $o) } fragment F on Query { __typename }",
            {"o": True},
            0,
        ),
        # Nothing is merged.
        ("{ viewer { name name } viewer { name } }", {}, 3 + 2),
        ("mutation { a: __typename b: __typename }", {}, 2),
    ],
)
def test_an_operation_costs_what_is_computed_by_hand(
    text: str, variables: dict[str, Any], expected: int
) -> None:
    assert cost_of(text, variables) == expected


def answered(answer: Any) -> int:
    """How many fields an answer has."""
    if isinstance(answer, dict):
        return sum(1 + answered(value) for value in answer.values())
    return sum(map(answered, answer)) if isinstance(answer, list) else 0


OF_TYPES = "kind name ofType { kind name ofType { kind name ofType { name } } }"


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True),
        "{ __schema { types { fields(includeDeprecated: true) { type { fields { name } } } } } }",
        "{ __schema { types { name possibleTypes { name interfaces { name } } } } }",
        "{ __schema { types { inputFields { type { " + OF_TYPES + " } } enumValues { name } } } }",
        "{ __schema { directives { locations args { name type { " + OF_TYPES + " } } } } }",
        "{ __schema { queryType { ...F } mutationType { ...F } } } fragment F on __Type { name ...G }"
        " fragment G on __Type { fields { ... { args { name type { name } } } } }",
        '{ a: __type(name: "Project") { fields { name } } b: __type(name: "ProjectSortOrder") { name }'
        " __typename }",
    ],
)
def test_of_the_schema_an_operation_costs_what_it_is_answered(text: str) -> None:
    data = graphql_sync(PROJECTS, text).data
    assert data is not None
    roots = len(data)
    assert cost_of(text) == roots + OF_THE_SCHEMA * (answered(data) - roots)


def test_a_type_that_a_variable_names_costs_what_the_largest_does() -> None:
    text = "query ($n: String!) { __type(name: $n) { fields { name } } }"
    each = {
        name: cost_of(text.replace("($n: String!)", "").replace("$n", json.dumps(name)))
        for name in PROJECTS.type_map
    }
    assert cost_of(text, {"n": "ID"}) == cost_of(text) == max(each.values())


def test_of_the_schema_no_more_is_counted_than_is_allowed() -> None:
    types = "types { fields { type { fields { name } } } }"
    whole = cost_of(f"{{ __schema {{ {types} }} }}")
    text = " ".join(f"s{n}: __schema {{ {types} }}" for n in range(50))
    document = parse(
        f"query ($o: Boolean!) {{ {text} last: __schema @skip(if: $o) {{ {types} }} }}"
    )
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    for most in (100, whole + 100, 10 * whole):
        estimate = Estimate(PROJECTS, document, operation, most)
        resolved = estimate._asked[-1]
        # Whatever is taken away: what was counted before does not make room for it.
        for o in (True, False, True):
            assert estimate.cost({"o": o}) > most
        assert resolved._counted <= most // OF_THE_SCHEMA + whole


def test_only_the_operation_that_is_asked_for_counts() -> None:
    document = parse("query A { viewer { name } } query B { __typename }")
    first, second = document.definitions
    assert isinstance(first, OperationDefinitionNode)
    assert isinstance(second, OperationDefinitionNode)
    assert cost(PROJECTS, document, first, {}) == 2
    assert cost(PROJECTS, document, second, {}) == 1


def doubling(count: int) -> str:
    """So many fragments, each of which spreads the next one twice."""
    fragments = [
        f"fragment F{n} on Query {{ ...F{n + 1} ... {{ ...F{n + 1} }} }}" for n in range(count)
    ]
    return "\n".join(["{ ...F0 }", *fragments, f"fragment F{count} on Query {{ __typename }}"])


def test_fragments_that_spread_the_next_twice_are_counted_at_once() -> None:
    begun = time.perf_counter()
    assert cost_of(doubling(30)) == 2**30
    assert time.perf_counter() - begun < 1


def test_a_chain_of_fragments_may_be_longer_than_the_stack() -> None:
    text = doubling(3000)
    document = parse(text)
    (operation, *_) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert cost(PROJECTS, document, operation, {}) == 2**3000


CHOOSING = """query ($n: Int = 6, $o: Boolean!) {
  projects(first: $n) { nodes { id tags @include(if: $o) } } viewer @skip(if: $o) { name }
}"""


def test_what_is_remembered_is_what_would_be_told() -> None:
    document = parse(CHOOSING)
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    estimate = Estimate(PROJECTS, document, operation)
    choices: list[Any] = [True, False, Undefined, None, 1, []]
    numbers: list[Any] = [
        Undefined,
        None,
        0,
        1,
        1.0,
        True,
        False,
        3,
        "3",
        [],
        {},
        50,
        10**9,
        float("nan"),
    ]
    given = [
        {name: value for name, value in (("n", n), ("o", o), ("x", n)) if value is not Undefined}
        for n in numbers
        for o in choices
    ]
    for variables in [*given, *given[::-1], *given]:
        assert estimate.cost(variables) == cost(PROJECTS, document, operation, variables)


def test_costs_that_are_remembered_are_few() -> None:
    document = parse("query ($n: Float) { projects(first: $n) { nodes { id } } }")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    estimate = Estimate(PROJECTS, document, operation)
    for number in range(1000):
        estimate.cost({"n": number / 10})
        assert len(estimate._told) <= KEPT


class Naive:
    """The cost by walking through all that fragments make of a text, with values as graphql-core reads them."""

    def __init__(self, within: GraphQLSchema, made: Made) -> None:
        document = parse(made.text)
        self.schema = within
        self.fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        (self.operation,) = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        read = get_variable_values(
            within, tuple(self.operation.variable_definitions or ()), made.variables
        )
        assert not isinstance(read, list), read
        self.values = read

    def cost(self) -> int:
        """The cost of the only operation."""
        root = self.schema.get_root_type(self.operation.operation)
        return self.walked(root, self.operation.selection_set, 10)

    def walked(self, parent: Any, selected: SelectionSetNode, page: int) -> int:
        """What a selection costs on a page of a size."""
        total = 0
        for node in selected.selections:
            skip = get_directive_values(GraphQLSkipDirective, node, self.values)
            include = get_directive_values(GraphQLIncludeDirective, node, self.values)
            if (skip and skip["if"]) or (include and not include["if"]):
                continue
            if isinstance(node, FieldNode):
                total += self.field(parent, node, page)
                continue
            fragment: Any = (
                self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            )
            on = fragment.type_condition
            kind = parent if on is None else self.schema.get_type(on.name.value)
            total += self.walked(kind, fragment.selection_set, page)
        return total

    def field(self, parent: Any, node: FieldNode, page: int) -> int:
        """What a field costs on a page of a size."""
        if node.selection_set is None:
            return 1
        field: Any = self.schema.get_field(parent, node.name.value)
        items, below = 1, 10
        is_list = "[" in str(field.type)
        sizes = {"first", "last", "take"} & set(field.args)
        if sizes:
            values = get_argument_values(field, node, self.values)
            asked = [values[name] for name in sizes if values.get(name) is not None]
            below = max(0, *asked) if asked else 20
            if is_list:
                items, below = below, 10
        elif is_list:
            items = page if node.name.value in ("nodes", "edges", "result") else 10
        for _ in range(str(field.type).count("[") - 1):
            items *= 10
        return 1 + items * self.walked(get_named_type(field.type), node.selection_set, below)


SCALARS: dict[str, list[Any]] = {
    "Int": [0, 1, 2, 3, 5, 7, -1],
    "Float": [1.5],
    "String": ["", "æ"],
    "ID": ["1", "x"],
    "Decimal": ["1.50", 2],
    "Boolean": [True, False],
    "DateTime": ["2026-01-01T00:00:00Z"],
}


@RANDOMLY
@given(Maker(WORLD, SCALARS).operations("query", depth=5))
def test_an_operation_of_another_schema_costs_what_a_naive_expansion_says(made: Made) -> None:
    assert cost_of(made.text, made.variables, WORLD) == Naive(WORLD, made).cost()


@RANDOMLY
@given(Maker(PROJECTS, SCALARS).operations("query", depth=5))
def test_a_query_costs_what_a_naive_expansion_says(made: Made) -> None:
    assert cost_of(made.text, made.variables) == Naive(PROJECTS, made).cost()


@RANDOMLY
@given(Maker(PROJECTS, SCALARS).operations("mutation", depth=4))
def test_a_mutation_costs_what_a_naive_expansion_says(made: Made) -> None:
    assert cost_of(made.text, made.variables) == Naive(PROJECTS, made).cost()

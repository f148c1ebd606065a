"""What a document may have: each limit to the one, by an expansion that is really made, for texts made to be slow."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projectgate.schema import limits
from projectgate.schema.limits import Excess, Limit, TooMuch, counted, parsed

SCHEMA = ("__schema", "__type")
EXAMPLES = int(os.environ.get("PROJECTGATE_TEST_EXAMPLES", "300"))
RANDOMLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PROJECTGATE_TEST_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    database=None,
)
ROOT = Path(__file__).parents[2]


def refused(text: str) -> list[Excess]:
    """The limits that a text is beyond."""
    try:
        parsed(text)
    except TooMuch as error:
        return list(error.found)
    return []


def times(count: int, part: str) -> str:
    """So many parts, each with its number in the place of `#`."""
    return " ".join(part.replace("#", str(number)) for number in range(count))


def nested(levels: int) -> str:
    """A document of so many levels of fields."""
    return "{ a" * levels + " }" * levels


# For each limit a document that has a number of what it limits, and little of anything else.
TO_THE_ONE = {
    "depth": (limits.DEPTH, nested),
    "depth through fragments": (
        limits.DEPTH,
        lambda count: " ".join(
            [
                "{ ...F1 }",
                *(f"fragment F{n} on T {{ f {{ ...F{n + 1} }} }}" for n in range(1, count)),
                f"fragment F{count} on T {{ f }}",
            ]
        ),
    ),
    "depth of the schema": (
        limits.SCHEMA_DEPTH,
        lambda count: "{ __schema " + nested(count - 1) + " }",
    ),
    "depth of a type": (
        limits.SCHEMA_DEPTH,
        lambda count: '{ __type(name: "T") { ...F } } fragment F on T ' + nested(count - 1),
    ),
    "fields of the root": (limits.ROOT_FIELDS, lambda count: f"{{ {times(count, 'f#')} }}"),
    "fields of the root in fragments": (
        limits.ROOT_FIELDS,
        lambda count: f"{{ ...F ... {{ g }} }} fragment F on T {{ {times(count - 1, 'f#')} }}",
    ),
    "aliases": (limits.ALIASES, lambda count: f"{{ a {{ {times(count, 'a#: f')} }} }}"),
    "aliases in fragments": (
        limits.ALIASES,
        lambda count: (
            f"{{ a {{ {times(count // 2, '...F')} {times(count % 2, 'x: f')} }} }} "
            "fragment F on T { b: f c: f }"
        ),
    ),
    "directives": (limits.DIRECTIVES, lambda count: f"{{ a {{ f {times(count, '@d#')} }} }}"),
    "directives everywhere": (
        limits.DIRECTIVES,
        lambda count: (
            f"query ($v: Int @d) @d {{ ...F @d ... @d {{ a @d }} }} "
            f"fragment F on T @d {{ a {{ {times(count - 6, 'f# @d')} }} }}"
        ),
    ),
    "directives of all operations": (
        limits.DIRECTIVES,
        lambda count: (
            f"query A {{ f {times(count - 50, '@d')} }} query B {{ f {times(50, '@d')} }}"
        ),
    ),
    "fragments": (
        limits.FRAGMENTS,
        lambda count: " ".join(
            [
                f"{{ {' '.join(f'...F{n % 10}' for n in range(count))} }}",
                *(f"fragment F{n} on T {{ f{n} }}" for n in range(10)),
            ]
        ),
    ),
    "fragments in fragments": (
        limits.FRAGMENTS,
        lambda count: (
            f"{{ {times(count // 5 - 1, '...F')} {times(count % 5 + 5, '... { f }')} }} "
            "fragment F on T { a { ...G ...G ...G ... { f } } } fragment G on T { f }"
        ),
    ),
    "fields of one name": (limits.SAME_NAME, lambda count: f"{{ {times(count, 'f')} }}"),
    "fields of one alias": (
        limits.SAME_NAME,
        lambda count: f"{{ a {{ {times(count - 60, 'f: g')} {times(60, 'f')} }} }}",
    ),
    "fields of one name in fragments": (
        limits.SAME_NAME,
        lambda count: (
            f"{{ a {{ ...F ...F ... {{ {times(count - 80, 'f')} }} }} }} "
            f"fragment F on T {{ {times(20, 'f')} ...G }} fragment G on T {{ {times(20, 'f')} }}"
        ),
    ),
    "fields": (
        limits.FIELDS,
        lambda count: (
            f"{{ {times(count % 50, 'a#')} {times(count // 50 - 1, '...F')} ...G }} "
            f"fragment F on T {{ x {{ {times(49, 'b#')} }} }} fragment G on T {{ y {{ {times(49, 'b#')} }} }}"
        ),
    ),
    "fields of all operations": (
        limits.FIELDS,
        lambda count: (
            f"query A {{ {times(19, '...F')} }} query B {{ {times(20, '...F')} "
            f"y {{ {times(count - 39 * 50 - 1, 'b#')} }} }} fragment F on T {{ x {{ {times(49, 'b#')} }} }}"
        ),
    ),
}


@pytest.mark.parametrize("name", TO_THE_ONE)
def test_a_document_may_have_as_much_as_a_limit_says_and_not_one_more(name: str) -> None:
    limit, document = TO_THE_ONE[name]
    assert refused(document(limit.most)) == []
    (found,) = refused(document(limit.most + 1))
    assert (found.value, found.limit) == (limit.most + 1, limit.most)
    assert found.message == (
        f"the document has {limit.most + 1:,} {limit.what}; the limit is {limit.most:,}: {limit.way_out}"
    )


@pytest.mark.parametrize(
    ("most", "what", "document"),
    [
        (limits.TOKENS, "tokens", lambda count: "{ a(x: [" + "1 " * (count - 9) + "]) } "),
        (limits.COMMENTS, "comments", lambda count: "#\n" * count + "{ a }"),
        (limits.LINES.most, "lines", lambda count: "\n" * (count - 1) + "{ a }"),
        (limits.LINES.most, "lines", lambda count: "\r" * (count - 1) + "{ a }"),
        (limits.CHARACTERS, "characters", lambda count: "{ a }".ljust(count)),
        (limits.DIGITS.most, "digits", lambda count: f"{{ a(x: {'9' * count}) }}"),
        (limits.DIGITS.most, "digits", lambda count: f"{{ a(x: [1, -{'9' * count}]) }}"),
        (limits.DIGITS.most, "digits", lambda count: f"{{ a(x: 1.{'0' * (count - 3)}E+12) }}"),
        (
            limits.DIGITS.most,
            "digits",
            lambda count: f"query ($n: Int = {'9' * count}) {{ a(x: {{ y: $n }}) }}",
        ),
    ],
)
def test_a_text_may_be_as_long_as_the_limit_says_and_not_one_more(
    most: int, what: str, document: Any
) -> None:
    assert refused(document(most)) == []
    (found,) = refused(document(most + 1))
    assert (found.value, found.limit) == (most + 1, most)
    assert f"{most:,}" in found.message
    assert what in found.message


def test_digits_that_are_no_number_may_be_many() -> None:
    digits = "9" * 5_000
    assert refused(f'{{ a{digits} (x: "{digits}", y: """{digits}""") #{digits}\n }}') == []


@pytest.mark.parametrize(
    "text",
    [
        "{ }",
        "{,}",
        "{\n}",
        "query Q { a { } }",
        "mutation { }",
        "{ ... { } }",
        "{ a { ... on T @x { } } }",
        "{ ...F } fragment F on T { }",
    ],
)
def test_a_selection_of_nothing_is_no_graphql(text: str) -> None:
    with pytest.raises(GraphQLSyntaxError, match="a selection names one field at least") as error:
        parsed(text)
    (position,) = error.value.positions or ()
    assert text[position] == "}"


def test_what_is_no_graphql_is_told_as_that() -> None:
    for text in (
        "",
        "{",
        "{" * 25_000,
        "{ a " * 6_000,
        "{ a(x: " + "[" * 25_000,
        '{ a(x: "',
        "{ a ? }",
    ):
        with pytest.raises(GraphQLSyntaxError):
            parsed(text)


def test_all_limits_that_a_document_is_beyond_are_told_together() -> None:
    text = f"{{ {times(101, 'a: f')} {nested(13)[1:]}"
    assert {one.message.partition(";")[0] for one in refused(text)} == {
        "the document has 101 aliases",
        "the document has 102 fields of one response name in a selection set",
        "the document has 13 levels of fields, one in the other",
    }


def doubling(count: int, last: str) -> str:
    """So many fragments, each of which spreads the next one twice."""
    fragments = [f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(count)]
    return "\n".join(["{ ...F0 }", *fragments, f"fragment F{count} on T {last}"])


@pytest.mark.parametrize("count", [10, 64, 120])
@pytest.mark.parametrize("last", ["{ a }", "{ __typename }", "{ a: b @c { d } }"])
def test_fragments_that_double_are_counted_at_once(count: int, last: str) -> None:
    text = doubling(count, last)
    begun = time.perf_counter()
    found = {one.message for one in refused(text)}
    # A walk of 2^64 steps ends after the sun.
    assert time.perf_counter() - begun < 2
    spreads = 2 ** (count + 1) - 1
    shown = f"{spreads:,}" if count == 10 else "more than 9,007,199,254,740,991"
    assert any(f"the document has {shown} fragments" in message for message in found)


def test_fragments_that_double_what_is_deep_are_counted_at_once() -> None:
    wide = " ".join(
        f"fragment F{n} on T {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }}" for n in range(64)
    )
    found = refused(f"{{ ...F0 }} {wide} fragment F64 on T {{ a }}")
    assert [one.value for one in found] == [2**53 - 1, 2**53 - 1, 65]


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F } fragment F on T { ...F }",
        "{ ...F } fragment F on T { a { ...G } } fragment G on T { b { ...F } ...G }",
        "{ ...Missing a { ...Missing } }",
        "{ ...F } fragment F on T { a } fragment F on T { ...F ...F }",
        " ".join(
            [
                "{ ...F0 }",
                *(f"fragment F{n} on T {{ ...F{(n + 1) % 99} ...F0 }}" for n in range(99)),
            ]
        ),
    ],
)
def test_fragments_that_validation_refuses_are_left_to_it(text: str) -> None:
    begun = time.perf_counter()
    assert refused(text) == []
    assert time.perf_counter() - begun < 2


def test_a_document_may_be_nested_as_deeply_as_the_parser_takes_it() -> None:
    for part, end in (("{ a ", "}"), ("{ ... ", "}")):
        for levels in (190, 199, 200):
            text = part * levels + "{ a }" * (part == "{ ... ") + end * levels
            try:
                document = parse(text)
            except GraphQLSyntaxError:
                continue
            depth = counted(document)[limits.DEPTH]
            assert depth == (levels if part == "{ a " else 1)


@pytest.mark.parametrize(
    "path",
    [
        *sorted((ROOT / "tests" / "queries").glob("*.graphql")),
        *sorted((ROOT / "benchmarks" / "peers" / "postgraphile").glob("*.graphql")),
    ],
    ids=lambda path: path.name,
)
def test_our_own_documents_are_far_from_the_limits(path: Path) -> None:
    # Twice what they have would still be let in.
    text = path.read_text()
    assert refused(text) == []
    assert len(text) < limits.CHARACTERS / 2


def test_tools_may_ask_for_the_whole_schema() -> None:
    text = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert refused(text) == []


class Naive:
    """The counts of a document whose fragments are really put in the places of their spreads."""

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self.operations = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]

    def expanded(self, selected: SelectionSetNode) -> list[Any]:
        """A tree of it: of a field its name, its response name, its directives and what is in it; of a fragment the
        last two."""
        tree: list[Any] = []
        for node in selected.selections:
            marks = len(node.directives or ())
            if isinstance(node, FieldNode):
                inside = self.expanded(node.selection_set) if node.selection_set else []
                alias = None if node.alias is None else node.alias.value
                tree.append(("field", node.name.value, alias, marks, inside))
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                marks += len(fragment.directives or ())
                tree.append(("fragment", None, None, marks, self.expanded(fragment.selection_set)))
            else:
                assert isinstance(node, InlineFragmentNode)
                tree.append(("fragment", None, None, marks, self.expanded(node.selection_set)))
        return tree

    def counts(self) -> dict[Limit, int]:
        """How much of everything there is."""
        trees = [self.expanded(node.selection_set) for node in self.operations]
        all_of = [self.every(tree) for tree in trees]
        together = [item for items in all_of for item in items]
        of_operations = sum(len(node.directives or ()) for node in self.operations)
        return {
            limits.FIELDS: sum(item[0] == "field" for item in together),
            limits.FRAGMENTS: sum(item[0] == "fragment" for item in together),
            limits.DIRECTIVES: sum(item[3] for item in together) + of_operations,
            limits.ALIASES: max(sum(one[2] is not None for one in items) for items in all_of),
            limits.ROOT_FIELDS: max(len(self.level(tree)) for tree in trees),
            limits.DEPTH: max(self.depth(tree) for tree in trees),
            limits.SCHEMA_DEPTH: max(
                (1 + self.depth(item[4]) for item in together if item[1] in SCHEMA),
                default=0,
            ),
            limits.SAME_NAME: max(
                max(self.level(tree).values(), default=0)
                for tree in [*trees, *(item[4] for item in together)]
            ),
        }

    def every(self, tree: list[Any]) -> list[Any]:
        """All items of a tree."""
        return [one for item in tree for one in (item, *self.every(item[4]))]

    def level(self, tree: list[Any]) -> Counter[str]:
        """How many fields there are of each response name, at the top of a tree."""
        found: Counter[str] = Counter()
        for form, name, alias, _, inside in tree:
            found += Counter([alias or name]) if form == "field" else self.level(inside)
        return found

    def depth(self, tree: list[Any]) -> int:
        """The levels of fields, without what is in the schema's own."""
        return max(
            (
                (0 if name in SCHEMA else self.depth(below)) + (form == "field")
                for form, name, _, _, below in tree
            ),
            default=0,
        )


NAMES = st.sampled_from(["a", "b", "c", "__schema", "__typename"])
MARKS = st.sampled_from(["", "", "", " @x", " @x @y"])


@st.composite
def selections(draw: Any, fragments: int, first: int, depth: int) -> str:
    """A selection set that spreads fragments from the first on only, so that there is no cycle."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        form = draw(st.sampled_from(["field", "alias", "object", "inline", "spread"]))
        marks = draw(MARKS)
        below = selections(fragments, first, depth - 1)
        if form == "spread" and first < fragments:
            parts.append(f"...F{draw(st.integers(first, fragments - 1))}{marks}")
        elif form == "inline" and depth > 0:
            parts.append(f"... on T{marks} {draw(below)}")
        elif form == "object" and depth > 0:
            parts.append(f"{draw(NAMES)}{marks} {draw(below)}")
        elif form == "alias":
            parts.append(f"{draw(NAMES)}: {draw(NAMES)}{marks}")
        else:
            parts.append(f"{draw(NAMES)}{marks}")
    return f"{{ {' '.join(parts)} }}"


@st.composite
def documents(draw: Any) -> str:
    """A document of a few operations and fragments, which fits no schema."""
    fragments = draw(st.integers(0, 4))
    parts = [
        f"query Q{n}{draw(MARKS)} {draw(selections(fragments, 0, 2))}"
        for n in range(draw(st.integers(1, 2)))
    ]
    parts += [
        f"fragment F{n} on T{draw(MARKS)} {draw(selections(fragments, n + 1, 2))}"
        for n in range(fragments)
    ]
    return "\n".join(draw(st.permutations(parts)))


@RANDOMLY
@given(documents())
def test_counts_are_those_of_a_naive_expansion(text: str) -> None:
    document = parse(text)
    assert counted(document) == Naive(document).counts()

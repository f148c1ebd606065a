"""What a document may have: each limit to the one, and for texts made to be slow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSyntaxError, get_introspection_query, parse

from projectgate.schema import limits
from projectgate.schema.limits import Excess, TooMuch, counted, parsed

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

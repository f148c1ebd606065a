"""The schema as its readers see it: described throughout, and in the style of the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    Undefined,
    build_schema,
    get_named_type,
    is_specified_scalar_type,
    parse,
    print_schema,
    validate,
)

from projectgate.schema.build import schema, sdl

CORE = schema._schema
TYPES = {
    name: kind
    for name, kind in CORE.type_map.items()
    if not name.startswith("__") and not is_specified_scalar_type(kind)
}
EXAMPLES = Path(__file__).parents[2] / "explorer" / "src" / "examples"
QUERIES = Path(__file__).parents[1] / "queries"


def described() -> Iterator[tuple[str, str | None]]:
    """Everything in the schema that can have a description, by its coordinate."""
    for name, kind in TYPES.items():
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from (
                (f"{name}.{value}", held.description) for value, held in kind.values.items()
            )
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument, held in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument}:)", held.description


def test_every_type_field_argument_and_value_is_described_in_whole_sentences() -> None:
    bad = [
        coordinate
        for coordinate, text in described()
        if not text
        or text != text.strip()
        or not (text[0].isupper() or text[0] == "`")
        or text[-1] != "."
    ]

    assert bad == []


def outputs() -> Iterator[tuple[str, Any]]:
    for name, kind in TYPES.items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            yield from ((f"{name}.{field}", held) for field, held in kind.fields.items())


# Null says something that an empty list does not.
NULL_MEANS_ALL = {"Viewer.storeIds"}


def test_a_list_and_what_is_in_it_are_never_null() -> None:
    lists = {coordinate: field.type for coordinate, field in outputs() if "[" in str(field.type)}

    bad = {name for name, kind in lists.items() if str(kind) != f"[{get_named_type(kind)}!]!"}

    assert bad == NULL_MEANS_ALL


def test_names_are_in_the_style_of_graphql() -> None:
    for name, kind in TYPES.items():
        assert re.fullmatch("[A-Z][A-Za-z0-9]*", name)
        if isinstance(kind, GraphQLEnumType):
            assert all(re.fullmatch("[A-Z][A-Z0-9_]*", value) for value in kind.values)
        for field in getattr(kind, "fields", {}):
            assert re.fullmatch("[a-z][A-Za-z0-9]*", field), f"{name}.{field}"


def test_an_argument_that_may_be_absent_does_not_claim_null_as_its_default() -> None:
    for name, kind in TYPES.items():
        for field_name, field in getattr(kind, "fields", {}).items():
            for held in [field, *getattr(field, "args", {}).values()]:
                assert getattr(held, "default_value", Undefined) is not None, f"{name}.{field_name}"
    assert "= null" not in sdl()


def test_the_schema_is_a_tree_below_a_project() -> None:
    def walk(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, (*above, name)
        for field in cast("GraphQLObjectType", TYPES[name]).fields.values():
            below = get_named_type(field.type)
            if isinstance(below, GraphQLObjectType):
                walk(below.name, (*above, name))

    walk("Project", ())


# The fields of OmniumProject; the inline log is the connection `log` here.
PROJECT_FIELDS = """
    id projectNumber name type projectTypeName projectCategory subType status created modified canceled cancellationCode
    cancellationReason deadline projectDate externalReference externalIds tags publicUrl customer contactPersons
    storeContact storeId stores addresses partner partners hasMultiplePartners rejectedByPartners partnerCheckList
    products projectParts changeOrders transactions transactionSummary projectTransactionTotal projectValue
    projectBudgetValue projectAdditionalValue workflowStep workflowSteps comments customerComments formData
    attachments attachmentsRootDirectory errors versionId version log versions valueBreakdown isTerminal isActive
    availableActions
"""


def test_a_project_has_all_fields_of_the_order_system() -> None:
    assert sorted(PROJECT_FIELDS.split()) == sorted(
        cast("GraphQLObjectType", TYPES["Project"]).fields
    )


def test_the_text_of_the_schema_is_sorted_and_is_the_schema() -> None:
    text = sdl()
    built = build_schema(text)

    assert sorted(built.type_map) == sorted(CORE.type_map)
    names = re.findall(r"^(?:type|enum|input|scalar|interface) (\w+)", text, re.MULTILINE)
    assert names == sorted(names)
    assert print_schema(built).strip() == text.strip()
    assert text.endswith("}\n")


@pytest.mark.anyio
async def test_enums_are_still_answered_after_the_schema_was_printed() -> None:
    sdl()
    kind = cast("GraphQLEnumType", TYPES["CustomerKind"])

    assert [kind.serialize(held.value) for held in kind.values.values()] == ["PRIVATE", "BUSINESS"]


def documents() -> list[Path]:
    return sorted([*EXAMPLES.glob("*.graphql"), *QUERIES.glob("*.graphql")])


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_the_documents_that_we_give_away_are_valid(path: Path) -> None:
    document = parse(path.read_text(encoding="utf-8"))
    assert validate(CORE, document) == []

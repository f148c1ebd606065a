"""Validation with a bounded amount of work: the same faults as graphql-core finds, up to the bounds."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, parse, validate

from projectgate.execution import validation
from projectgate.execution.validation import MOST_FAULTS, faults
from projectgate.schema.build import schema

SCHEMA = schema._schema
FEW = [
    "{ viewer { nam } }",
    '{ project(id: "1") { id: name id } }',
    '{ project(idd: "1") { id } }',
    "{ projects(sortOrder: CREATED_ASCENDIN) { totalCount } }",
    "{ projects(filter: { statuse: [] }) { totalCount } }",
    "query ($f: ProjectFilte) { projects(filter: $f) { totalCount } }",
    "{ viewer }",
    "{ viewer { name { first } } }",
    "{ ...F } fragment F on Quer { viewer { name } }",
    "{ viewer @skipp(if: true) { name @skip(iff: true) } }",
    "mutation { patchProject(input: { id: 1 }) { changed { a } } }",
]


def messages(errors: list[GraphQLError]) -> list[str]:
    """What errors say."""
    return [error.message for error in errors]


@pytest.mark.parametrize("text", FEW)
def test_faults_are_those_of_graphql_core(text: str) -> None:
    document = parse(text)
    assert messages(faults(SCHEMA, document)) == messages(validate(SCHEMA, document)) != []


@pytest.mark.parametrize("text", FEW)
def test_names_are_hidden_from_who_may_not_ask_for_them(text: str) -> None:
    document = parse(text)
    hidden = messages(faults(SCHEMA, document, hide_suggestions=True))
    assert len(hidden) == len(validate(SCHEMA, document))
    assert not any("Did you mean" in message for message in hidden)


def test_so_many_faults_are_told() -> None:
    document = parse("{ viewer { " + " ".join(f"missing{n}" for n in range(500)) + " } }")
    found = messages(faults(SCHEMA, document))
    assert len(found) == MOST_FAULTS + 1
    assert found[-1].startswith("Too many validation errors")


def test_a_long_document_is_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    validated = []

    def counted(*given: object, **named: object) -> list[GraphQLError]:
        validated.append(given)
        return validate(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(validation, "validate", counted)
    for count, times in ((1, 2), (600, 1)):
        validated.clear()
        faults(SCHEMA, parse("{ viewer { nam " + "name " * count + "} }"))
        assert len(validated) == times


def test_fields_are_compared_in_so_many_steps() -> None:
    fields = "products { id } " * 100
    few = parse(f'{{ project(id: "1") {{ {fields} }} }}')
    many = parse(f'{{ project(id: "1") {{ {fields * 3} }} }}')
    assert faults(SCHEMA, few) == []  # as many as the limits let be in a selection set
    (found,) = faults(SCHEMA, many)
    assert found.extensions == {"code": "QUERY_TOO_COMPLEX"}
    assert "more than 30,000 steps, the limit" in found.message

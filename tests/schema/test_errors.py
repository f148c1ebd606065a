"""What a client is told of an error, and what only the log is told."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from projectgate.resolvers.errors import BadUserInput, Forbidden, NotFound
from projectgate.schema.build import Schema
from projectgate.schema.errors import formatted
from projectgate.schema.scalars import SCALARS

SECRET = "password of the database"


class CodedElsewhere(Exception):
    """An exception of another library that happens to have extensions."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extensions = {"code": "TEAPOT"}


@strawberry.type
class Query:
    """Fields that fail in every way."""

    @strawberry.field
    def ours(self, kind: str) -> str | None:
        raise {
            "input": BadUserInput("take is 101"),
            "cursor": BadUserInput("no cursor", code="INVALID_CURSOR"),
            "forbidden": Forbidden("no role"),
            "refused": NotFound("no project", ["projectId"]),
        }[kind]

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def elsewhere(self) -> str | None:
        raise CodedElsewhere(SECRET)

    @strawberry.field
    def required(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def wide(self) -> int | None:
        return 2**40

    @strawberry.field
    def unserialisable(self) -> datetime | None:
        return SECRET  # type: ignore[return-value]

    @strawberry.field
    def amount(self, value: Decimal) -> Decimal:
        return value

    @strawberry.field
    def number(self, value: int) -> int:
        return value


SCHEMA = Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))


def errors(query: str, **variables: Any) -> list[GraphQLError]:
    result = asyncio.run(SCHEMA.execute(query, variables))
    assert result.errors
    return result.errors


def told(query: str, **variables: Any) -> dict[str, Any]:
    (error,) = errors(query, **variables)
    return formatted(error)


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    [
        ("input", "BAD_USER_INPUT", "take is 101"),
        ("cursor", "INVALID_CURSOR", "no cursor"),
        ("forbidden", "FORBIDDEN", "no role"),
        ("refused", "NOT_FOUND", "no project"),
    ],
)
def test_an_error_of_ours_is_told_with_its_code_message_and_place(
    kind: str, code: str, message: str
) -> None:
    assert told(f'{{ a: ours(kind: "{kind}") }}') == {
        "message": message,
        "locations": [{"line": 1, "column": 3}],
        "path": ["a"],
        "extensions": {"code": code},
    }


@pytest.mark.parametrize("field", ["broken", "elsewhere", "required", "wide", "unserialisable"])
def test_what_is_not_ours_is_told_by_a_reference_only_and_logged_under_it(field: str) -> None:
    (error,) = errors(f"{{ {field} }}")

    with capture_logs() as lines:
        shown = formatted(error)

    assert shown["extensions"] == {"code": "INTERNAL"}
    assert shown["path"] == [field]
    match = re.fullmatch(r"internal error, reference ([0-9a-f]{16})", shown["message"])
    assert match
    assert SECRET not in str(shown)
    (line,) = lines
    assert line["reference"] == match[1]
    assert line["path"] == [field]
    assert isinstance(line["exc_info"], Exception)


def test_each_internal_error_has_a_reference_of_its_own() -> None:
    (error,) = errors("{ broken }")

    assert formatted(error)["message"] != formatted(error)["message"]


@pytest.mark.parametrize(
    ("query", "variables", "code", "says"),
    [
        ("{ broken", {}, "GRAPHQL_PARSE_FAILED", "Syntax Error"),
        ("# nothing", {}, "GRAPHQL_PARSE_FAILED", "Syntax Error"),
        ("{ missing }", {}, "GRAPHQL_VALIDATION_FAILED", "Cannot query field 'missing'"),
        ('{ amount(value: "x") }', {}, "GRAPHQL_VALIDATION_FAILED", 'Decimal cannot be "x"'),
        ("{ number(value: 1.5) }", {}, "GRAPHQL_VALIDATION_FAILED", "Int cannot represent"),
        (
            "query ($v: Decimal!) { amount(value: $v) }",
            {"v": "x"},
            "BAD_USER_INPUT",
            'Decimal cannot be "x"',
        ),
        ("query ($v: Decimal!) { amount(value: $v) }", {}, "BAD_USER_INPUT", "$v"),
        ("query ($v: Int!) { number(value: $v) }", {"v": 2**40}, "BAD_USER_INPUT", "32-bit"),
        ("query ($v: Int! = 1) { number(value: $v) }", {"v": None}, "BAD_USER_INPUT", "$v"),
    ],
)
def test_a_request_that_cannot_be_run_is_told_what_is_wrong_with_it(
    query: str, variables: dict[str, Any], code: str, says: str
) -> None:
    shown = told(query, **variables)

    assert shown["extensions"] == {"code": code}
    assert says in shown["message"]


def test_a_code_that_the_endpoint_has_given_stays() -> None:
    error = GraphQLError("no", extensions={"code": "BAD_REQUEST", "more": 1})

    assert formatted(error) == {"message": "no", "extensions": {"code": "BAD_REQUEST"}}


def test_an_exception_without_a_place_is_internal() -> None:
    error = GraphQLError("The token cannot be checked now.", original_error=OSError(SECRET))

    with capture_logs() as lines:
        shown = formatted(error)

    assert shown["extensions"] == {"code": "INTERNAL"}
    assert len(lines) == 1


def test_strawberry_logs_no_error_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    errors("{ broken }")
    errors("{ missing }")

    assert caplog.records == []

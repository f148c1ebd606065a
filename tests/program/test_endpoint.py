"""Operations over HTTP: who may, what is run, and how the answer is shaped."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from projectgate.admission import parsed
from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.execution.documents import introspects
from tests.program.conftest import (
    BODY,
    GRAPHQL,
    JSON,
    PREFLIGHT,
    Provider,
    Query,
    Serve,
    bearer,
    code,
    data,
    get,
    is_refused,
    make_settings,
    message,
    open_client,
    post,
    run,
    token,
)

pytestmark = pytest.mark.anyio


async def test_a_query_is_answered(client: httpx2.AsyncClient) -> None:
    response = await run(
        client,
        "query Q($t: String!) { echo(text: $t) caller }",
        variables={"t": "ø"},
        operationName="Q",
    )
    assert response.status_code == 200
    assert data(response) == {"echo": "ø", "caller": "ann"}
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "Accept" in response.headers["vary"]


async def test_a_mutation_is_answered(client: httpx2.AsyncClient) -> None:
    assert data(await run(client, "mutation { write }")) == {"write": "written"}


REQUEST_ERRORS = [
    ("", {}, "GRAPHQL_PARSE_FAILED"),
    ("   ", {}, "GRAPHQL_PARSE_FAILED"),
    ("{", {}, "GRAPHQL_PARSE_FAILED"),
    ("{ }", {}, "GRAPHQL_PARSE_FAILED"),
    ("mutation { }", {}, "GRAPHQL_PARSE_FAILED"),
    ("{ caller ...F } fragment F on Query { }", {}, "GRAPHQL_PARSE_FAILED"),
    ("{" * 25_000, {}, "GRAPHQL_PARSE_FAILED"),
    ("{a" * 12_000, {}, "GRAPHQL_PARSE_FAILED"),
    ("{ twice(number: " + "[" * 25_000 + ") }", {}, "GRAPHQL_PARSE_FAILED"),
    ("9" * 25_000, {}, "GRAPHQL_PARSE_FAILED"),
    ("\0", {}, "GRAPHQL_PARSE_FAILED"),
    ("{ missing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("{ caller { name } }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("{ echo }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("{ twice(number: 1.5) }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("{ twice(number: " + "9" * 400 + ") }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("{ twice(number: " + "9" * 401 + ") }", {}, "QUERY_TOO_COMPLEX"),
    ("{" * 100_000, {}, "QUERY_TOO_COMPLEX"),
    ("{a" * 100_000, {}, "QUERY_TOO_COMPLEX"),
    ("{ twice(number: " + "[" * 50_000 + ") }", {}, "QUERY_TOO_COMPLEX"),
    ("{ twice(number: " + "9" * 100_000 + ") }", {}, "QUERY_TOO_COMPLEX"),
    ('{ amount(value: "x") }', {}, "GRAPHQL_VALIDATION_FAILED"),
    ("{ ...F } fragment F on Query { ...F }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("query A { caller } query A { caller }", {"operationName": "A"}, "GRAPHQL_VALIDATION_FAILED"),
    ("query($n: Int!) { twice(number: $n) }", {}, "BAD_USER_INPUT"),
    ("query($n: Int!) { twice(number: $n) }", {"variables": {"n": "x"}}, "BAD_USER_INPUT"),
    ("query($n: Int!) { twice(number: $n) }", {"variables": {"n": 2**40}}, "BAD_USER_INPUT"),
    ("query($n: Int!) { twice(number: $n) }", {"variables": {"n": None}}, "BAD_USER_INPUT"),
    ("query($n: Decimal!) { amount(value: $n) }", {"variables": {"n": "x"}}, "BAD_USER_INPUT"),
    ("query($n: Decimal!) { amount(value: $n) }", {"variables": {"n": ["1"]}}, "BAD_USER_INPUT"),
    ("query Q { caller }", {"operationName": "R"}, "OPERATION_RESOLUTION_FAILURE"),
    ("{ caller }", {"operationName": "R"}, "OPERATION_RESOLUTION_FAILURE"),
    ("{ caller }", {"operationName": "R" * 50_000}, "OPERATION_RESOLUTION_FAILURE"),
    ("query A { caller } query B { caller }", {}, "OPERATION_RESOLUTION_FAILURE"),
    (
        "query A { caller } mutation B { write }",
        {"operationName": ""},
        "OPERATION_RESOLUTION_FAILURE",
    ),
    ("fragment F on Query { caller }", {}, "OPERATION_RESOLUTION_FAILURE"),
    ("type T { a: Int }", {}, "OPERATION_RESOLUTION_FAILURE"),
    ("subscription { ticks }", {}, "BAD_REQUEST"),
]


@pytest.mark.parametrize(("query", "members", "expected"), REQUEST_ERRORS)
async def test_a_request_error_is_400_with_the_graphql_type_and_200_with_plain_json(
    client: httpx2.AsyncClient, query: str, members: dict[str, Any], expected: str
) -> None:
    is_refused(await run(client, query, GRAPHQL, **members), 400, expected)
    response = await run(client, query, JSON, **members)
    is_refused(response, 200, expected)
    assert response.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert len(message(response)) < 1_100


async def test_the_named_operation_of_several_is_run(client: httpx2.AsyncClient) -> None:
    both = "query A { a: caller } query B { b: caller }"
    assert data(await run(client, both, operationName="B")) == {"b": "ann"}


async def test_an_error_of_a_field_is_200_with_the_rest_of_the_data(
    client: httpx2.AsyncClient,
) -> None:
    for accept in (GRAPHQL, JSON):
        response = await run(client, "{ caller refused }", accept)
        assert response.status_code == 200
        assert response.json()["data"] == {"caller": "ann", "refused": None}
        assert code(response) == "BAD_USER_INPUT"
        assert response.json()["errors"][0]["path"] == ["refused"]


async def test_an_error_that_takes_all_data_away_is_still_an_answer(
    client: httpx2.AsyncClient,
) -> None:
    response = await run(client, "{ caller brokenRoot }")
    assert response.status_code == 200
    assert response.json()["data"] is None


async def test_a_fault_of_ours_shows_an_id_and_nothing_else(client: httpx2.AsyncClient) -> None:
    response = await run(client, "{ caller broken }")
    assert response.status_code == 200
    assert code(response) == "INTERNAL"
    assert "secret_table" not in response.text
    assert "RuntimeError" not in response.text


class Measured(SchemaExtension):
    """An extension that adds to the answer."""

    def get_results(self) -> dict[str, Any]:
        return {"cost": 7}


class Broken(SchemaExtension):
    """An extension that fails before anything is run."""

    def on_validate(self) -> Any:
        raise RuntimeError("hidden")
        yield


async def test_what_extensions_say_is_in_the_answer(unread_database: Database) -> None:
    schema = strawberry.Schema(Query, extensions=[Measured])
    app = create_app(make_settings(), schema=schema, database=unread_database)
    async with open_client(app, headers=bearer()) as client:
        response = await run(client, "{ caller }")
        assert response.json() == {"data": {"caller": "ann"}, "extensions": {"cost": 7}}


async def test_a_fault_of_ours_before_anything_is_run_is_500(unread_database: Database) -> None:
    schema = strawberry.Schema(Query, extensions=[Broken])
    app = create_app(make_settings(), schema=schema, database=unread_database)
    async with open_client(app, headers=bearer()) as client:
        for accept in (GRAPHQL, JSON):
            response = await run(client, "{ caller }", accept)
            is_refused(response, 500, "INTERNAL")
            assert "hidden" not in response.text


async def test_a_number_beyond_64_bits_is_answered(client: httpx2.AsyncClient) -> None:
    assert data(await run(client, "{ document }")) == {"document": {"big": 2**70}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"])
async def test_another_method_is_405_with_those_that_are_not(
    client: httpx2.AsyncClient, method: str
) -> None:
    response = await client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert method == "HEAD" or code(response) == "METHOD_NOT_ALLOWED"


async def test_a_query_may_come_by_get(client: httpx2.AsyncClient) -> None:
    response = await get(
        client,
        query="query A { caller } query B($t: String!) { echo(text: $t) }",
        operationName="B",
        variables='{"t":"ø &"}',
        extensions="{}",
    )
    assert (response.status_code, data(response)) == (200, {"echo": "ø &"})


async def test_empty_fields_of_a_get_are_absent(client: httpx2.AsyncClient) -> None:
    response = await get(client, query="{ caller }", operationName="", variables="", extensions="")
    assert data(response) == {"caller": "ann"}


async def test_a_mutation_by_get_is_405_and_not_run(client: httpx2.AsyncClient) -> None:
    for accept in (GRAPHQL, JSON):
        response = await get(client, {**PREFLIGHT, "accept": accept}, query="mutation { write }")
        is_refused(response, 405, "METHOD_NOT_ALLOWED")
        assert response.headers["allow"] == "POST"
    both = "query A { caller } mutation B { write }"
    assert (await get(client, query=both, operationName="B")).status_code == 405
    assert (await get(client, query=both, operationName="A")).status_code == 200


async def test_no_token_is_401(serve: Serve) -> None:
    response = await post(serve(), BODY)
    is_refused(response, 401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"
    assert "no token" in message(response)


async def test_a_bad_token_is_401_and_not_repeated(serve: Serve) -> None:
    for bad in ("x", token()[:-4] + "AAAA", token(exp=1), token(sub=None)):
        for accept in (GRAPHQL, JSON):
            response = await post(serve(), BODY, authorization=f"Bearer {bad}", accept=accept)
            is_refused(response, 401, "UNAUTHENTICATED")
            assert response.headers["www-authenticate"] == "Bearer"
            assert bad == "x" or bad not in response.text


async def test_two_authorization_headers_are_401(serve: Serve) -> None:
    headers = [("content-type", JSON), *bearer().items(), *bearer().items()]
    is_refused(
        await serve().post("/graphql", content=BODY, headers=headers), 401, "UNAUTHENTICATED"
    )


async def test_no_known_role_is_403(serve: Serve) -> None:
    is_refused(await post(serve(), BODY, **bearer(roles=["Owner"])), 403, "FORBIDDEN")


async def test_the_token_comes_before_the_body_and_the_document(serve: Serve) -> None:
    for content in (b"", b"NONSENSE", b'{"query":"{"}', b" " * 2_000_000):
        is_refused(await post(serve(), content), 401, "UNAUTHENTICATED")


async def test_a_reader_may_not_write(serve: Serve) -> None:
    response = await run(serve(headers=bearer()), "mutation { write }")
    assert (response.status_code, code(response)) == (200, "FORBIDDEN")


async def test_public_keys_that_cannot_be_fetched_are_503_and_our_fault(
    serve: Serve, provider: Provider
) -> None:
    provider.status = 500
    client = serve(jwt_secret=None, jwks_url=provider.url)
    header = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im9uZSJ9"  # {"alg":"RS256","kid":"one"}
    response = await post(client, BODY, authorization=f"Bearer {header}.e30.AAAA")
    is_refused(response, 503, "INTERNAL")
    assert response.headers["retry-after"] == "10"
    assert provider.url not in response.text


INTROSPECTION = [
    "{ __schema { types { name } } }",
    '{ t: __type(name: "Query") { name } }',
    "query Q { caller ...F } fragment F on Query { x: __schema { types { name } } }",
    "{ ... on Query { ... { __schema { types { name } } } } }",
]


@pytest.mark.parametrize("query", INTROSPECTION)
async def test_a_caller_with_a_role_may_introspect_unless_it_is_off(
    serve: Serve, query: str
) -> None:
    assert (await run(serve(headers=bearer()), query)).json()["data"]
    response = await run(serve(headers=bearer(), introspection="off"), query)
    is_refused(response, 400, "GRAPHQL_VALIDATION_FAILED")
    assert "switched off" in message(response)


async def test_typename_is_no_introspection(serve: Serve) -> None:
    client = serve(headers=bearer(), introspection="off")
    assert data(await run(client, "{ __typename }")) == {"__typename": "Query"}
    assert not introspects(parsed("{ __typename ...F } fragment F on Query { caller }"))

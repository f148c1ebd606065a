"""Several operations in one request, where the setting allows it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
import strawberry

from projectgate.app import create_app
from projectgate.data.database import Database
from tests.program.conftest import (
    GRAPHQL,
    JSON,
    Serve,
    bearer,
    code,
    get,
    is_refused,
    make_settings,
    message,
    open_client,
    post,
)

pytestmark = pytest.mark.anyio


@strawberry.type
class Item:
    """What a list has."""

    number: int


@pytest.fixture
def batching(serve: Serve) -> Callable[..., httpx2.AsyncClient]:
    """Gives clients with an admin's token of an application that takes batches."""
    return lambda **changes: serve(
        headers=bearer(roles=["ProjectAdmin"]), **{"batch_limit": 10, **changes}
    )


async def send(client: httpx2.AsyncClient, items: Any, accept: str = GRAPHQL) -> httpx2.Response:
    return await post(client, json.dumps(items).encode(), accept=accept)


def echo(text: str) -> dict[str, Any]:
    """An operation with a value of its own."""
    return {"query": "query($t: String!) { echo(text: $t) }", "variables": {"t": text}}


async def test_an_array_is_refused_unless_it_is_switched_on(client: httpx2.AsyncClient) -> None:
    for items in ([], [echo("a")], [echo("a"), echo("b")]):
        response = await send(client, items)
        is_refused(response, 400, "BAD_REQUEST")
        assert "not batched" in message(response)


async def test_a_batch_is_answered_in_its_order(batching: Serve) -> None:
    items = [echo(str(number)) for number in range(10)]
    for accept in (GRAPHQL, JSON):
        response = await send(batching(), items, accept)
        assert response.status_code == 200
        assert response.headers["content-type"] == f"{accept}; charset=utf-8"
        assert [item["data"]["echo"] for item in response.json()] == [str(n) for n in range(10)]
        assert all(item["extensions"]["cost"] == 1 for item in response.json())


async def test_a_single_operation_is_answered_as_ever(batching: Serve) -> None:
    response = await post(batching(), json.dumps(echo("a")).encode())
    assert response.json()["data"] == {"echo": "a"}
    response = await send(batching(), [echo("a")])
    assert [item["data"] for item in response.json()] == [{"echo": "a"}]


async def test_a_batch_has_the_setting_s_number_of_operations_at_most(batching: Serve) -> None:
    client = batching(batch_limit=3)
    assert (await send(client, [echo("a")] * 3)).status_code == 200
    for count in (0, 4, 1_000):
        response = await send(client, [echo("a")] * count)
        is_refused(response, 400, "BAD_REQUEST")
        assert f"{count:,} operations: a batch has 1 to 3" in message(response)


@pytest.mark.parametrize(
    ("item", "said"),
    [(None, "is null"), (7, "is a number"), ("{ caller }", "is a string"), ([], "is an array"),
     ([echo("a")], "is an array"), ({}, "`query` is missing"), ({"query": 7}, "`query` is a number"),
     ({"query": "{ caller }", "variables": []}, "`variables` is an array")],
)  # fmt: skip
async def test_what_is_no_operation_refuses_the_batch_and_nothing_is_run(
    batching: Serve, item: Any, said: str
) -> None:
    response = await send(batching(), [{"query": "mutation { write }"}, item])
    is_refused(response, 400, "BAD_REQUEST")
    assert "operation 2 of the batch" in message(response)
    assert said in message(response)


async def test_an_operation_that_fails_is_an_error_in_its_place(batching: Serve) -> None:
    failing = [
        "{",
        "{ missing }",
        "query A { caller } query B { caller }",
        "subscription { ticks }",
    ]
    items = [echo("first"), *({"query": query} for query in failing),
             {"query": "query($n: Int!) { twice(number: $n) }"},
             {"query": "{ caller refused }"}, {"query": "{ brokenRoot }"}, {"query": "{ broken }"},
             echo("last")]  # fmt: skip
    response = await send(batching(), items)
    assert response.status_code == 200
    first, *answers, last = response.json()
    assert (first["data"], last["data"]) == ({"echo": "first"}, {"echo": "last"})
    codes = [answer["errors"][0]["extensions"]["code"] for answer in answers]
    assert codes == [
        "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "OPERATION_RESOLUTION_FAILURE",
        "BAD_REQUEST", "BAD_USER_INPUT", "BAD_USER_INPUT", "BAD_USER_INPUT", "INTERNAL",
    ]  # fmt: skip
    assert ["data" in answer for answer in answers] == [False] * 5 + [True] * 3


async def test_each_operation_has_a_context_of_its_own_and_they_follow_each_other(
    unread_database: Database,
) -> None:
    seen: list[Any] = []

    @strawberry.type
    class Query:
        @strawberry.field
        def number(self, info: strawberry.Info) -> int:
            assert all(info.context is not other for other in seen)
            seen.append(info.context)
            return len(seen)

    app = create_app(
        make_settings(batch_limit=10), schema=strawberry.Schema(Query), database=unread_database
    )
    async with open_client(app, headers=bearer()) as client:
        response = await send(client, [{"query": "{ number }"}] * 10)
    assert [answer["data"]["number"] for answer in response.json()] == list(range(1, 11))


async def test_the_cost_of_all_counts_and_nothing_is_run_beyond_it(
    unread_database: Database,
) -> None:
    runs = 0

    @strawberry.type
    class Query:
        @strawberry.field
        def items(self) -> list[Item]:
            nonlocal runs
            runs += 1
            return []

    app = create_app(
        make_settings(batch_limit=10, cost_limit=100),
        schema=strawberry.Schema(Query),
        database=unread_database,
    )
    query = "{ items { a: number b: number c: number } }"
    async with open_client(app, headers=bearer()) as client:
        assert (await send(client, [{"query": query}] * 3)).status_code == 200
        assert runs == 3
        for accept, status in ((GRAPHQL, 400), (JSON, 200)):
            response = await send(client, [{"query": query}] * 4, accept)
            is_refused(response, status, "QUERY_TOO_COMPLEX")
            assert "the batch costs 124" in message(response)
            assert "the limit is 100" in message(response)
    assert runs == 3


async def test_a_batch_has_the_time_of_one_operation(unread_database: Database) -> None:
    begun: list[None] = []

    @strawberry.type
    class Query:
        @strawberry.field
        async def slow(self) -> int:
            begun.append(None)
            await asyncio.sleep(0.2)
            return len(begun)

    app = create_app(
        make_settings(batch_limit=10, operation_deadline=0.5),
        schema=strawberry.Schema(Query),
        database=unread_database,
    )
    async with open_client(app, headers=bearer()) as client:
        answers = (await send(client, [{"query": "{ slow }"}] * 10)).json()
    assert answers[0]["data"] == {"slow": 1}
    late = [answer["errors"][0] for answer in answers if "errors" in answer]
    assert len(late) >= 8
    assert {error["extensions"]["code"] for error in late} == {"DEADLINE_EXCEEDED"}
    assert "was not begun" in late[-1]["message"]
    assert len(begun) <= 3


def repeated(part: str, count: int) -> str:
    return "{ " + " ".join(part.replace("#", str(number)) for number in range(count)) + " }"


@pytest.mark.parametrize(
    ("query", "count", "said"),
    [
        (repeated("a#: caller", 40), 2, "fields of the root"),
        (repeated("... on Query { ... on Query { ... on Query { caller } } }", 90), 2, "fragments"),
        (repeated("... on Query @include(if: true) { caller }", 60), 2, "directives"),
        ("{ caller }" + "\n#" * 900, 3, "tokens and comments"),
    ],
)
async def test_what_a_document_may_have_counts_for_all(
    batching: Serve, query: str, count: int, said: str
) -> None:
    client = batching()
    assert (await send(client, [{"query": query}])).json()[0]["data"]
    response = await send(client, [{"query": query}] * count)
    is_refused(response, 400, "QUERY_TOO_COMPLEX")
    assert said in response.text
    assert "the batch has" in message(response)


async def test_the_texts_of_all_are_as_long_as_one_may_be_at_most(batching: Serve) -> None:
    client = batching()
    texts = [{"query": "{ caller }".ljust(5_000)}] * 7
    assert (await send(client, texts[:6])).json()[5]["data"]
    response = await send(client, texts)
    is_refused(response, 400, "QUERY_TOO_COMPLEX")
    assert "35,000 characters; the limit is 30,000" in message(response)


async def test_each_operation_of_a_batch_counts_for_the_rate(batching: Serve) -> None:
    client = batching(rate_limit=2_000)
    statuses = [(await send(client, [echo("a")] * 10)).status_code for _ in range(100)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert code(await send(client, [echo("a")])) == "RATE_LIMITED"


async def test_a_batch_finds_persisted_queries(batching: Serve) -> None:
    query = echo("")["query"]
    digest = hashlib.sha256(query.encode()).hexdigest()
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}
    items = [
        {**named, "variables": {"t": "1"}},
        {**echo("2"), **named},
        {**named, "variables": {"t": "3"}},
    ]
    client = batching()
    first, second, _ = (await send(client, items)).json()
    assert first["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert second["data"] == {"echo": "2"}
    answers = (await send(client, items)).json()
    assert [answer["data"]["echo"] for answer in answers] == ["1", "2", "3"]


async def test_a_get_is_no_batch(batching: Serve) -> None:
    response = await get(batching(), query=json.dumps([echo("a")]))
    assert code(response) == "GRAPHQL_PARSE_FAILED"

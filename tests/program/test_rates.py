"""What a caller may have done in a minute: counted by cost, refused beyond it, forgotten after it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from projectgate import rates
from projectgate.admission import COMPLETING, LEAST, PARSING, READING, VALUE
from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.rates import Rates, Windows
from projectgate.request import Rejected
from projectgate.schema.variables import MOST
from tests.conftest import recorded
from tests.program.conftest import (
    BODY,
    JSON,
    PREFLIGHT,
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
)

pytestmark = pytest.mark.anyio

Clock = Callable[[float], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Lets seconds pass, of which none do otherwise."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


def taken(rates: Rates, caller: str, cost: int) -> bool:
    """Whether a caller was let have a cost."""
    try:
        rates.take(caller, cost)
    except Rejected:
        return False
    return True


def test_a_caller_may_have_what_the_limit_says_in_a_minute_and_not_more(clock: Clock) -> None:
    limited = Rates(1000)
    assert taken(limited, "ann", 400)
    clock(30)
    assert taken(limited, "ann", 600)
    assert not taken(limited, "ann", 1)
    clock(29)
    assert not taken(limited, "ann", 1)
    clock(1)
    assert taken(limited, "ann", 1000)
    assert not taken(limited, "ann", 1)


def test_a_caller_has_nothing_to_do_with_others(clock: Clock) -> None:
    limited = Rates(1000)
    for caller in ("ann", "bob", "ann/bob", ""):
        assert taken(limited, caller, 1000)
    assert not taken(limited, "ann", 1)


def test_a_refusal_says_how_long_to_wait(clock: Clock) -> None:
    limited = Rates(1000)
    limited.take("ann", 900)
    clock(43)
    with pytest.raises(Rejected) as caught:
        limited.take("ann", 101)
    refused = caught.value
    assert (refused.status, refused.code) == (429, "RATE_LIMITED")
    assert refused.headers == {"retry-after": "17"}
    assert refused.message == (
        "this costs 101, with which the caller has asked for more than 1,000 within a minute, the limit: "
        "wait 17 s, and ask for smaller pages or less often"
    )


def test_without_a_limit_nobody_is_counted() -> None:
    unlimited = Rates(0)
    assert all(taken(unlimited, "ann", 10**12) for _ in range(3))
    assert "_windows" not in vars(unlimited)


def test_callers_are_forgotten_when_their_minute_is_over(clock: Clock) -> None:
    windows = Windows()
    for number in range(6000):
        windows.used(str(number), 60, 1)
        clock(0.1)
        assert len(windows.expirations) == len(windows.storage) <= 601


def test_of_too_many_callers_those_whose_minute_began_first_begin_anew(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "CALLERS", 10)
    windows = Windows()
    for number in range(25):
        assert windows.used(str(number), 60, 1) == 1
        assert windows.used(str(number), 60, 1) == 2
        assert len(windows.storage) == len(windows.expirations) == min(number + 1, 10)
    assert windows.used("24", 60, 1) == 3
    assert windows.used("0", 60, 1) == 1


QUERY = "{ caller }"
READ = READING * len(QUERY)


async def test_a_caller_beyond_the_limit_gets_429_and_when_to_come_again(serve: Serve) -> None:
    client = serve(headers=bearer(), rate_limit=READ + 2 * LEAST)
    for _ in range(2):
        assert data(await run(client, QUERY)) == {"caller": "ann"}
    for accept in (JSON, "application/graphql-response+json"):
        response = await run(client, QUERY, accept)
        is_refused(response, 429, "RATE_LIMITED")
        assert 1 <= int(response.headers["retry-after"]) <= 60
        assert "the limit: wait" in message(response)
    response = await client.post("/graphql", json={"query": QUERY}, headers=bearer(sub="bob"))
    assert data(response) == {"caller": "bob"}


async def test_a_token_more_does_not_give_a_caller_more(serve: Serve) -> None:
    client = serve(rate_limit=READ + LEAST)
    for number, status in enumerate((200, 429)):
        headers = bearer(roles=["ProjectRead", "ProjectAdmin"][: number + 1])
        response = await client.post("/graphql", json={"query": QUERY}, headers=headers)
        assert response.status_code == status


@pytest.mark.parametrize(
    "query", ["{", "{ missing }", "query A { caller } query B { caller }", "{ a: caller @skip }"]
)
async def test_what_is_refused_is_counted_too(serve: Serve, query: str) -> None:
    client = serve(headers=bearer(), rate_limit=READING * len(query) * 3 + LEAST * 3)
    statuses = [(await run(client, query)).status_code for _ in range(40)]
    assert statuses[0] == 400
    assert statuses[-1] == 429
    assert statuses == sorted(statuses)


async def test_who_has_no_token_is_not_counted(serve: Serve) -> None:
    client = serve(rate_limit=1)
    for _ in range(3):
        response = await client.post("/graphql", json={"query": QUERY})
        is_refused(response, 401, "UNAUTHENTICATED")


@asynccontextmanager
async def real(database: Database, limit: int) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the real schema with a limit."""
    app = create_app(make_settings(rate_limit=limit), database=database)
    async with open_client(app, headers=bearer(roles=["ProjectAdmin"])) as client:
        yield client


async def test_what_is_beyond_the_limit_sends_no_statement(database: Database) -> None:
    query = "query ($n: Int) { projects(first: $n) { nodes { id name tags } } }"
    async with real(database, READING * len(query) + 3 * (2 + 100 * 3)) as client:
        for _ in range(3):
            assert (await run(client, query, variables={"n": 100})).status_code == 200
        with recorded(database) as sent:
            response = await run(client, query, variables={"n": 1})
        is_refused(response, 429, "RATE_LIMITED")
        assert sent == []


async def test_a_document_that_is_known_is_not_counted_as_read_again(database: Database) -> None:
    query = "{ viewer { name } }".ljust(900)
    async with real(database, READING * len(query) + 100 * LEAST) as client:
        for status in [200] * 100 + [429]:
            assert (await run(client, query)).status_code == status


FLOATS = b'{"query":"{ caller }","extensions":{"floats":[%s1]}}' % (b"1.5," * 9_000)


@pytest.mark.parametrize(
    "content", [FLOATS, b'{"query":"%s' % (b"x" * 36_000), b"[1" * 18_000, BODY.ljust(36_000)]
)
async def test_every_kb_of_a_body_counts_whatever_is_in_it(serve: Serve, content: bytes) -> None:
    size = len(content) // 1000 * PARSING
    # Twice the bytes, and what the operation that some of them are costs besides.
    client = serve(headers=bearer(), rate_limit=2 * size + READ + 2 * LEAST)
    statuses = [(await post(client, content)).status_code for _ in range(3)]
    assert statuses[:2] in ([200, 200], [400, 400])
    assert statuses[2] == 429


async def test_a_body_beyond_the_limit_is_not_read(serve: Serve) -> None:
    client = serve(headers=bearer(), rate_limit=PARSING)
    is_refused(await post(client, b"x" * 1999), 400, "BAD_REQUEST")
    is_refused(await post(client, b"x" * 1000), 429, "RATE_LIMITED")


async def test_a_query_string_counts_as_a_body_does(serve: Serve) -> None:
    client = serve(headers=bearer(), rate_limit=READ + LEAST + PARSING)
    fields = {"query": QUERY, "extensions": "{}", "more": "x" * 1_000}
    assert (await get(client, headers=PREFLIGHT, **fields)).status_code == 200
    is_refused(await get(client, headers=PREFLIGHT, **fields), 429, "RATE_LIMITED")


@pytest.mark.parametrize("name", ["filter", "undeclared"])
async def test_values_of_variables_count(database: Database, name: str) -> None:
    query = "query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount } }"
    variables = {name: {"statuses": ["Open"] * 50}}
    limit = READING * len(query) + 2 * LEAST + 2 * VALUE * 50
    async with real(database, limit) as client:
        assert (await run(client, query, variables=variables)).status_code == 200
        is_refused(await run(client, query, variables=variables), 429, "RATE_LIMITED")


def fields(answer: Any) -> int:
    """How many fields an answer has."""
    if isinstance(answer, dict):
        return sum(1 + fields(value) for value in answer.values())
    return sum(map(fields, answer)) if isinstance(answer, list) else 0


@pytest.mark.parametrize(("less", "status"), [(0, 200), (1, 429)])
async def test_each_field_counts_that_no_plan_made(
    database: Database, less: int, status: int
) -> None:
    query = "{ __schema { types { name kind description } } }"
    async with real(database, 0) as client:
        known = (await run(client, query)).json()
    price, made = known["extensions"]["cost"], fields(known["data"])
    assert price < COMPLETING * made
    limit = READING * len(query) + COMPLETING * made + price - less
    async with real(database, limit) as client:
        assert [(await run(client, query)).status_code for _ in range(2)] == [200, status]


async def test_a_small_request_counts_nothing_for_its_bytes(serve: Serve) -> None:
    client = serve(headers=bearer(), rate_limit=READ + 10 * LEAST)
    for status in [200] * 10 + [429]:
        assert (await post(client, BODY.ljust(999))).status_code == status


async def test_variables_that_are_too_many_count_for_as_many_as_were_looked_at(
    serve: Serve,
) -> None:
    client = serve(headers=bearer(), rate_limit=READING * len(QUERY) + 3 * VALUE * MOST)
    body = {"query": QUERY, "variables": {"a": [0] * (MOST + 1)}}
    answers = [await client.post("/graphql", json=body) for _ in range(4)]
    assert code(answers[0]) == "QUERY_TOO_COMPLEX"
    assert answers[-1].status_code == 429

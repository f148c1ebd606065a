"""Bytes -> one operation, or a refusal with its status, type and code."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from projectgate.data.database import Database
from projectgate.request import body
from tests.program.conftest import (
    BODY,
    GRAPHQL,
    JSON,
    PREFLIGHT,
    Serve,
    bearer,
    build,
    code,
    data,
    is_refused,
    message,
    post,
    run,
)

pytestmark = pytest.mark.anyio

VARIABLE = b'{"query":"{caller}","variables":{"a":'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"NONSENSE", "not JSON"),
        (b'{"query":', "not JSON"),
        (b'{"query":"{caller}"}x', "not JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"query":"{caller}\xff"}', "UTF-8"),
        (b'{"query":"{caller}\\u00e9\xff"}', "UTF-8"),
        ('{"query":"{caller}"}'.encode("utf-16"), "not JSON"),
        (b'\xef\xbb\xbf{"query":"{caller}"}', "not JSON"),
        (b"null", "null"),
        (b"true", "a boolean"),
        (b"7", "a number"),
        (b"-1.5", "a number"),
        (b'"{caller}"', "a string"),
        (b"[]", "not batched"),
        (b"[null]", "not batched"),
        (b'[{"query":"{caller}"}]', "not batched"),
        (b"{}", "`query` is missing"),
        (b'{"query":null}', "`query` is missing"),
        (b'{"qeury":"{caller}"}', "`query` is missing"),
        (b'{"query":7}', "`query` is a number"),
        (b'{"query":true}', "`query` is a boolean"),
        (b'{"query":{}}', "`query` is an object"),
        (b'{"query":["{caller}"]}', "`query` is an array"),
        (b'{"query":"{caller}","operationName":7}', "`operationName` is a number"),
        (b'{"query":"{caller}","operationName":{}}', "`operationName` is an object"),
        (b'{"query":"{caller}","operationName":[]}', "`operationName` is an array"),
        (b'{"query":"{caller}","operationName":false}', "`operationName` is a boolean"),
        (b'{"query":"{caller}","variables":"{}"}', "`variables` is a string"),
        (b'{"query":"{caller}","variables":7}', "`variables` is a number"),
        (b'{"query":"{caller}","variables":[]}', "`variables` is an array"),
        (b'{"query":"{caller}","variables":false}', "`variables` is a boolean"),
        (b'{"query":"{caller}","extensions":"x"}', "`extensions` is a string"),
        (b'{"query":"{caller}","extensions":0}', "`extensions` is a number"),
        (b'{"query":"{caller}","extensions":[]}', "`extensions` is an array"),
        (b"[" * 100_000, "not JSON"),
        (b'{"query":' * 50_000, "not JSON"),
        (VARIABLE + b"[" * 5_000 + b"]" * 5_000 + b"}}", "not JSON"),
        (b'{"\\u0061":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "nested"),
        (VARIABLE + b"9" * 100_000 + b"}}", "cannot be kept exactly"),
        (VARIABLE + b"64415e97129e471}}", "not JSON"),
        (VARIABLE + b"1.2.3}}", "not JSON"),
        (VARIABLE + b"NaN}}", "not JSON"),
        (VARIABLE + b'"\\u0061","b":NaN}}', "not JSON"),
        (VARIABLE + b"-Infinity}}", "not JSON"),
        (VARIABLE + b"1e400}}", "the number 1e400 cannot be kept exactly"),
        (VARIABLE + b"1e-999999999999}}", "1e-999999999999 cannot be kept exactly"),
        (VARIABLE + b"1e-" + b"9" * 30 + b"}}", "cannot be kept exactly"),
        (VARIABLE + b"0.12345678901234567890}}", "cannot be kept exactly"),
        (VARIABLE + b"18446744073709551616}}", "18446744073709551616 cannot be kept exactly"),
        (VARIABLE + b'[{"b":-9223372036854775809}]}}', "cannot be kept exactly"),
        (VARIABLE + b"1." + b"1" * 5_000 + b"}}", "cannot be kept exactly"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_bytes_that_are_no_request_are_400(
    client: httpx2.AsyncClient, content: bytes, said: str, accept: str
) -> None:
    response = await post(client, content, accept=accept)
    is_refused(response, 400, "BAD_REQUEST")
    assert said in message(response)
    assert len(response.content) < 1_000


async def test_no_damage_to_a_good_body_breaks_in(client: httpx2.AsyncClient) -> None:
    good = b'{"query":"query Q($n: Int!) { twice(number: $n) }","variables":{"n":7}}'
    dice = random.Random(7)
    for _ in range(500):
        damaged = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            place = dice.randrange(len(damaged))
            damaged[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
        response = await post(client, bytes(damaged), accept=GRAPHQL)
        assert response.status_code in (200, 400), bytes(damaged)
        assert "data" in response.json() or code(response) != "INTERNAL", bytes(damaged)


@pytest.mark.parametrize(
    "members",
    [{"variables": None}, {"operationName": None}, {"extensions": None}, {"operationName": ""},
     {"variables": {}, "extensions": {}, "operationName": None}, {"id": 7, "other": [None]}],
)  # fmt: skip
async def test_optional_members_may_be_null_and_others_are_ignored(
    client: httpx2.AsyncClient, members: Any
) -> None:
    assert data(await run(client, "query Q { caller }", **members)) == {"caller": "ann"}


async def test_half_a_surrogate_pair_is_an_error_of_the_document_or_reaches_the_field(
    client: httpx2.AsyncClient,
) -> None:
    assert (
        code(await post(client, b'{"query":"{ echo(text: \\"\\ud800\\") }"}'))
        == "GRAPHQL_PARSE_FAILED"
    )
    response = await post(
        client,
        b'{"query":"query($t: String!) { echo(text: $t) }","variables":{"t":"\\ud800"}}',
        accept=GRAPHQL,
    )
    assert response.status_code == 200
    assert data(response) == {"echo": "\ud800"}
    response = await post(client, b'{"query":"{ caller }","operationName":"\\udfff"}')
    assert code(response) == "OPERATION_RESOLUTION_FAILURE"


async def test_a_body_up_to_the_limit_is_read_and_one_byte_more_is_413(serve: Serve) -> None:
    client = serve(headers=bearer(), body_limit=2_000)
    assert (await post(client, BODY.ljust(2_000))).status_code == 200
    response = await post(client, BODY.ljust(2_001))
    is_refused(response, 413, "PAYLOAD_TOO_LARGE")
    assert "2,000" in message(response)


async def test_the_limit_holds_while_a_body_of_unknown_size_comes_in(serve: Serve) -> None:
    client = serve(headers=bearer(), body_limit=2_000)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1_000

    response = await client.post("/graphql", content=endless(), headers={"content-type": JSON})
    is_refused(response, 413, "PAYLOAD_TOO_LARGE")
    assert sent < 10


async def test_a_size_that_is_no_number_does_not_break_in(client: httpx2.AsyncClient) -> None:
    for size in ("x", "-1", "9" * 5_000):
        response = await post(client, BODY, content_length=size)
        assert response.status_code in (200, 413)


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query",
        "variables={}",
        urlencode({"query": "{ caller }", "variables": "["}),
        urlencode({"query": "{ caller }", "variables": "[]"}),
        urlencode({"query": "{ caller }", "variables": '"x"'}),
        urlencode({"query": "{ caller }", "variables": '{"a":NaN}'}),
        urlencode({"query": "{ caller }", "extensions": "7"}),
        "query=%FF",
        "query=%7Bcaller%7D&variables=%FF",
        "query=%7Bcaller%7D&query=%7Bcaller%7D",
        "&".join(["a=1"] * 101),
    ],
)
async def test_a_query_string_that_is_no_request_is_400(
    client: httpx2.AsyncClient, query_string: str
) -> None:
    response = await client.get(
        f"/graphql?{query_string}", headers={**PREFLIGHT, "accept": GRAPHQL}
    )
    expected = "GRAPHQL_PARSE_FAILED" if query_string == "query" else "BAD_REQUEST"
    is_refused(response, 400, expected)


async def test_a_client_that_goes_away_in_the_middle_of_its_body_is_no_fault(
    unread_database: Database,
) -> None:
    sent: list[Any] = []
    messages = [
        {"type": "http.request", "body": b'{"query":', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {"host": "gate.test", "content-type": JSON, **bearer()}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await build(unread_database)(scope, receive, send)
    assert sent[0]["status"] == 400


async def test_a_body_in_small_pieces_takes_little_more_room_than_it_has() -> None:
    size = 100_000
    messages = iter(
        {
            "type": "http.request",
            "body": b"%02d" % (place % 100),
            "more_body": place < size // 2 - 1,
        }
        for place in range(size // 2)
    )

    async def receive() -> Any:
        return next(messages)

    tracemalloc.start()
    try:
        content = await body({}, {}, receive, size)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert content == b"".join(b"%02d" % (place % 100) for place in range(size // 2))
    assert most < 5 * size

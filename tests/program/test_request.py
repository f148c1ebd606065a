"""Bytes -> one operation, or a refusal with its status, type and code."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from projectgate.data.database import Database
from projectgate.parameters import LONG_NUMBERS, read_json
from projectgate.request import LONGEST_HEADER, Rejected, answer_type, body, headers_of
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
    get,
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


def made_up_number(dice: random.Random) -> str:
    """A number of JSON: of few digits and many, large and small, some of them what a double is written as."""
    if dice.random() < 0.3:
        return repr(dice.uniform(-1, 1) * 10.0 ** dice.randint(-320, 300))
    digits = "".join(dice.choices("0123456789", k=dice.choice([1, 2, 13, 14, 15, 16, 18, 19, 20])))
    number = dice.choice(["", "-"]) + (digits.lstrip("0") or "0")
    if dice.random() < 0.6:
        number += "." + "".join(dice.choices("0123456789", k=dice.choice([1, 2, 13, 14, 15, 17])))
    if dice.random() < 0.4:
        exponents = ["0", "7", "15", "007", "99", "150", "199", "200", "299", "307", "308", "330"]
        number += dice.choice("eE") + dice.choice(["", "+", "-"]) + dice.choice(exponents)
    return number


def test_a_number_is_read_as_it_is_written_or_not_at_all() -> None:
    dice = random.Random(5)
    taken = 0
    for _ in range(30_000):
        text = made_up_number(dice)
        whole = text.lstrip("-").isdecimal()
        again = Decimal(repr(float(text)))
        kept = -(2**63) <= int(text) < 2**64 if whole else again == Decimal(text)
        # Beside what looks like a number, and is none.
        content = b'{"a1.5": ["1e999", "\\"12345678901234567890", %s, 7]}' % text.encode()
        if not kept:
            with pytest.raises(Rejected, match=r"cannot be kept exactly|not JSON"):
                read_json(content, "it")
            continue
        _, _, value, _ = read_json(content, "it")["a1.5"]
        assert type(value) is (int if whole else float), text
        assert Decimal(repr(value)) == Decimal(text), text
        taken += 1
    assert 10_000 < taken < 20_000


def test_long_numbers_are_as_many_as_can_be_read_soon() -> None:
    number = "0.1234567890123456"
    most = [number] * LONG_NUMBERS + ["1.5"] * LONG_NUMBERS
    assert len(read_json(f"[{','.join(most)}]".encode(), "it")) == 2 * LONG_NUMBERS
    with pytest.raises(Rejected, match="send them as strings"):
        read_json(f"[{','.join([number, *most])}]".encode(), "it")


@pytest.mark.parametrize(
    "number", ["0.1", "1.10", "-0.0", "1e2", "1E-7", "123456789.123456", "0.0000000001"]
)
async def test_a_number_that_a_double_holds_is_taken(
    client: httpx2.AsyncClient, number: str
) -> None:
    content = b'{"query":"query($a: Float) { caller }","variables":{"a":' + number.encode() + b"}}"
    assert (
        code(await post(client, content)) == "GRAPHQL_VALIDATION_FAILED"
    )  # $a is not used: it came that far


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


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, GRAPHQL),
        ("", GRAPHQL),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        ("APPLICATION/JSON", JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (f'{GRAPHQL};charset="UTF-8"', GRAPHQL),
        (f"{JSON}; charset=latin-1, {GRAPHQL};q=0.1", GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL};q=0.9, {JSON};q=0.8", GRAPHQL),
        (f"{JSON}, */*", JSON),
        (f"{GRAPHQL}, */*", GRAPHQL),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"{JSON};q=0, */*;q=0.1", GRAPHQL),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        (
            f"{GRAPHQL}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed",
            GRAPHQL,
        ),
        (f"multipart/mixed;deferSpec=20220824, {JSON}", JSON),
        (f"text/event-stream, {JSON};q=0.1", JSON),
        (f"{GRAPHQL};q=much, {JSON}", JSON),
        (f"{GRAPHQL};q=7, {JSON}", JSON),
        (",;,, ;q=1," + JSON, JSON),
    ],
)
async def test_the_answer_has_the_type_that_is_asked_for_most(
    client: httpx2.AsyncClient, accept: str | None, expected: str
) -> None:
    assert answer_type(accept) == expected
    if accept is not None:
        response = await run(client, "{ caller }", accept)
        assert (response.status_code, response.headers["content-type"]) == (
            200,
            f"{expected}; charset=utf-8",
        )


@pytest.mark.parametrize(
    "accept", ["text/html", "text/event-stream;q=0", "multipart/mixed", "application/xml",
               f"{JSON};q=0", "*/*;q=0", f"{JSON}; charset=utf-16", "nonsense"],
)  # fmt: skip
async def test_an_accept_that_takes_nothing_of_ours_is_406(
    client: httpx2.AsyncClient, accept: str
) -> None:
    is_refused(await run(client, "{ caller }", accept), 406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "Application/JSON",
        f"{JSON}; charset=utf-8",
        f'{JSON};charset="UTF-8"',
        f"{JSON}; odata=verbose",
    ],
)
async def test_a_json_body_is_read(client: httpx2.AsyncClient, content_type: str) -> None:
    assert (await post(client, BODY, content_type=content_type)).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
     "application/graphql", f"{JSON}; charset=latin-1", f"{JSON}; charset=utf-16",
     "application/jsonp", "text/json", f"{JSON}x"],
)  # fmt: skip
async def test_a_body_of_another_type_is_415(client: httpx2.AsyncClient, content_type: str) -> None:
    is_refused(await post(client, BODY, content_type=content_type), 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_body_without_a_type_is_415(client: httpx2.AsyncClient) -> None:
    is_refused(await client.post("/graphql", content=BODY), 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "encoding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "nonsense"]
)
async def test_a_compressed_body_is_415(client: httpx2.AsyncClient, encoding: str) -> None:
    response = await post(client, b"\x1f\x8b\x08", content_encoding=encoding)
    is_refused(response, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert response.headers["accept-encoding"] == "identity"


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


@pytest.mark.parametrize(
    "headers",
    [{"content-type": JSON}, {"apollo-require-preflight": "1"}, {"x-graphql-preflight": "1"}],
)
async def test_a_get_needs_a_header_that_no_foreign_page_can_send(
    client: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await get(client, headers, query="{ caller }")).status_code == 200
    for simple in (
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
    ):
        response = await get(client, simple, query="{ caller }")
        is_refused(response, 400, "BAD_REQUEST")
        assert "Apollo-Require-Preflight" in message(response)


async def test_a_foreign_origin_is_403_also_with_a_token(serve: Serve) -> None:
    client = serve(headers=bearer(), allowed_origins="https://shop.example.com")
    for origin in ("https://evil.example.com", "null", "http://shop.example.com", "https://shop.example.com.evil.com",
                   "http://gate.test:81", "http://", "://", "http://[", "x"):  # fmt: skip
        response = await post(client, BODY, origin=origin)
        is_refused(response, 403, "FORBIDDEN")
        assert "PROJECTGATE_ALLOWED_ORIGINS" in message(response)
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("name", "good", "bad", "status"),
    [
        ("origin", "https://shop.example.com", "https://evil.example.com", 403),
        ("content-type", JSON, "text/plain", 415),
        ("content-type", f"{JSON}; charset=utf-8", "text/plain", 415),
        ("content-encoding", "identity", "gzip", 415),
    ],
)
async def test_a_header_that_is_sent_twice_does_not_slip_past_a_check(
    serve: Serve, name: str, good: str, bad: str, status: int
) -> None:
    client = serve(headers=bearer(), allowed_origins="https://shop.example.com")

    async def sent(*values: str) -> int:
        headers = {"content-type": JSON, "accept": GRAPHQL, **bearer()}
        headers.pop(name, None)
        named = [*headers.items(), *((name, value) for value in values)]
        request = client.build_request("POST", "/graphql", content=BODY, headers=named)
        return (await client.send(request)).status_code

    assert await sent(good) == 200
    assert await sent(good, bad) == await sent(bad, good) == await sent(bad) == status


@pytest.mark.parametrize(("name", "status"), [("accept", 406), ("content-type", 415)])
async def test_a_header_of_media_types_has_so_many_characters_at_most(
    client: httpx2.AsyncClient, name: str, status: int
) -> None:
    """Each is taken apart, and some are kept."""
    for longer in (0, 1):
        value = f"{JSON}; a=".ljust(LONGEST_HEADER + longer, "b")
        headers = {"content-type": JSON, name: value}
        response = await client.post("/graphql", content=BODY, headers=headers)
        assert response.status_code == (status if longer else 200)


def test_headers_are_read_once_however_many_there_are_and_though_one_is_sent_twice() -> None:
    class Counting(list[tuple[bytes, bytes]]):
        """Headers that count how often they are gone through."""

        turns = 0

        def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
            self.turns += 1
            return super().__iter__()

    headers = Counting((b"x-%d" % number, b"a") for number in range(1_000))
    headers += [(b"x-1", b"b"), (b"x-7", b"c"), (b"x-1", b"d")]
    found = headers_of({"headers": headers})
    assert headers.turns <= 2
    assert len(found) == 1_000
    assert (found["x-1"], found["x-7"], found["x-9"]) == ("a, b, d", "a, c", "a")


async def test_a_get_with_two_content_types_needs_leave(client: httpx2.AsyncClient) -> None:
    """Like one with a type that any page can send."""
    for second in ([], [("content-type", "text/plain")]):
        headers = [("content-type", f"{JSON}; charset=utf-8"), *second, *bearer().items()]
        response = await client.get("/graphql?query=%7Bcaller%7D", headers=headers)
        assert response.status_code == (400 if second else 200)


async def test_what_a_client_accepts_may_stand_in_several_headers(
    client: httpx2.AsyncClient,
) -> None:
    headers = [("accept", "text/html"), ("accept", GRAPHQL), ("content-type", JSON)]
    response = await client.post("/graphql", content=BODY, headers=headers)
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


async def test_our_own_origin_and_a_listed_one_may_call(serve: Serve) -> None:
    client = serve(headers=bearer(), allowed_origins="https://shop.example.com")
    for origin in ("http://gate.test", "https://gate.test", "https://shop.example.com"):
        assert (await post(client, BODY, origin=origin)).status_code == 200


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

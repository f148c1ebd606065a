"""Headers of a request: which type is answered and which is read, and what a page of others may send."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from projectgate.request import LONGEST_HEADER, answer_type, headers_of
from tests.program.conftest import (
    BODY,
    GRAPHQL,
    JSON,
    Serve,
    bearer,
    get,
    is_refused,
    message,
    post,
    run,
)

pytestmark = pytest.mark.anyio


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
        assert response.headers["vary"] == "Accept, Accept-Encoding, Origin"


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

"""Automatic persisted queries: hashes instead of texts, as Apollo's clients send them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx2
import pytest

from projectgate import persisted
from projectgate.data.database import Database
from projectgate.parameters import Operation
from projectgate.persisted import PersistedQueries
from tests.program.conftest import (
    GRAPHQL,
    JSON,
    PREFLIGHT,
    SCHEMA,
    Serve,
    bearer,
    code,
    data,
    get,
    is_refused,
    message,
)
from tests.program.gate import accepted, heard, running, say

pytestmark = pytest.mark.anyio

EVENTS = "text/event-stream"

QUERY = "query Q($t: String!) { echo(text: $t) }"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


KNOWN = digest(QUERY)


def named(sha256: Any = KNOWN, version: Any = 1) -> dict[str, Any]:
    """The extension that names a document by its hash."""
    return {"persistedQuery": {"version": version, "sha256Hash": sha256}}


async def send(
    client: httpx2.AsyncClient, /, accept: str = GRAPHQL, **members: Any
) -> httpx2.Response:
    return await client.post("/graphql", json=members, headers={"accept": accept})


def is_not_found(response: httpx2.Response, status: int = 400) -> None:
    is_refused(response, status, "PERSISTED_QUERY_NOT_FOUND")
    assert message(response) == "PersistedQueryNotFound"


async def test_a_hash_that_is_not_known_is_told_so_in_apollos_words(
    client: httpx2.AsyncClient,
) -> None:
    is_not_found(await send(client, extensions=named()))
    is_not_found(await send(client, JSON, extensions=named()), 200)


async def test_a_text_that_was_sent_with_its_hash_is_found_by_the_hash(
    client: httpx2.AsyncClient,
) -> None:
    response = await send(client, query=QUERY, variables={"t": "1"}, extensions=named())
    assert data(response) == {"echo": "1"}
    response = await send(client, variables={"t": "2"}, extensions=named())
    assert data(response) == {"echo": "2"}
    response = await send(client, query=QUERY, variables={"t": "3"}, extensions=named())
    assert data(response) == {"echo": "3"}


async def test_a_get_by_hash_is_answered_under_the_rules_of_a_get(
    client: httpx2.AsyncClient,
) -> None:
    fields = {"extensions": json.dumps(named()), "variables": '{"t":"1"}'}
    headers = {**PREFLIGHT, "accept": GRAPHQL}
    is_not_found(await get(client, headers, **fields))
    assert data(await get(client, headers, query=QUERY, **fields)) == {"echo": "1"}
    assert data(await get(client, headers, **fields)) == {"echo": "1"}
    is_refused(await get(client, {}, **fields), 400, "BAD_REQUEST")
    write = "mutation { write }"
    await send(client, query=write, extensions=named(digest(write)))
    response = await get(client, headers, extensions=json.dumps(named(digest(write))))
    is_refused(response, 405, "METHOD_NOT_ALLOWED")


async def test_the_drafts_document_id_finds_a_text_by_its_hash(client: httpx2.AsyncClient) -> None:
    document_id = f"sha256:{digest(QUERY)}"
    is_not_found(await send(client, documentId=document_id, variables={"t": "1"}))
    await send(client, query=QUERY, variables={"t": "1"}, extensions=named())
    response = await send(client, documentId=document_id, variables={"t": "1"})
    assert data(response) == {"echo": "1"}
    response = await get(client, documentId=document_id, variables='{"t":"1"}')
    assert data(response) == {"echo": "1"}
    for unknown in ("", "sha256:", "sha256", digest(QUERY), f"md5:{digest(QUERY)}", "ø" * 5_000):
        is_not_found(await send(client, documentId=unknown))


@pytest.mark.parametrize("other", [digest("{ caller }"), digest(QUERY).upper(), "", "x", "ø"])
async def test_a_hash_that_is_not_that_of_the_text_is_refused_and_nothing_is_kept(
    client: httpx2.AsyncClient, other: str
) -> None:
    response = await send(client, query=QUERY, variables={"t": "1"}, extensions=named(other))
    is_refused(response, 400, "BAD_REQUEST")
    assert "`sha256Hash` is not the hash" in message(response)
    is_not_found(await send(client, extensions=named(other)))
    is_not_found(await send(client, extensions=named()))


async def test_the_hash_is_checked_of_a_text_that_is_known_too(client: httpx2.AsyncClient) -> None:
    await send(client, query=QUERY, variables={"t": "1"}, extensions=named())
    response = await send(client, query="{ caller }", extensions=named())
    is_refused(response, 400, "BAD_REQUEST")
    response = await send(client, variables={"t": "2"}, extensions=named())
    assert data(response) == {"echo": "2"}


@pytest.mark.parametrize(
    "text", ["{", "{ missing }", "{ twice(number: 1.5) }", "fragment F on Query { caller }",
             "query A { caller } query B { caller }", "{ echo }", ""],
)  # fmt: skip
async def test_a_document_that_fails_is_not_kept(client: httpx2.AsyncClient, text: str) -> None:
    response = await send(client, query=text, extensions=named(digest(text)))
    assert response.status_code == 400
    is_not_found(await send(client, extensions=named(digest(text))))


async def test_a_document_of_a_refused_introspection_is_not_kept(serve: Serve) -> None:
    client = serve(headers=bearer(), introspection="off")
    text = "{ __schema { description } }"
    await send(client, query=text, extensions=named(digest(text)))
    is_not_found(await send(client, extensions=named(digest(text))))


@pytest.mark.parametrize(
    "extension",
    [7, "x", True, [], {}, {"version": 1}, {"sha256Hash": digest(QUERY)},
     {"version": 2, "sha256Hash": digest(QUERY)}, {"version": "1", "sha256Hash": digest(QUERY)},
     {"version": 1, "sha256Hash": 7}, {"version": 1, "sha256Hash": None},
     {"version": None, "sha256Hash": digest(QUERY)}, {"version": [], "sha256Hash": []}],
)  # fmt: skip
@pytest.mark.parametrize("members", [{}, {"query": QUERY}])
async def test_an_extension_of_another_form_is_400(
    client: httpx2.AsyncClient, extension: Any, members: dict[str, str]
) -> None:
    for accept in (GRAPHQL, JSON):
        response = await send(client, accept, extensions={"persistedQuery": extension}, **members)
        is_refused(response, 400, "BAD_REQUEST")
        assert "persistedQuery" in message(response)


@pytest.mark.parametrize("members", [{"documentId": 7}, {"documentId": []}, {"documentId": False},
    {"documentId": "x", "query": QUERY}, {"documentId": "x", "extensions": named()}])  # fmt: skip
async def test_a_document_id_of_another_form_or_beside_a_text_is_400(
    client: httpx2.AsyncClient, members: dict[str, Any]
) -> None:
    response = await send(client, **members)
    is_refused(response, 400, "BAD_REQUEST")
    assert "documentId" in message(response)


async def test_a_null_in_place_of_a_name_is_no_name(client: httpx2.AsyncClient) -> None:
    absent: dict[str, Any] = {"documentId": None, "extensions": {"persistedQuery": None}}
    response = await send(client, query=QUERY, variables={"t": "1"}, **absent)
    assert data(response) == {"echo": "1"}
    response = await send(client, **absent)
    is_refused(response, 400, "BAD_REQUEST")
    assert "`query` is missing" in message(response)


async def test_half_a_surrogate_pair_in_a_text_or_a_hash_breaks_nothing(
    client: httpx2.AsyncClient,
) -> None:
    text = b'{"query":"{ caller } # \\ud800","extensions":{"persistedQuery":{"version":1,"sha256Hash":"\\udfff"}}}'
    response = await client.post(
        "/graphql", content=text, headers={"content-type": JSON, "accept": GRAPHQL}
    )
    is_refused(response, 400, "BAD_REQUEST")


async def test_when_off_the_client_is_told_to_send_texts_alone(serve: Serve) -> None:
    client = serve(headers=bearer(), persisted_queries="off")
    whole: dict[str, Any] = {"query": QUERY, "variables": {"t": "1"}}
    for members in ({}, whole):
        response = await send(client, extensions=named(), **members)
        is_refused(response, 400, "PERSISTED_QUERY_NOT_SUPPORTED")
        assert message(response) == "PersistedQueryNotSupported"
    response = await send(client, documentId=f"sha256:{digest(QUERY)}")
    assert code(response) == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert data(await send(client, query=QUERY, variables={"t": "1"})) == {"echo": "1"}


async def test_a_hash_is_known_to_web_sockets_and_event_streams_too(
    unread_database: Database,
) -> None:
    async with running(unread_database, SCHEMA) as gate, accepted(gate) as client:

        async def over_web_socket(**payload: Any) -> Any:
            await say(client, {"id": "1", "type": "subscribe", "payload": payload})
            answer = await heard(client)
            if answer["type"] == "next":
                assert (await heard(client))["type"] == "complete"
            return answer

        unknown = await over_web_socket(extensions=named(), variables={"t": "1"})
        assert (unknown["type"], unknown["payload"][0]["message"]) == (
            "error",
            "PersistedQueryNotFound",
        )
        for whole in ({"query": QUERY}, {}):
            answer = await over_web_socket(extensions=named(), variables={"t": "1"}, **whole)
            assert answer["payload"]["data"] == {"echo": "1"}
        async with httpx2.AsyncClient(base_url=gate.http, headers=bearer()) as http:
            response = await send(http, EVENTS, extensions=named(), variables={"t": "2"})
        assert response.headers["content-type"].startswith(EVENTS)
        assert '"echo":"2"' in response.text


def asked(text: str | None, sha256: str | None = None) -> Operation:
    """What asks for a text by its hash, or brings it."""
    return Operation(text, None, {}, {}, sha256 or digest(text or ""))


def found(texts: PersistedQueries, text: str) -> bool:
    try:
        return texts.text(asked(None, digest(text))) == text
    except persisted.TextRefused:
        return False


def test_only_so_many_texts_are_kept_and_those_not_used_for_longest_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(persisted, "KEPT", 3)
    texts = PersistedQueries()
    for text in ("a", "b", "c"):
        texts.keep(asked(text))
    assert found(texts, "a")
    texts.keep(asked("d"))
    assert [found(texts, text) for text in "abcd"] == [True, False, True, True]


def test_only_so_many_bytes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisted, "KEPT_BYTES", 10_000)
    texts = PersistedQueries()
    for letter in "abcd":
        texts.keep(asked(letter * 3_000))
    assert [found(texts, letter * 3_000) for letter in "abcd"] == [False, True, True, True]
    # A character of these takes four bytes.
    texts.keep(asked("𝄞" * 2_000))
    assert [found(texts, text) for text in ("b" * 3_000, "c" * 3_000, "d" * 3_000)] == [False] * 3
    assert found(texts, "𝄞" * 2_000)


def test_a_text_that_is_too_long_is_not_kept() -> None:
    texts = PersistedQueries()
    for length, kept in ((persisted.LONGEST_KEPT, True), (persisted.LONGEST_KEPT + 1, False)):
        texts.keep(asked("a" * length))
        assert found(texts, "a" * length) is kept

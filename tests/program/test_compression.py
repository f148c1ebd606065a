"""Answers that are sent smaller, to those who take them so."""

from __future__ import annotations

import gzip
import json
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from projectgate import compression, pages
from projectgate.app import create_app
from projectgate.compression import SMALLEST
from projectgate.data.database import Database
from projectgate.request import LONGEST_HEADER
from tests.program.conftest import JSON, build, make_settings, open_client
from tests.program.wire import connected, head, serving

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.anyio

UNPACKED: dict[str | None, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zstd": zstd.decompress,
    None: bytes,
}


AROUND = '{"data":{"echo":""},"extensions":{"cost":1}}'


def echo(size: int) -> bytes:
    """What asks for an answer of so many bytes."""
    text = "ab" * ((size - len(AROUND)) // 2)
    query = "query($t: String!) { echo(text: $t) }"
    return json.dumps({"query": query, "variables": {"t": text}}).encode()


async def raw(
    client: httpx2.AsyncClient, size: int, accepted: str | None
) -> tuple[httpx2.Response, bytes]:
    """An answer of so many bytes, and these as they were sent."""
    headers = {"content-type": JSON, **({} if accepted is None else {"accept-encoding": accepted})}
    request = client.build_request("POST", "/graphql", content=echo(size), headers=headers)
    if accepted is None:
        del request.headers["accept-encoding"]
    response = await client.send(request, stream=True)
    return response, b"".join([part async for part in response.aiter_raw()])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "gzip"),
        ("gzip;q=0.9, zstd;q=0.8", "gzip"),
        ("gzip;q=0.5, zstd;q=0.8", "zstd"),
        ("gzip;q=0", None),
        ("gzip;q=0, zstd", "zstd"),
        ("gzip;q=0, *", None),
        ("*", "gzip"),
        ("*;q=0", None),
        ("br", None),
        ("identity", None),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity;q=0", None),
        ("gzip;q=much", None),
        (",;,,gzip", "gzip"),
    ],
)
@pytest.mark.parametrize("size", [5_000, 600_000])
async def test_an_answer_is_sent_in_the_coding_that_the_client_weighs_most(
    client: httpx2.AsyncClient, accepted: str | None, coding: str | None, size: int
) -> None:
    response, content = await raw(client, size, accepted)
    assert response.status_code == 200
    assert response.headers.get("content-encoding") == coding
    assert int(response.headers["content-length"]) == len(content)
    assert response.headers.get_list("content-length") == [str(len(content))]
    assert {"Accept", "Accept-Encoding"} <= set(response.headers["vary"].split(", "))
    unpacked = UNPACKED[coding](content)
    assert len(unpacked) == size
    assert json.loads(unpacked)["data"] == {"echo": "ab" * ((size - len(AROUND)) // 2)}


async def test_a_small_answer_is_sent_as_it_is(client: httpx2.AsyncClient) -> None:
    for size, coding in ((SMALLEST - 2, None), (SMALLEST, "zstd")):
        response, content = await raw(client, size, "zstd")
        assert response.headers.get("content-encoding") == coding
        assert len(UNPACKED[coding](content)) == size
        assert "Accept-Encoding" in response.headers["vary"]


@pytest.mark.parametrize(("longer", "coding"), [(0, "gzip"), (1, None)])
async def test_a_header_of_codings_is_read_up_to_so_many_characters(
    client: httpx2.AsyncClient, longer: int, coding: str | None
) -> None:
    accepted = "gzip".ljust(LONGEST_HEADER + longer, ",")
    response, content = await raw(client, 5_000, accepted)
    assert response.headers.get("content-encoding") == coding
    assert len(UNPACKED[coding](content)) == 5_000


async def test_several_headers_count_as_one(client: httpx2.AsyncClient) -> None:
    request = client.build_request(
        "POST",
        "/graphql",
        content=echo(5_000),
        headers=[("content-type", JSON), ("accept-encoding", "gzip"), ("accept-encoding", "zstd")],
    )
    response = await client.send(request)
    assert response.headers["content-encoding"] == "zstd"


async def test_a_large_refusal_is_smaller_too(client: httpx2.AsyncClient) -> None:
    query = "{ " + " ".join(f"missing{number}" for number in range(50)) + " }"
    for accepted in ("gzip", "zstd"):
        headers = {"accept-encoding": accepted}
        response = await client.post("/graphql", json={"query": query}, headers=headers)
        assert response.headers["content-encoding"] == accepted


async def test_a_large_answer_holds_no_others_up(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    pack = compression._gzip

    def told(content: bytes) -> bytes:
        threads.append(threading.current_thread())
        return pack(content)

    monkeypatch.setattr(compression, "_gzip", told)
    for size in (5_000, 600_000):
        await raw(client, size, "gzip")
    assert threads[0] is threading.main_thread()
    assert threads[1] is not threading.main_thread()


async def test_the_schema_is_sent_smaller(unread_database: Database) -> None:
    app = create_app(make_settings(introspection="on"), database=unread_database)
    async with open_client(app) as client:
        plain = await client.get("/schema.graphql", headers={"accept-encoding": "identity"})
        response = await client.get("/schema.graphql", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert response.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["vary"]
    assert response.text == plain.text


@pytest.fixture
async def explorer(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a built explorer with a large file and a small one."""
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    for name, size in (("index.html", 5_000), ("assets/large.js", 300_000), ("assets/small.js", 9)):
        (tmp_path / "dist" / name).write_text("a" * size)
    async with open_client(Starlette(routes=pages.routes("a token", tmp_path))) as client:
        yield client


async def test_files_of_the_explorer_are_sent_smaller(explorer: httpx2.AsyncClient) -> None:
    for path, size in (("/", 5_000), ("/explorer/assets/large.js", 300_000)):
        response = await explorer.get(path, headers={"accept-encoding": "gzip"})
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["vary"] == "Accept-Encoding"
        assert len(response.content) == size
        response = await explorer.get(path, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in response.headers
        assert len(response.content) == size
    response = await explorer.get("/explorer/assets/small.js")
    assert "content-encoding" not in response.headers


async def test_what_has_a_token_in_it_is_never_compressed(explorer: httpx2.AsyncClient) -> None:
    response = await explorer.get(
        "/explorer/config.json", headers={"accept-encoding": "gzip, zstd", "host": "localhost"}
    )
    assert response.json()["token"] == "a token"
    assert "content-encoding" not in response.headers


async def test_a_compressed_answer_goes_over_a_real_connection(unread_database: Database) -> None:
    async with serving(build(unread_database)) as port, connected(port) as wire:
        for coding, unpack in (("gzip", gzip.decompress), ("zstd", zstd.decompress)):
            body = echo(50_000)
            await wire.send(head(len(body), accept_encoding=coding) + body)
            status, headers, content = await wire.answer()
            assert (status, headers["content-encoding"]) == (200, coding)
            assert len(unpack(content)) == 50_000

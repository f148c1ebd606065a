"""What every answer has: an id that the log knows too, headers of safety, JSON where something of ours is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from projectgate.auth import Authenticator
from projectgate.data.database import Database
from tests.program.conftest import bearer, build, is_refused, open_client, run

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/metrics", "/nowhere"])
async def test_every_answer_has_an_id_of_its_own(client: httpx2.AsyncClient, path: str) -> None:
    answers = [await client.get(path) for _ in range(3)]
    names = {answer.headers["x-request-id"] for answer in answers}
    assert len(names) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}", name) for name in names)
    assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers)


@pytest.mark.parametrize("name", ["a", "7f3.Trace_9-x", "x" * 64])
async def test_an_id_that_was_sent_comes_back(client: httpx2.AsyncClient, name: str) -> None:
    answer = await client.get("/healthz", headers={"x-request-id": name})
    assert answer.headers["x-request-id"] == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "ann@example.com", "a\tb", "é"])
async def test_an_id_that_is_none_is_replaced(client: httpx2.AsyncClient, name: str) -> None:
    headers = [(b"x-request-id", name.encode("latin-1"))]
    answer = await client.get("/healthz", headers=headers)
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks what checks tokens, which no code expects."""

    async def caller(*_: Any) -> None:
        raise LookupError("select * from secret_table where name = 'ann'")

    monkeypatch.setattr(Authenticator, "caller", caller)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("path", ["/graphql", "/schema.graphql"])
@pytest.mark.parametrize("origin", [{}, {"origin": "http://gate.test"}])
async def test_a_fault_outside_graphql_is_told_by_a_reference_alone(
    unread_database: Database, path: str, origin: dict[str, str], capsys: Any
) -> None:
    headers = {**bearer(), **origin, "x-request-id": "wanted"}
    async with open_client(build(unread_database), headers=headers) as client:
        answer = await (run(client, "{ caller }") if path == "/graphql" else client.get(path))
    is_refused(answer, 500, "INTERNAL")
    reference = re.fullmatch(
        r"internal error, reference ([0-9a-f]{16})", answer.json()["errors"][0]["message"]
    )
    assert reference is not None
    assert "secret_table" not in answer.text + str(answer.headers)
    assert "LookupError" not in answer.text
    assert answer.headers["x-request-id"] == "wanted"
    assert answer.headers["x-content-type-options"] == "nosniff"
    logged = capsys.readouterr()
    assert reference[1] in logged.out + logged.err
    assert "wanted" in logged.out + logged.err


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("path", ["/graphql", "/schema.graphql"])
async def test_a_page_of_a_listed_origin_can_read_a_fault_of_ours(
    unread_database: Database, path: str
) -> None:
    app = build(unread_database, allowed_origins="https://shop.example.com")
    for origin, allowed in (
        ("https://shop.example.com", "https://shop.example.com"),
        ("http://gate.test", None),
    ):
        async with open_client(app, headers={**bearer(), "origin": origin}) as client:
            answer = await (run(client, "{ caller }") if path == "/graphql" else client.get(path))
        is_refused(answer, 500, "INTERNAL")
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert answer.headers["x-request-id"]


async def test_no_answer_names_the_server(serve: Callable[..., httpx2.AsyncClient]) -> None:
    answer = await serve().get("/healthz")
    assert not {"server", "x-powered-by", "via"} & set(answer.headers)

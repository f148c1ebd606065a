"""What is counted for /metrics, and how much of it at most."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import strawberry
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.metrics import METRICS, NAME_LENGTH, NAMES
from tests.conftest import recorded
from tests.make.documents import make_full_document, store_documents
from tests.program.conftest import (
    Mutation,
    Query,
    bearer,
    build,
    make_settings,
    open_client,
    post,
    run,
)
from tests.program.gate import INIT, SECONDS, accepted, closed, heard, running, say, subscribe
from tests.program.gate import until as until_true
from tests.program.scrape import LOCAL, Numbers, number, read

pytestmark = pytest.mark.anyio

NESTED = "query Nested { projects { nodes { id products { skuId } partners { id } } } }"


@strawberry.type
class Waiting:
    """A subscription without events, and one that cannot be begun."""

    @strawberry.subscription
    async def waits(self) -> AsyncIterator[int]:
        await asyncio.Event().wait()
        yield 1

    @strawberry.subscription(graphql_type=int)  # type: ignore[untyped-decorator]
    async def broken(self) -> Any:
        raise RuntimeError


STREAMING = strawberry.Schema(Query, Mutation, Waiting)


async def scraped(client: httpx2.AsyncClient) -> Numbers:
    """What /metrics says to this machine."""
    answer = await client.get("/metrics", headers=LOCAL)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return read(answer.text)


@pytest.fixture
async def stored(database: Database) -> Database:
    """Two projects with everything."""
    await store_documents(
        database, [make_full_document(name) for name in ("project-1", "project-2")]
    )
    return database


def whole(database: Database) -> Starlette:
    """An application with the real schema."""
    return create_app(make_settings(), database=database)


async def test_the_documented_metrics_are_those_that_are_exported(stored: Database) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| `(projectgate_\w+)` \| (\w+) \| (.+?) \| (.+) \|$", page, re.MULTILINE)
    documented = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)), told)
        for name, kind, labels, told in rows
    }
    assert documented == {one.name: (one.kind, one.labels, one.help) for one in METRICS}
    async with open_client(whole(stored), headers=bearer()) as client:
        assert "errors" not in (await run(client, NESTED)).json()
        await run(client, "{ nonsense }")
        text = (await client.get("/metrics", headers=LOCAL)).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    exported = {}
    for name, (kind, _, _) in documented.items():
        family = families[name.removesuffix("_total") if kind == "counter" else name]
        labels = {label for one in family.samples for label in one.labels} - {"le"}
        exported[name] = (family.type, tuple(sorted(labels)), family.documentation)
    assert exported == {
        name: (kind, tuple(sorted(labels)), told)
        for name, (kind, labels, told) in documented.items()
    }
    assert len(families) == len(documented)


async def test_operations_are_counted_by_name_type_and_outcome(
    client: httpx2.AsyncClient,
) -> None:
    for query in ("query A { caller }", "query A { refused }", "query B { broken }", "{ caller }"):
        await run(client, query)
    await run(client, "query A { caller }")
    await run(client, "mutation A { write }")
    found = await scraped(client)
    counts = {
        (labels["operation"], labels["type"], labels["outcome"]): value
        for (name, pairs), value in found.items()
        if name == "projectgate_operations_total" and (labels := dict(pairs))
    }
    assert counts == {
        ("A", "query", "ok"): 2,
        ("A", "query", "BAD_USER_INPUT"): 1,
        ("other", "query", "INTERNAL"): 1,
        ("anonymous", "query", "ok"): 1,
        ("A", "mutation", "ok"): 1,
    }
    timed = "projectgate_operation_seconds_count"
    assert number(found, timed, operation="A", type="query") == 3
    assert 0 < number(found, "projectgate_operation_seconds_sum", operation="A", type="query") < 60


async def test_made_up_names_take_no_room(client: httpx2.AsyncClient) -> None:
    long = "N" * (NAME_LENGTH + 1)
    for query in (f"query {long} {{ caller }}", "query Failing { refused }", "query Wrong { no }"):
        await run(client, query)
    for place in range(NAMES + 20):
        await run(client, f"query Name{place} {{ caller }}")
    found = await scraped(client)
    names = {dict(pairs).get("operation") for _, pairs in found} - {None}
    assert len(names) == NAMES
    assert not names & {long, "Failing", "Wrong"}
    # The long one, the one that failed, and those beyond the first hundred (`other` is one of them).
    rest = number(
        found, "projectgate_operations_total", operation="other", type="query", outcome="ok"
    )
    assert rest == 1 + NAMES + 20 - (NAMES - 1)


async def test_what_is_not_executed_is_counted_by_its_code(client: httpx2.AsyncClient) -> None:
    for query in ("{", "{ no }", "subscription { ticks }"):
        await run(client, query)
    await run(client, "query($n: Int!) { twice(number: $n) }", variables={"n": "x"})
    await post(client, b"[]")
    await post(client, b"{}", authorization="Bearer nothing")
    found = await scraped(client)
    counts = {
        dict(pairs)["code"]: value
        for (name, pairs), value in found.items()
        if name == "projectgate_refusals_total"
    }
    assert counts == {
        "GRAPHQL_PARSE_FAILED": 1,
        "GRAPHQL_VALIDATION_FAILED": 1,
        "BAD_REQUEST": 2,
        "BAD_USER_INPUT": 1,
        "UNAUTHENTICATED": 1,
    }
    assert not any(name == "projectgate_operations_total" for name, _ in found)


async def test_requests_are_counted_by_status(client: httpx2.AsyncClient) -> None:
    await run(client, "{ caller }")
    await client.get("/nowhere")
    await client.get("/healthz")
    found = await scraped(client)
    assert number(found, "projectgate_http_requests_total", status="200") == 2
    assert number(found, "projectgate_http_requests_total", status="404") == 1


async def test_statements_and_batches_are_those_that_were_sent(stored: Database) -> None:
    async with open_client(whole(stored), headers=bearer()) as client:
        before = await scraped(client)
        with recorded(stored) as sent:
            assert len((await run(client, NESTED)).json()["data"]["projects"]["nodes"]) == 2
        found = await scraped(client)

    def grown(name: str, **labels: str) -> float:
        return number(found, name, **labels) - number(before, name, **labels)

    # PostgreSQL reads products and partners by one.
    statements = 3 if stored.dialect == "sqlite" else 2
    assert grown("projectgate_sql_statement_seconds_count") == len(sent) == statements
    assert 0 < grown("projectgate_sql_statement_seconds_sum") < 60
    for loader in ("products", "partners"):
        assert grown("projectgate_loader_batch_keys_count", loader=loader) == 1
        assert grown("projectgate_loader_batch_keys_sum", loader=loader) == 2
        assert grown("projectgate_loader_batch_keys_bucket", loader=loader, le="1") == 0
        assert grown("projectgate_loader_batch_keys_bucket", loader=loader, le="2") == 1
    assert grown("projectgate_executions_total", by="plan") == 1
    assert grown("projectgate_executions_total", by="graphql-core") == 0


async def test_statements_of_a_transaction_are_counted_and_those_that_fail_apart(
    database: Database,
) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    async with database.transaction() as transaction:
        await transaction.run(text("select 1"))
        with pytest.raises(DBAPIError):
            async with transaction.savepoint():
                await transaction.run(text("select nothing from nowhere"))
    # The statement, and the savepoint made and taken back.
    assert sum(database.statements.seconds.counts) == 3
    assert database.statements.failed == 1


async def test_connections_in_use_are_seen_while_they_are(database: Database) -> None:
    async with open_client(build(database)) as client:
        idle = await scraped(client)
        async with database.snapshot() as one, database.snapshot():
            assert one is not None
            busy = await scraped(client)
    name = "projectgate_pool_connections"
    assert number(idle, name, state="in_use") == 0
    assert number(busy, name, state="in_use") == 2
    assert number(busy, name, state="idle") == number(idle, name, state="idle") - 2
    assert number(busy, "projectgate_pool_waiting") == 0


CHANGES = "subscription { projectChanged { cursor } }"


async def test_streams_and_subscribers_are_seen_while_they_are_there(stored: Database) -> None:
    names = ("projectgate_streams", "projectgate_subscribers")
    async with running(stored) as gate, httpx2.AsyncClient(base_url=gate.http) as client:

        async def seen() -> list[float]:
            found = await scraped(client)
            kinds = ({"transport": "websocket"}, {"transport": "event-stream"})
            assert {name for name, _ in found} >= {*names}
            return [*(number(found, names[0], **kind) for kind in kinds), number(found, names[1])]

        async def becomes(*expected: float) -> None:
            async with asyncio.timeout(SECONDS):
                while await seen() != [*expected]:  # noqa: ASYNC110 - nobody tells us
                    await asyncio.sleep(0.01)

        assert await seen() == [0, 0, 0]
        async with accepted(gate) as socket, accepted(gate):
            await becomes(2, 0, 0)
            for name in "12":
                await subscribe(socket, CHANGES, name)
            await becomes(2, 0, 2)
            headers = bearer() | {"accept": "text/event-stream"}
            asked = {"query": CHANGES}
            async with client.stream("POST", "/graphql", json=asked, headers=headers):
                await becomes(2, 1, 3)
            await becomes(2, 0, 2)
            await say(socket, {"id": "1", "type": "complete"})
            await becomes(2, 0, 1)
        await becomes(0, 0, 0)


async def test_what_streams_refuse_is_counted_by_its_code(unread_database: Database) -> None:
    limits = {"connections_per_caller": 1, "subscriptions_per_connection": 1}
    async with (
        running(unread_database, STREAMING, **limits) as gate,
        httpx2.AsyncClient(base_url=gate.http) as client,
    ):
        async with accepted(gate) as socket:
            await subscribe(socket, "{ no }", "invalid")
            assert (await heard(socket))["type"] == "error"
            await subscribe(socket, "subscription { waits }", "waiting")
            await subscribe(socket, "{ caller }", "too many")
            assert (await heard(socket))["id"] == "too many"
            async with gate.connect() as another:
                await say(another, INIT)
                assert (await closed(another))[0] == 1013
            async with gate.connect(additional_headers={}) as stranger:
                await say(stranger, INIT)
                assert (await closed(stranger))[0] == 4403
            headers = bearer() | {"accept": "text/event-stream"}
            assert (await run(client, "{ caller }")).status_code == 401
            refused = await client.post(
                "/graphql", json={"query": "subscription { waits }"}, headers=headers
            )
            assert refused.status_code == 429
        await until_true(lambda: not len(gate.app.state.streams))
        broken = await client.post(
            "/graphql", json={"query": "subscription { broken }"}, headers=headers
        )
        assert "INTERNAL" in broken.text
        found = await scraped(client)
    counts = {
        dict(pairs)["code"]: value
        for (name, pairs), value in found.items()
        if name == "projectgate_refusals_total"
    }
    assert counts == {
        "GRAPHQL_VALIDATION_FAILED": 1,
        "TOO_MANY_SUBSCRIPTIONS": 1,
        "TOO_MANY_CONNECTIONS": 2,
        "UNAUTHENTICATED": 2,
        "INTERNAL": 1,
    }

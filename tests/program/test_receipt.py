"""The receipt of an operation over HTTP: whole, true, and only for admins who ask for it."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
import strawberry

from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.data.hearing import STATEMENTS, Heard
from projectgate.execution.executor import Engine
from tests.conftest import statements
from tests.make.documents import make_full_document, store_documents
from tests.make.mutations import text_of
from tests.program.conftest import Query as SmallQuery
from tests.program.conftest import Serve, bearer, code, get, make_settings, open_client, run

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[1] / "queries" / "page.graphql").read_text()
OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
ASKED = {"x-projectgate-receipt": "1"}
PATCH = text_of("patchProject", "project { version } changed userErrors { code }")
# What a driver sends for itself, or to begin and end transactions.
OWN = ("begin", "commit", "rollback", "pragma", "--", "select pg_notify")


def admin_token() -> dict[str, str]:
    """The header of an admin, whose token ends in a few minutes."""
    return bearer(roles=["ProjectAdmin"])


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database of each kind with 25 projects that have two of everything."""
    documents = [make_full_document(f"project-{place}") for place in range(25)]
    await store_documents(database, documents)
    return database


@pytest.fixture
async def admin(filled: Database) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an admin's token who does not ask for receipts."""
    async with open_client(
        create_app(make_settings(), database=filled), headers=admin_token()
    ) as client:
        yield client


@pytest.fixture
async def asking(admin: httpx2.AsyncClient, filled: Database) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an admin's token who asks for receipts."""
    app = create_app(make_settings(), database=filled)
    async with open_client(app, headers={**admin_token(), **ASKED}) as client:
        yield client


def receipt_of(response: httpx2.Response) -> Any:
    """The receipt in an answer."""
    return response.json()["extensions"]["receipt"]


def texts(receipt: Any) -> list[str]:
    """The statements of a receipt, in an order: those of one level are sent side by side."""
    return sorted(one["sql"] for one in receipt["statements"])


async def test_the_receipt_of_a_page_says_how_it_was_executed_and_what_it_read(
    asking: httpx2.AsyncClient, filled: Database
) -> None:
    receipt = receipt_of(await run(asking, PAGE))

    assert set(receipt) == {"execution", "cost", "milliseconds", "statements", "batches"}
    assert receipt["execution"] == {"by": "plan", "reason": None}
    assert receipt["cost"] == 2762
    assert sorted(receipt["batches"], key=lambda batch: str(batch["loader"])) == [
        {"loader": "partners", "keys": 20},
        {"loader": "products", "keys": 20},
        {"loader": "transactions", "keys": 20},
    ]
    for statement in receipt["statements"]:
        assert set(statement) == {"sql", "rows", "milliseconds"}
        assert 0 < statement["milliseconds"] <= receipt["milliseconds"]
    # A page reads one more, to know whether there is a next one; of what is nested each of 20 projects has two.
    rows = [40, 40, 40] if filled.dialect == "sqlite" else [120]
    assert sorted(one["rows"] for one in receipt["statements"]) == [21, *rows]


async def test_the_receipt_in_the_documentation_is_that_of_its_query(
    asking: httpx2.AsyncClient,
) -> None:
    found = re.search(r"Of `(.+)`:\n\n```json\n(.+?)```", OPERATIONS, re.DOTALL)
    assert found is not None
    documented = json.loads(found[2])
    receipt = receipt_of(await run(asking, found[1]))

    for shown in (receipt, documented):
        for timed in (shown, *shown["statements"]):
            assert isinstance(timed.pop("milliseconds"), float)
        for statement in shown["statements"]:
            assert statement.pop("sql").startswith("SELECT ")
    assert receipt == documented


QUERIES = [
    PAGE,
    '{ searchProjects(query: "project") { totalHits facets { field } result { id errors { key } } } }',
    '{ project(id: "project-1") { availableActions { name } projectParts { transactions { cost } } } }',
    "{ projects(first: 2) { nodes { log(first: 1) { nodes { id } } versions { nodes { version } } } } }",
    "{ __schema { queryType { name } } projectTypes { id } }",
    "{ viewer { name } }",
]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
async def test_the_statements_of_a_receipt_are_those_that_were_heard(
    asking: httpx2.AsyncClient, filled: Database, query: str
) -> None:
    with statements(filled) as heard:
        response = await run(asking, query)

    assert "errors" not in response.json()
    assert texts(receipt_of(response)) == sorted(text for text, _ in heard)


@pytest.fixture
async def driven(filled: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the drivers themselves log of their statements, on connections that are made from now on."""
    await filled.close()
    logged: list[str] = []
    connect_file, connect_server = sqlite3.connect, asyncpg.connect

    def opened(*given: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect_file(*given, **named)
        connection.set_trace_callback(logged.append)
        return connection

    async def connected(*given: Any, **named: Any) -> Any:
        connection = await connect_server(*given, **named)
        connection.add_query_logger(lambda record: logged.append(record.query))
        return connection

    monkeypatch.setattr(sqlite3, "connect", opened)
    monkeypatch.setattr(asyncpg, "connect", connected)
    return logged


@pytest.mark.parametrize("query", QUERIES[:-1], ids=range(len(QUERIES) - 1))
async def test_a_receipt_has_as_many_statements_as_the_driver_logs(
    driven: list[str], asking: httpx2.AsyncClient, query: str
) -> None:
    # Connections are made and learn the types of the database.
    await run(asking, query)
    await asyncio.sleep(0)
    driven.clear()

    receipt = receipt_of(await run(asking, query))
    # asyncpg has a statement logged by the next turn of the loop, which may come after the answer.
    await asyncio.sleep(0)

    logged = [text for text in driven if not text.lower().startswith(OWN)]
    assert len(receipt["statements"]) == len(logged) > 0


@pytest.mark.parametrize("dry_run", [False, True])
async def test_the_receipt_of_a_mutation_lists_every_statement_of_it(
    asking: httpx2.AsyncClient, filled: Database, dry_run: bool
) -> None:
    given = {"id": "project-1", "name": "Changed", "dryRun": dry_run}
    with statements(filled) as heard:
        response = await run(asking, PATCH, variables={"input": given})

    assert response.json()["data"]["patchProject"]["changed"] is True
    receipt = receipt_of(response)
    assert texts(receipt) == sorted(text for text, _ in heard)
    verbs = {text.split()[0].lower() for text in texts(receipt)}
    assert {"select", "update", "insert"} <= verbs
    assert receipt["execution"] == {"by": "plan", "reason": None}


async def test_a_receipt_of_a_mutation_has_as_many_statements_as_the_driver_logs(
    driven: list[str], asking: httpx2.AsyncClient, filled: Database
) -> None:
    selected = "results { changed userErrors { code } }"
    text = text_of("updateManyProjectProductStatus", selected)

    def members(status: str) -> dict[str, Any]:
        update = {"productStatusUpdates": [{"lineId": "project-1-0", "status": status}]}
        items = [update | {"projectId": name} for name in ("project-1", "nobody")]
        return {"variables": {"input": {"errorPolicy": "REJECT_FAILED", "items": items}}}

    await run(asking, text, **members("Sent"))
    driven.clear()
    with STATEMENTS.heard_by((heard := list[Heard]()).append):
        response = await run(asking, text, **members("Back"))

    assert [
        item["changed"]
        for item in response.json()["data"]["updateManyProjectProductStatus"]["results"]
    ] == [True, False]
    # SQLite's driver logs a statement for each of its values, the other one once.
    expected = sum(
        len(one.values) if filled.dialect == "sqlite" and isinstance(one.values, list) else 1
        for one in heard
    )
    logged = [text for text in driven if not text.lower().startswith(OWN)]
    assert len(logged) == expected
    assert texts(receipt_of(response)) == sorted(one.text for one in heard)
    assert any(text.startswith("savepoint") for text in texts(receipt_of(response)))


async def test_a_receipt_has_no_values(asking: httpx2.AsyncClient) -> None:
    query = """query Q($name: String!) {
        projects(query: "Hemmelig", filter: { statuses: [$name, "privat-id"] }) { nodes { id } }
    }"""
    for text, members in (
        (query, {"variables": {"name": "lukket"}}),
        (PATCH, {"variables": {"input": {"id": "project-1", "name": "Hemmelig"}}}),
    ):
        shown = str(receipt_of(await run(asking, text, **members))).lower()
        assert not [word for word in ("hemmelig", "privat-id", "lukket") if word in shown]


async def test_an_operation_that_fails_tells_why_without_its_data(
    asking: httpx2.AsyncClient, filled: Database
) -> None:
    query = (
        '{ projects(first: 2) { nodes { id } } failed: projects(after: "Ola") { nodes { id } } }'
    )
    with statements(filled) as heard:
        response = await run(asking, query)

    assert (response.status_code, code(response)) == (200, "INVALID_CURSOR")
    receipt = receipt_of(response)
    assert receipt["execution"]["by"] == "graphql-core"
    assert receipt["execution"]["reason"].startswith("given up: ")
    assert "Ola" not in str(receipt)
    assert " " not in receipt["execution"]["reason"].removeprefix("given up: ")
    assert texts(receipt) == sorted(text for text, _ in heard)


async def test_an_operation_without_a_plan_tells_why(asking: httpx2.AsyncClient) -> None:
    receipt = receipt_of(await run(asking, "{ __schema { queryType { name } } }"))
    assert receipt["execution"]["by"] == "graphql-core"
    assert receipt["execution"]["reason"] == "the field __schema"
    assert (receipt["cost"], receipt["statements"], receipt["batches"]) == (9, [], [])


@strawberry.type
class Query:
    """Fields with which a plan is given up."""

    @strawberry.field
    def needed(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def broken(self) -> str | None:
        raise ValueError("Ola Nordmann")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("{ needed }", "given up: Unanswerable: a null where none may be"),
        ("{ broken }", "given up: ValueError"),
    ],
)
async def test_a_plan_that_is_given_up_is_told_by_class_and_by_words_of_our_own(
    unread_database: Database, query: str, reason: str
) -> None:
    schema = strawberry.Schema(Query, execution_context_class=Engine().executor_class())
    app = create_app(make_settings(), schema=schema, database=unread_database)
    async with open_client(app, headers={**admin_token(), **ASKED}) as client:
        response = await run(client, query)
    assert response.json()["errors"]
    assert receipt_of(response)["execution"] == {"by": "graphql-core", "reason": reason}
    assert "Nordmann" not in response.text


async def test_a_reader_who_asks_is_answered_without_a_receipt(filled: Database) -> None:
    app = create_app(make_settings(), database=filled)
    async with open_client(app, headers=bearer(roles=["ProjectRead"])) as client:
        response = await client.post("/graphql", json={"query": PAGE}, headers=ASKED)
        assert response.content == (await client.post("/graphql", json={"query": PAGE})).content
    assert set(response.json()["extensions"]) == {"cost"}


@pytest.mark.parametrize("value", [None, "", "0", "true", "11", "1, 1"])
async def test_an_answer_without_a_receipt_is_the_same_to_the_byte(
    admin: httpx2.AsyncClient, asking: httpx2.AsyncClient, value: str | None
) -> None:
    headers = {} if value is None else {"x-projectgate-receipt": value}
    off = await admin.post("/graphql", json={"query": PAGE}, headers=headers)
    on = await asking.post("/graphql", json={"query": PAGE})

    assert set(off.json()["extensions"]) == {"cost"}
    assert on.content.startswith(off.content[:-2] + b',"receipt":{')
    assert set(on.json()) == {"data", "extensions"}


async def test_operations_that_run_side_by_side_have_receipts_of_their_own(
    asking: httpx2.AsyncClient,
) -> None:
    queries = [
        f"{{ projects(first: {n}) {{ nodes {{ {name} {{ id }} }} }} }}"
        for n, name in ((3, "products"), (4, "partners"), (5, "transactions"), (6, "comments"))
    ]
    alone = [receipt_of(await run(asking, query)) for query in queries]
    together = await asyncio.gather(*(run(asking, query) for query in queries * 3))

    for expected, response in zip(alone * 3, together, strict=True):
        receipt = receipt_of(response)
        assert len(receipt["statements"]) == 2
        assert texts(receipt) == texts(expected)
        assert receipt["batches"] == expected["batches"]
    assert [one["batches"][0]["keys"] for one in alone] == [3, 4, 5, 6]


async def test_a_query_by_get_has_a_receipt(serve: Serve) -> None:
    response = await get(
        serve(headers={**admin_token(), **ASKED, "x-graphql-preflight": "1"}),
        {},
        query="{ caller }",
    )
    receipt = receipt_of(response)
    assert (receipt["cost"], receipt["statements"]) == (1, [])
    assert receipt["execution"] == {"by": "graphql-core", "reason": "a schema without plans"}


class Measured(strawberry.extensions.SchemaExtension):
    """An extension that adds to the answer."""

    def get_results(self) -> dict[str, Any]:
        return {"measured": 7}


async def test_a_receipt_stands_beside_what_extensions_say(unread_database: Database) -> None:
    schema = strawberry.Schema(SmallQuery, extensions=[Measured])
    app = create_app(make_settings(), schema=schema, database=unread_database)
    async with open_client(app, headers={**admin_token(), **ASKED}) as client:
        extensions = (await run(client, "{ caller }")).json()["extensions"]
    assert extensions["measured"] == 7
    assert extensions["receipt"]["execution"]["reason"] == "extensions of the schema"


@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("{", {}),
        ("{ nothing }", {}),
        ("query Q($t: String!) { echo(text: $t) }", {}),
        ("{ caller }", {"operationName": "R"}),
    ],
)
async def test_a_request_error_has_no_receipt(
    serve: Serve, query: str, members: dict[str, Any]
) -> None:
    response = await run(serve(headers={**admin_token(), **ASKED}), query, **members)
    assert set(response.json()) == {"errors"}


async def test_pages_of_allowed_origins_may_ask_for_receipts(serve: Serve) -> None:
    client = serve(allowed_origins="https://shop.example.com")
    asked = {
        "origin": "https://shop.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-projectgate-receipt",
    }
    response = await client.options("/graphql", headers=asked)
    assert response.status_code == 204
    assert "x-projectgate-receipt" in response.headers["access-control-allow-headers"].lower()

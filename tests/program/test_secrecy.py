"""What is not said, whichever way an operation came: names of the schema, and anything of what goes on inside."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, NewType

import httpx2
import pytest
import strawberry
from sqlalchemy import text
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from projectgate.data.database import Database

from .conftest import GRAPHQL, PREFLIGHT, bearer
from .gate import SECONDS, Gate, accepted, heard, running, subscribe
from .raw import HANDSHAKE, handshake
from .test_handshake import BAD
from .wire import connected

pytestmark = pytest.mark.anyio

TRANSPORTS = ["post", "get", "stream", "websocket"]


class Said(NamedTuple):
    """All that an answer says: its errors, its text, and its headers where there are any."""

    errors: list[Any]
    text: str
    headers: dict[str, str]


class Asking:
    """A client that asks over each transport."""

    def __init__(self, gate: Gate, client: httpx2.AsyncClient) -> None:
        self._gate, self._client = gate, client

    async def ask(self, transport: str, query: str, variables: Any = None) -> Said:
        """What is answered to an operation."""
        asked: dict[str, Any] = {"query": query, "variables": variables or {}}
        if transport == "websocket":
            async with accepted(
                self._gate, additional_headers=bearer(roles=["ProjectAdmin"])
            ) as to:
                await subscribe(to, **asked)
                answer = await heard(to)
            payload = answer["payload"]
            errors = payload if isinstance(payload, list) else payload.get("errors", [])
            return Said(errors, json.dumps(answer), {})
        accept = "text/event-stream" if transport == "stream" else GRAPHQL
        headers = {"accept": accept, **PREFLIGHT}
        if transport == "get":
            asked["variables"] = json.dumps(asked["variables"])
            response = await self._client.get("/graphql", params=asked, headers=headers)
        else:
            response = await self._client.post("/graphql", json=asked, headers=headers)
        found = re.search(r"^\{.*\}$|(?<=data: )\{.*\}$", response.text, re.MULTILINE)
        assert found is not None, response.text
        return Said(json.loads(found[0]).get("errors", []), response.text, dict(response.headers))


@asynccontextmanager
async def asking(database: Database, schema: Any = None, **changes: Any) -> AsyncIterator[Asking]:
    """A client of a gateway."""
    headers = bearer(roles=["ProjectAdmin"])
    async with (
        running(database, schema, **changes) as gate,
        httpx2.AsyncClient(base_url=gate.http, headers=headers, timeout=SECONDS) as client,
    ):
        yield Asking(gate, client)


# An operation with a name that is nearly right, its variables, and the name that is right.
NEARLY: list[tuple[str, Any, str]] = [
    ("{ viewer { nam } }", None, "name"),
    ("{ viewr { name } }", None, "viewer"),
    ('{ project(id: "1", atVersio: 1) { tags } }', None, "atVersion'"),
    ("{ projects(sortOrder: CREATED_ASCENDIN) { totalCount } }", None, "CREATED_ASCENDING"),
    ("{ projects(filter: { statuse: [] }) { totalCount } }", None, "statuses"),
    ("query ($f: ProjectFilte) { projects(filter: $f) { totalCount } }", None, "'ProjectFilter'"),
    ("{ ...F } fragment F on Quer { viewer { name } }", None, "'Query'"),
    (
        "query ($f: ProjectFilter) { projects(filter: $f) { totalCount } }",
        {"f": {"statuse": []}},
        "statuses",
    ),
    (
        "query ($s: ProjectSortOrder) { projects(sortOrder: $s) { totalCount } }",
        {"s": "CREATED_ASCENDIN"},
        "CREATED_ASCENDING",
    ),
]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_who_may_not_introspect_is_not_told_names_that_are_nearly_those_that_were_sent(
    database: Database,
) -> None:
    async with asking(database, introspection="off") as client:
        for query, variables, name in [*NEARLY, ("{ viewer }", None, "{ ... }")]:
            for transport in TRANSPORTS:
                # The second time the document is known.
                for _ in range(2):
                    said = await client.ask(transport, query, variables)
                    assert len(said.errors) == 1
                    assert name not in said.text
                    assert "id you mean" not in said.text


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_who_may_introspect_is_told_what_may_have_been_meant(database: Database) -> None:
    async with asking(database) as client:
        for query, variables, name in NEARLY:
            for transport in TRANSPORTS:
                said = await client.ask(transport, query, variables)
                assert "Did you mean" in said.text
                assert name in said.text


HIDDEN = [
    "{ __schema { types { name } } }",
    '{ t: __type(name: "Query") { name } }',
    "query Q { viewer { name } ...F } fragment F on Query { ... { x: __schema { types { name } } } }",
    "query Q { ...F } fragment F on Query { ...G } fragment G on Query { a: __schema { __typename } }",
    "{ __schema @include(if: false) { types { name } } }",
    "mutation { __schema { types { name } } }",
    "subscription { __schema { types { name } } }",
    "query A { viewer { name } } query B { __schema { types { name } } }",
]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_nobody_introspects_where_it_is_off(database: Database) -> None:
    async with asking(database, introspection="off") as client:
        for query in HIDDEN:
            for transport in TRANSPORTS:
                said = await client.ask(transport, query)
                assert said.errors
                assert '"data"' not in said.text
                assert "ProjectFilter" not in said.text


@strawberry.type
class Thing:
    """What a list has."""

    @strawberry.field
    def broken(self) -> int:
        raise ValueError(f"/etc/secret/path.py {os.environ.get('PATH')} password=hunter2")


@strawberry.type
class Query:
    """Fields that go wrong in every way that a field can."""

    @strawberry.field
    def things(self) -> list[Thing]:
        return [Thing(), Thing()]

    @strawberry.field
    async def statement(self, info: strawberry.Info) -> int:
        await info.context.database.run(text("select secret_column from secret_table"))
        return 1

    @strawberry.field
    async def timed(self) -> int:
        raise TimeoutError("[Errno 110] connect to 10.1.2.3:5432 failed")

    @strawberry.field
    def odd(self) -> int:
        return "hunter2"  # type: ignore[return-value]

    @strawberry.field
    def absent(self) -> int:
        return None  # type: ignore[return-value]

    @strawberry.field
    def grouped(self) -> int:
        raise ExceptionGroup("hunter2", [KeyError("secret")])


@strawberry.type
class Mutation:
    """The same where it is written."""

    @strawberry.mutation
    async def statement(self, info: strawberry.Info) -> int:
        async with info.context.database.transaction() as transaction:
            await transaction.run(text("insert into secret_table values (1)"))
        return 1


@strawberry.type
class Subscription:
    """The same where it is followed."""

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        raise RuntimeError("select secret_column from secret_table where password = 'hunter2'")
        yield 1

    @strawberry.subscription
    def odd(self) -> AsyncIterator[int]:
        raise RuntimeError("hunter2")


BROKEN = [
    "{ things { broken } }",
    "{ things { ... @include(if: true) { broken } } __typename }",
    "{ statement }",
    "{ timed }",
    "{ odd }",
    "{ absent }",
    "{ grouped }",
    "mutation { statement }",
    "subscription { breaks }",
    "subscription { odd }",
]
# What nobody outside has a use for: of data, of the program, of what it is made of, and where it is.
TELLING = re.compile(
    r"hunter2|secret|encountered|set_int_max|conversion|"
    r"select |insert |Traceback|Error\b|errno|\.py\b|/usr|/home|/root|/tmp|/work|10\.1\.2\.3|"
    r"site-packages|sqlite|sqlalchemy|asyncpg|postgres|uvicorn|starlette|strawberry|graphql-core|[Pp]ython"
)


@pytest.mark.parametrize("transport", ["post", "stream", "websocket"])
async def test_of_what_goes_wrong_inside_an_id_is_told_and_nothing_else(
    database: Database, transport: str
) -> None:
    schema = strawberry.Schema(Query, Mutation, Subscription)
    async with asking(database, schema) as client:
        for query in BROKEN:
            with capture_logs() as logged:
                said = await client.ask(transport, query)
            if query.startswith("subscription") and transport == "post":
                continue  # it is refused, since nobody follows it so
            codes = {error["extensions"]["code"] for error in said.errors}
            assert codes == {"INTERNAL"}, query
            told = said.text.replace("text/event-stream", "")
            assert TELLING.search(told) is None, told
            assert TELLING.search(json.dumps(said.headers)) is None, said.headers
            assert "server" not in said.headers
            for error in said.errors:
                found = re.fullmatch(r"internal error, reference ([0-9a-f]{16})", error["message"])
                assert found is not None
                assert found[1] in [line.get("reference") for line in logged]


Odd = NewType("Odd", object)


def stumble(value: Any, *_: Any) -> Any:
    """Reads no value at all, and says why as Python does."""
    raise ValueError(f"/etc/secret/path.py password=hunter2, found: {value!r}")


@strawberry.input
class Box:
    """An input with values that are stumbled over."""

    one: Odd | None = None
    many: list[Odd] | None = None
    number: int | None = None


@strawberry.type
class Taking:
    """A field that takes values."""

    @strawberry.field
    def take(
        self,
        one: Odd | None = None,
        many: list[Odd] | None = None,
        box: Box | None = None,
        number: int | None = None,
        name: strawberry.ID | None = None,
    ) -> str:
        return repr((one, many, box, number, name))


STUMBLING = strawberry.Schema(
    Taking,
    config=StrawberryConfig(
        scalar_map={Odd: strawberry.scalar(name="Odd", parse_value=stumble, parse_literal=stumble)}
    ),
)
LONG = "9" * 4_301
VALIDATION, INPUT = "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
STUMBLED: list[tuple[str, Any, str]] = [
    ("{ take(one: 1) }", None, VALIDATION),
    ('{ take(many: [1, "x"]) }', None, VALIDATION),
    ("{ take(box: { one: 1, many: [2] }) }", None, VALIDATION),
    ("query ($n: Int) { take(one: { a: $n }) }", {"n": 1}, VALIDATION),
    ("query ($o: Odd = 5) { take(one: $o) }", None, VALIDATION),
    ("query ($b: Box = { many: [1] }) { take(box: $b) }", None, VALIDATION),
    ("query ($o: Odd) { take(one: $o) }", {"o": 1}, INPUT),
    ("query ($o: [Odd!]) { take(many: $o) }", {"o": ["x", 2]}, INPUT),
    ("query ($b: Box) { take(box: $b) }", {"b": {"one": {"a": 1}, "many": [1]}}, INPUT),
    (f"{{ take(number: {LONG}) }}", None, "QUERY_TOO_COMPLEX"),
    (f"{{ take(name: {LONG}) }}", None, "QUERY_TOO_COMPLEX"),
    (f"{{ take(box: {{ number: -{LONG} }}) }}", None, "QUERY_TOO_COMPLEX"),
    (f"{{ take(many: [{LONG}]) }}", None, "QUERY_TOO_COMPLEX"),
    (f"query ($n: Int = {LONG}) {{ take(number: $n) }}", None, "QUERY_TOO_COMPLEX"),
    (f"{{ take @include(if: {LONG}) }}", None, "QUERY_TOO_COMPLEX"),
    (f"{{ take(number: {LONG[:400]}) }}", None, VALIDATION),
]


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_of_a_value_that_is_stumbled_over_nothing_is_told_but_the_value(
    database: Database, transport: str
) -> None:
    async with asking(database, STUMBLING) as client:
        for query, variables, expected in STUMBLED:
            # The second time the document is known.
            for _ in range(2):
                said = await client.ask(transport, query, variables)
                assert {error["extensions"]["code"] for error in said.errors} == {expected}, query
                told = said.text.replace("text/event-stream", "")
                assert TELLING.search(told) is None, told
                assert "found: " in told or "9" * 50 in told or "the limit is 400" in told


@pytest.mark.parametrize(
    "path", ["/", "/graphql", "/healthz", "/readyz", "/nothing", "/schema.graphql"]
)
async def test_no_answer_tells_what_serves_it(unread_database: Database, path: str) -> None:
    async with running(unread_database) as gate, httpx2.AsyncClient(base_url=gate.http) as client:
        for method in ("GET", "POST", "OPTIONS", "DELETE", "HEAD"):
            response = await client.request(method, path)
            said = json.dumps(dict(response.headers)) + response.text
            assert TELLING.search(said) is None, said
            assert "server" not in response.headers
            assert sys.version.split()[0] not in said


async def test_no_answer_to_a_handshake_tells_what_serves_it(unread_database: Database) -> None:
    handshakes = [*(sent for _, sent in BAD.values()), HANDSHAKE, handshake("GET / HTTP/1.1")]
    async with running(unread_database) as gate:
        for sent in handshakes:
            async with connected(gate.port) as wire:
                await wire.send(sent)
                status, headers, body = await wire.answer()
                said = json.dumps(headers) + body.decode()
                assert TELLING.search(said) is None, said
                assert "server" not in headers
                assert status == 101 or set(json.loads(body)) == {"errors"}

"""What the tests of the program share: a small schema, tokens, a client, public keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
import strawberry
from pydantic import SecretStr
from starlette.applications import Starlette

from projectgate.app import create_app
from projectgate.data.database import Database
from projectgate.resolvers.access import require_admin
from projectgate.resolvers.errors import BadUserInput
from projectgate.settings import Settings

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
BODY = b'{"query":"{ caller }"}'
PREFLIGHT = {"apollo-require-preflight": "true"}
Serve = Callable[..., httpx2.AsyncClient]
SECRET = "a secret of the tests, 32 bytes or more"


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes away the settings that the machine has."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PROJECTGATE_{name}".upper(), raising=False)


@strawberry.type
class Query:
    """Fields that end in every way a field can."""

    @strawberry.field
    def caller(self, info: strawberry.Info) -> str:
        return str(info.context.caller.name)

    @strawberry.field
    def echo(self, text: str) -> str:
        return text

    @strawberry.field
    def twice(self, number: int) -> int:
        return number * 2

    @strawberry.field
    def amount(self, value: Decimal) -> Decimal:
        return value

    @strawberry.field
    def document(self) -> strawberry.scalars.JSON:
        return strawberry.scalars.JSON({"big": 2**70})

    @strawberry.field
    def refused(self) -> str | None:
        raise BadUserInput("take is 101 and 100 is the most: ask for less")

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("select * from secret_table")

    @strawberry.field
    def broken_root(self) -> str:
        raise BadUserInput("no")


@strawberry.type
class Mutation:
    """A mutation that tells that it ran."""

    @strawberry.mutation
    def write(self, info: strawberry.Info) -> str:
        require_admin(info.context.caller)
        return "written"


@strawberry.type
class Subscription:
    """A subscription, which no single answer can hold."""

    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)


def make_settings(**changes: Any) -> Settings:
    """Settings with a secret, and what the test is about."""
    return Settings(**{"jwt_secret": SecretStr(SECRET), **changes})


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a reader of all stores; a change to None takes the claim away."""
    whole = {
        "sub": "ann",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        "roles": ["ProjectRead"],
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


GOOD = json.dumps(claims(exp=9_999_999_999)).encode()


def handmade(header: bytes, payload: bytes) -> str:
    """A token of any bytes with a right signature."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    signed = f"{part(header)}.{part(payload)}"
    return f"{signed}.{part(hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256))}"


def token(**changes: Any) -> str:
    """A token of `claims()`, signed with the secret of the tests."""
    return jwt.encode(claims(**changes), SECRET, algorithm="HS256")


def bearer(**changes: Any) -> dict[str, str]:
    """The header with a token."""
    return {"authorization": f"Bearer {token(**changes)}"}


def code(response: httpx2.Response) -> str:
    """The code of the first error of an answer."""
    return str(response.json()["errors"][0]["extensions"]["code"])


def message(response: httpx2.Response) -> str:
    """The message of the first error of an answer."""
    return str(response.json()["errors"][0]["message"])


async def post(client: httpx2.AsyncClient, content: bytes, **headers: str) -> httpx2.Response:
    """The answer to a POST of these bytes; a header is written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/graphql", content=content, headers={"content-type": JSON, **named})


async def run(
    client: httpx2.AsyncClient, query: str, accept: str = GRAPHQL, **members: Any
) -> httpx2.Response:
    """The answer to an operation."""
    return await client.post(
        "/graphql", json={"query": query, **members}, headers={"accept": accept}
    )


async def get(
    client: httpx2.AsyncClient, headers: dict[str, str] | None = None, **fields: str
) -> httpx2.Response:
    """The answer to a GET with these fields."""
    return await client.get(
        "/graphql", params=fields, headers=PREFLIGHT if headers is None else headers
    )


def data(response: httpx2.Response) -> Any:
    """The data of an answer that has nothing besides but what it cost."""
    answer = response.json()
    assert set(answer) == {"data", "extensions"}
    assert set(answer["extensions"]) == {"cost"}
    return answer["data"]


def is_refused(response: httpx2.Response, status: int, expected: str) -> None:
    """Checks that an answer is a refusal as every refusal has to be."""
    assert (response.status_code, code(response)) == (status, expected)
    assert set(response.json()) == {"errors"}
    assert response.headers["content-type"].endswith("json; charset=utf-8")
    assert response.headers["cache-control"] == "no-store"


def open_client(app: Starlette, **options: Any) -> httpx2.AsyncClient:
    """A client of an application in this process."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://gate.test", **options)


def build(database: Database | None = None, *, demo: bool = False, **changes: Any) -> Starlette:
    """An application with the small schema."""
    return create_app(make_settings(**changes), demo=demo, schema=SCHEMA, database=database)


@pytest.fixture
async def unread_database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database, which the small schema does not read."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/unread.sqlite")
    yield database
    await database.close()


@pytest.fixture
async def serve(unread_database: Database) -> AsyncIterator[Callable[..., httpx2.AsyncClient]]:
    """Gives clients of an application with the small schema and changed settings."""
    clients: list[httpx2.AsyncClient] = []

    def start(
        *, demo: bool = False, headers: dict[str, str] | None = None, **changes: Any
    ) -> httpx2.AsyncClient:
        app = create_app(
            make_settings(**changes), demo=demo, schema=SCHEMA, database=unread_database
        )
        clients.append(open_client(app, headers=headers or {}))
        return clients[-1]

    yield start
    for client in clients:
        await client.aclose()


@pytest.fixture
async def client(serve: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """A client with an admin's token."""
    return serve(headers=bearer(roles=["ProjectAdmin"]))


@dataclass
class Provider:
    """An identity provider's server of public keys: what it answers, and how often it was asked."""

    url: str = ""
    content: bytes = b""
    status: int = 200
    asked: int = 0
    delay: float = 0

    def publish(self, **keys: dict[str, Any]) -> None:
        """Answers with these public keys, by name, from now on."""
        self.content = json.dumps(
            {"keys": [{**key, "kid": name} for name, key in keys.items()]}
        ).encode()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A real HTTP server of public keys on this machine."""
    state = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            time.sleep(state.delay)
            self.send_response(state.status)
            self.end_headers()
            self.wfile.write(state.content)

        def log_message(self, *_: Any) -> None:
            """Writes nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/keys.json"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()

"""Clients as users have them, against a served demo: from npm in tests/clients, and `gql` for Python."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from tests.conftest import absent

from .served import Served, serve_demo

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "clients"
PATH = f"{ROOT / '.node' / 'bin'}{os.pathsep}{os.environ['PATH']}"
# Of a process of Node, which gives up by itself after 30 seconds.
SECONDS = 60
QUERY = """
    query Projects($take: Int!) {
      searchProjects(take: $take) { totalHits result { id version products { id skuId status } } }
    }"""
REFUSED = """
    mutation Refused($id: ID!) {
      updateProjectProductStatus(
        input: { projectId: $id, productStatusUpdates: [{ skuId: "no such sku", status: "Received" }] }
      ) { changed project { id } userErrors { __typename code message path } }
    }"""
WRITE = """
    mutation Write($id: ID!) {
      addProjectLogItem(input: { projectId: $id, text: "of gql" }) { changed }
    }"""
CHANGES = """
    subscription Changes($ids: [ID!]) {
      projectChanged(projectIds: $ids) { cursor projectId version operation project { id version } }
    }"""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(240),
    # With --dist loadgroup one worker runs them all, on one server.
    pytest.mark.xdist_group("clients"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served demo."""
    with serve_demo(tmp_path_factory.mktemp("clients")) as served:
        yield served


def command(*words: str) -> str:
    """What a command prints that is run where the clients are."""
    if not (CLIENTS / "node_modules" / "run.ok").is_file():
        absent("no clients of Node: run `make clients`")
    done = subprocess.run(
        words,
        cwd=CLIENTS,
        env=os.environ | {"PATH": PATH},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answers(demo: Served, script: str) -> Any:
    """What a client was answered."""
    return json.loads(command("node", script, f"{demo.url}graphql", demo.token))


def is_page(query: Any) -> None:
    """Checks the answer to the query that every client sends."""
    projects = query["searchProjects"]
    assert projects["totalHits"] == 300
    assert len(projects["result"]) == 2
    assert all(project["products"] for project in projects["result"])


def is_refusal(mutation: Any) -> None:
    """Checks the answer to the mutation that every client sends."""
    answer = mutation["updateProjectProductStatus"]
    assert (answer["changed"], answer["project"]) == (False, None)
    (error,) = answer["userErrors"]
    assert (error["__typename"], error["code"]) == ("NotFound", "PRODUCT_NOT_FOUND")
    assert error["path"] == ["productStatusUpdates", "0", "skuId"]


def test_graphql_request_gets_a_query_and_a_user_error(demo: Served) -> None:
    got = answers(demo, "request.mjs")
    is_page(got["query"])
    is_refusal(got["mutation"])


def test_types_that_codegen_makes_fit_a_program_and_what_the_server_answers(demo: Served) -> None:
    command("npm", "exec", "--", "graphql-codegen", "--config", "codegen.json")
    command("npm", "exec", "--", "tsc", "--project", ".")
    got = answers(demo, "typed.ts")
    is_page(got["query"])
    is_refusal(got["mutation"])
    assert got["paths"] == [["productStatusUpdates", "0", "skuId"]]


def test_the_audit_of_graphql_over_http_finds_nothing(demo: Served) -> None:
    audited = answers(demo, "audit.mjs")
    assert len(audited) > 50
    # A mere MAY of the draft is told with a warning ("warn"), what it demands or advises with an error or a notice.
    assert [one for one in audited if one["status"] != "ok"] == []


async def test_gql_for_python_gets_a_query_and_a_user_error(demo: Served) -> None:
    transport = HTTPXAsyncTransport(
        url=f"{demo.url}graphql", headers={"authorization": f"Bearer {demo.token}"}
    )
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        query = await session.execute(GraphQLRequest(QUERY, variable_values={"take": 2}))
        is_page(query)
        project_id = query["searchProjects"]["result"][0]["id"]
        is_refusal(
            await session.execute(GraphQLRequest(REFUSED, variable_values={"id": project_id}))
        )


# What goes over the wire: the hash, the text with it, then the hash alone, by POST and by GET.
PERSISTED = [
    {"method": "POST", "whole": False},
    {"method": "POST", "whole": True},
    {"method": "POST", "whole": False},
    {"method": "GET", "whole": False},
    {"method": "GET", "whole": False},
]


def is_event(subscription: Any) -> None:
    """Checks the first event that every client hears of the log item that it adds."""
    change = subscription["projectChanged"]
    assert change["operation"] == "addProjectLogItem"
    assert change["cursor"]
    project = change["project"]
    assert (project["id"], project["version"]) == (change["projectId"], change["version"])


@pytest.mark.parametrize("script", ["apollo.mjs", "urql.mjs"])
def test_apollo_and_urql_read_write_persist_and_follow(demo: Served, script: str) -> None:
    got = answers(demo, script)
    is_page(got["query"])
    is_refusal(got["mutation"])
    # Two clients ask for one project, then for two.
    lengths = [len(one["searchProjects"]["result"]) for one in got["persisted"]]
    assert lengths == [1, 2, 1, 2]
    assert got["sent"] == PERSISTED
    is_event(got["subscription"])
    if "streamed" in got:
        is_event(got["streamed"])


@pytest.mark.parametrize("script", ["ws.mjs", "sse.mjs"])
def test_graphql_ws_and_graphql_sse_do_everything_over_their_transport(
    demo: Served, script: str
) -> None:
    got = answers(demo, script)
    is_page(got["query"])
    is_refusal(got["mutation"])
    is_event(got["subscription"])


async def test_gql_for_python_follows_changes_over_a_websocket(demo: Served) -> None:
    transport = WebsocketsTransport(
        url=f"{demo.url}graphql".replace("http", "ws", 1),
        init_payload={"authorization": f"Bearer {demo.token}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=transport) as session:
        query = await session.execute(GraphQLRequest(QUERY, variable_values={"take": 2}))
        is_page(query)
        project_id = query["searchProjects"]["result"][0]["id"]
        written = GraphQLRequest(WRITE, variable_values={"id": project_id})

        async def write() -> None:
            while True:
                await session.execute(written)
                await asyncio.sleep(0.3)

        writing = asyncio.create_task(write())
        changes = session.subscribe(GraphQLRequest(CHANGES, variable_values={"ids": [project_id]}))
        is_event(await anext(changes))
        await changes.aclose()
        writing.cancel()

"""Who follows with a cursor misses nothing and hears nothing twice, whatever is killed while others write."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import httpx2
import pytest
import websockets

from projectgate.data.database import Database
from projectgate.resolvers import feed
from projectgate.resolvers.access import Caller
from tests.make.callers import READER
from tests.make.writes import admin, imported, make_claim

from .conftest import bearer
from .gate import INIT, PROTOCOL, SECONDS, say, subscribe
from .processes import Server

# How often a server is killed. PROJECTGATE_TEST_KILLS=50 makes a long run of it.
KILLS = int(os.environ.get("PROJECTGATE_TEST_KILLS", "2"))
SEED = 5
PROJECTS = [f"project-{number}" for number in range(6)]
FOLLOW = (
    "subscription ($after: String) { projectChanged(after: $after) { cursor projectId version } }"
)
WRITE = "mutation ($input: PatchProjectInput!) { patchProject(input: $input) { changed } }"
# What a connection or a server that is killed looks like to its clients.
CUT = (OSError, EOFError, httpx2.TransportError, websockets.WebSocketException)

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180 + 30 * KILLS)]

Told = tuple[str, str, int]


@pytest.fixture
async def servers(kind: str, database: Database) -> AsyncIterator[list[Server]]:
    """Two servers on one PostgreSQL, or one on a SQLite file."""
    servers = [Server(database, rate_limit="0") for _ in range(2 if kind == "postgresql" else 1)]
    try:
        await asyncio.gather(*(server.start() for server in servers))
        yield servers
    finally:
        for server in servers:
            await server.kill()


class Follower:
    """A client that is cut off and comes back, to any server, with the last cursor it has."""

    def __init__(self, number: int, servers: list[Server], after: str, **claims: Any) -> None:
        self.found: list[Told] = []
        self.returned = 0
        self._random = Random(number)
        self._servers = servers
        self._after = after
        self._claims = claims
        self._follow = self._by_websocket if number % 2 else self._by_event_stream

    async def run(self) -> None:
        """Follows until the last write of all."""
        while not self._has_all():
            server = self._random.choice(self._servers)
            try:
                # Sometimes it cuts itself off; at other times only a server that is killed does.
                async with asyncio.timeout(self._random.choice([0.3, 1, 3, 30])):
                    await self._follow(server, self._after)
            except CUT:
                self.returned += 1
                await asyncio.sleep(0.1)

    def _has_all(self) -> bool:
        return bool(self.found) and self.found[-1][1] == "end"

    def _take(self, payload: Any) -> bool:
        """Keeps an event, and says whether it was the last."""
        change = payload["data"]["projectChanged"]
        self.found.append((change["cursor"], change["projectId"], change["version"]))
        self._after = change["cursor"]
        return self._has_all()

    async def _by_websocket(self, server: Server, after: str) -> None:
        async with websockets.connect(
            f"ws://127.0.0.1:{server.port}/graphql", subprotocols=[PROTOCOL], proxy=None
        ) as client:
            await say(client, INIT | {"payload": bearer(**self._claims)})
            await client.recv()
            await subscribe(client, FOLLOW, variables={"after": after})
            async for message in client:
                if self._take(json.loads(message)["payload"]):
                    return

    async def _by_event_stream(self, server: Server, after: str) -> None:
        headers = {**bearer(**self._claims), "accept": "text/event-stream"}
        asked = {"query": FOLLOW, "variables": {"after": after}}
        async with (
            httpx2.AsyncClient(base_url=server.http, timeout=SECONDS) as client,
            client.stream("POST", "/graphql", json=asked, headers=headers) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: ") and self._take(json.loads(line[6:])):
                    return


async def _write(number: int, servers: list[Server], done: asyncio.Event) -> int:
    """Writes by way of the servers until told to stop, and says how often it was answered."""
    random, answered = Random(number), 0
    # However long the run is.
    known = bearer(sub=f"writer-{number}", roles=["ProjectAdmin"], exp=9_999_999_999)
    async with httpx2.AsyncClient(headers=known, timeout=SECONDS) as client:
        while not done.is_set():
            given = {"id": random.choice(PROJECTS), "name": f"Name {random.random()}"}
            asked = {"query": WRITE, "variables": {"input": given}}
            try:
                answer = await client.post(f"{random.choice(servers).http}/graphql", json=asked)
            except CUT:
                await asyncio.sleep(0.05)
            else:
                assert answer.json()["data"] == {"patchProject": {"changed": True}}
                answered += 1
            await asyncio.sleep(0.01)
    return answered


async def _all_since(database: Database, caller: Caller, after: str) -> list[Told]:
    """What the feed has after a cursor."""
    found: list[Told] = []
    while True:
        page = await feed.changes(database, caller, after, 1000)
        found += [(one.cursor, one.project_id, one.version) for one in page.changes]
        after = page.cursor
        if not page.more:
            return found


async def test_followers_of_killed_servers_have_every_version_once_and_in_order(
    database: Database, servers: list[Server]
) -> None:
    stores = ["oslo", "bergen", "oslo", "bergen", "tromsø", "oslo"]
    await imported(
        database,
        *(make_claim(id=name, store_id=stores[place]) for place, name in enumerate(PROJECTS)),
        make_claim(id="end", store_id="oslo"),
    )
    start = await feed.newest(database)
    random, done = Random(SEED), asyncio.Event()
    followers = [
        *(Follower(number, servers, start) for number in range(4)),
        *(Follower(number, servers, start, stores=["oslo"]) for number in range(4, 6)),
    ]
    following = [asyncio.create_task(one.run()) for one in followers]
    writing = [asyncio.create_task(_write(number, servers, done)) for number in range(3)]
    for _ in range(KILLS):
        await asyncio.sleep(random.uniform(0.5, 2))
        server = random.choice(servers)
        await server.kill()
        await asyncio.sleep(random.uniform(0, 0.5))
        await server.start()
    done.set()
    answered = sum(await asyncio.gather(*writing))
    last = {"query": WRITE, "variables": {"input": {"id": "end", "name": "End"}}}
    async with httpx2.AsyncClient(headers=bearer(roles=["ProjectAdmin"])) as client:
        assert (await client.post(f"{servers[0].http}/graphql", json=last)).status_code == 200
    async with asyncio.timeout(60):
        await asyncio.gather(*following)
    everything = await _all_since(database, READER, start)
    of_oslo = await _all_since(database, admin("ola", "oslo"), start)
    assert len(everything) >= answered > 10
    assert len(of_oslo) < len(everything)
    assert sum(one.returned for one in followers) >= KILLS
    for number, follower in enumerate(followers):
        assert follower.found == (everything if number < 4 else of_oslo)


async def test_a_write_by_one_server_is_told_by_another_one(
    kind: str, database: Database, servers: list[Server]
) -> None:
    """On PostgreSQL by a notification, between processes on a SQLite file by looking."""
    await imported(database, make_claim(id="end"))
    if kind == "sqlite":
        servers.append(Server(database))
        await servers[-1].start()
    follower = Follower(1, servers[:1], await feed.newest(database))
    following = asyncio.create_task(follower.run())
    asked = {"query": WRITE, "variables": {"input": {"id": "end", "name": "End"}}}
    async with httpx2.AsyncClient(headers=bearer(roles=["ProjectAdmin"])) as client:
        assert (await client.post(f"{servers[1].http}/graphql", json=asked)).status_code == 200
    async with asyncio.timeout(60):
        await following
    assert [told[1:] for told in follower.found] == [("end", 2)]

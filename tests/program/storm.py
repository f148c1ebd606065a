"""Readers, subscribers and a watch beside the writers of `load`, for a server whose database goes away now and then."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from tests.program.conftest import bearer
from tests.program.load import LASTING, PAUSE, SEEN, Server, Writers

READ = f"query Read($id: ID!, $version: Int) {{ project(id: $id, atVersion: $version) {SEEN} }}"
PAGE = f"query Page {{ projects(first: 5, sortOrder: MODIFIED_DESCENDING) {{ nodes {SEEN} }} }}"
# What the row of a project holds; what is nested in it is read a moment later, and may be of a later version then.
OF_THE_ROW = [
    "id",
    "version",
    "type",
    "status",
    "storeId",
    "created",
    "modified",
    "projectValue",
    "projectBudgetValue",
]
CHANGES = """subscription Changes($after: String) {
    projectChanged(after: $after) { cursor projectId version project { id version } }
}"""
# The command line, which tells of itself when it gets a signal.
TELLING = """
import gc, json, signal
from collections import Counter
from projectgate.cli import main

def tell(*_):
    kinds = map(type, gc.get_objects())
    print(json.dumps(Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)), flush=True)

signal.signal(signal.SIGUSR1, tell)
main()
"""


class TellingServer(Server):
    """A server that tells what is in its memory, and does not tidy up for it."""

    program = "-c", TELLING
    output = asyncio.subprocess.PIPE

    async def alive(self) -> Counter[str]:
        """How many objects there are of each class, those that only the collector could free too."""
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if line.startswith(b"{"):
                return Counter(json.loads(line))
        raise EOFError


class StormWriters(Writers):
    """Writers who take an internal error for a lost answer: what they sent may have been written or not."""

    async def _sent(self, client: httpx2.AsyncClient, body: dict[str, Any]) -> Any:
        if "variables" not in body:
            return await answered(client, body, self.ledger.outcomes)
        return await answered(client, body, self.ledger.outcomes, "mutations sent again")


async def answered(
    client: httpx2.AsyncClient,
    body: dict[str, Any],
    outcomes: Counter[str],
    again: str = "reads sent again",
) -> Any:
    """The data of an answer; what got lost or met a database that was away is sent again as it was."""
    first = True
    while True:
        try:
            answer = await client.post("/graphql", json=body)
        except httpx2.TransportError as error:
            outcomes[f"{type(error).__name__}"] += 1
        else:
            document = answer.json()
            if "errors" not in document:
                assert answer.status_code == 200, answer.text
                return document["data"]
            codes = {error["extensions"]["code"] for error in document["errors"]}
            assert codes == {"INTERNAL"}, document
            outcomes["internal errors"] += 1
        outcomes[again] += first
        first = False
        await asyncio.sleep(PAUSE)


@dataclass
class Readers:
    """Clients that read projects: what they see of a version must be the same each time."""

    address: str
    projects: list[str]
    outcomes: Counter[str]
    rows: dict[tuple[str, int], Any] = field(default_factory=dict)
    versions: dict[tuple[str, int], Any] = field(default_factory=dict)
    reads: int = 0
    stopped: bool = False

    async def read(self, seed: int) -> None:
        """One client with a connection of its own."""
        random = Random(seed)
        headers = bearer(sub=f"reader {seed}", exp=LASTING)
        async with httpx2.AsyncClient(base_url=self.address, headers=headers, timeout=60) as client:
            while not self.stopped:
                if random.random() < 0.5:
                    data = await answered(client, {"query": PAGE}, self.outcomes)
                    self._see_rows(data["projects"]["nodes"])
                    continue
                name = random.choice(self.projects)
                project = await self._project(client, name)
                self._see_rows([project])
                key = name, project["version"]
                whole = await self._project(client, *key)
                assert self.versions.setdefault(key, whole) == whole

    async def _project(
        self, client: httpx2.AsyncClient, name: str, version: int | None = None
    ) -> Any:
        variables = {"id": name, "version": version}
        data = await answered(client, {"query": READ, "variables": variables}, self.outcomes)
        self.reads += 1
        return data["project"]

    def _see_rows(self, projects: list[Any]) -> None:
        for project in projects:
            row = {name: project[name] for name in OF_THE_ROW}
            assert self.rows.setdefault((row["id"], row["version"]), row) == row


@dataclass
class Subscriber:
    """A client of the change feed that comes back with its last cursor whenever its stream ends."""

    address: str
    cursor: str
    events: list[tuple[str, int]] = field(default_factory=list)
    streams: int = 0

    async def follow(self) -> None:
        """Follows the feed until it is cancelled."""
        known = bearer(sub=f"subscriber {uuid.uuid4().hex[:6]}", exp=LASTING)
        headers = known | {"accept": "text/event-stream"}
        async with httpx2.AsyncClient(base_url=self.address, headers=headers, timeout=30) as client:
            while True:
                with contextlib.suppress(httpx2.TransportError):
                    await self._stream(client)
                await asyncio.sleep(PAUSE)

    async def _stream(self, client: httpx2.AsyncClient) -> None:
        body = {"query": CHANGES, "variables": {"after": self.cursor}}
        async with client.stream("POST", "/graphql", json=body) as answer:
            assert answer.status_code == 200, await answer.aread()
            self.streams += 1
            async for line in answer.aiter_lines():
                if line.startswith("data:") and len(line) > len("data: "):
                    document = json.loads(line.removeprefix("data:"))
                    # An error says why the stream ends; whatever it says, the last cursor is good.
                    if "errors" in document:
                        return
                    self._hear(document["data"]["projectChanged"])

    def _hear(self, change: Any) -> None:
        shown = change["project"]
        assert shown == {"id": change["projectId"], "version": change["version"]}
        self.cursor = change["cursor"]
        self.events.append((change["projectId"], change["version"]))


def memory(pid: int) -> int:
    """Bytes of a process that are in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)

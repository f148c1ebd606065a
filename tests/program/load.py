"""Many writers against a real server: what they send, what they were told, and what must be true of it afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import quantiles
from typing import Any

import httpx2

from projectgate.data.projects import Project
from tests.make.mutations import Input, fitting_inputs, text_of
from tests.make.writes import make_type
from tests.program.conftest import SECRET, bearer

# What is read of a project after each write: enough to name anything in it the next time.
_OWNER = "{ id tasks { id } transactions { id revenue cost } }"
SEEN = f"""{{
    id version type status storeId created modified projectValue projectBudgetValue
    workflowSteps {{ id index current }} products {{ id skuId status }}
    partner {{ id }} partners {{ id }} transactions {{ id revenue cost }}
    projectParts {_OWNER} changeOrders {_OWNER}
}}"""
_FAULTS = "userErrors { code path }"
TEXTS = {
    "createProject": text_of("createProject", f"changed project {SEEN} {_FAULTS}"),
    "updateManyProjectProductStatus": text_of(
        "updateManyProjectProductStatus",
        f"changed results {{ changed project {SEEN} {_FAULTS} }} {_FAULTS}",
    ),
}
KIND = make_type(finish_on_last_step=True)
# How often a writer that lost its answer asks again, in seconds.
PAUSE = 0.1
# When tokens expire: after the run, however long that is.
LASTING = 9_999_999_999


class Server:
    """A served database that can be killed and started again on its port."""

    # What Python runs, and where that prints.
    program: Sequence[str] = ("-m", "projectgate")
    output = asyncio.subprocess.DEVNULL

    def __init__(self, url: str, port: int, **names: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._port = port
        self._names = {
            "PROJECTGATE_DATABASE_URL": url,
            "PROJECTGATE_JWT_SECRET": SECRET,
            "PROJECTGATE_RATE_LIMIT": "1000000000000",  # a few callers ask for everything
            **{f"PROJECTGATE_{name}": value for name, value in names.items()},
        }
        self._process: Process | None = None

    async def start(self) -> None:
        """Starts it, and waits until it is ready."""
        command = [*self.program, "serve", "--port", str(self._port)]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            env=os.environ | self._names,
            stdout=self.output,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with httpx2.AsyncClient() as client, asyncio.timeout(40):
            while True:
                try:
                    if (await client.get(f"{self.address}/readyz")).status_code == 200:
                        return
                except httpx2.TransportError:
                    await asyncio.sleep(PAUSE)

    @property
    def process(self) -> Process:
        """Its process."""
        assert self._process is not None
        return self._process

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends it: SIGKILL gives it no time to finish anything."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()


@dataclass
class Ledger:
    """What the writers were told: by key the versions a request made, and the projects as they were answered."""

    made: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    answered: dict[tuple[str, int], Any] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    wrote: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def figures(self, elapsed: float) -> dict[str, Any]:
        """The figures of a run."""
        cuts = quantiles(self.seconds, n=20)
        return {
            "requests": len(self.seconds),
            "per second": round(len(self.seconds) / elapsed, 1),
            "p50 ms": round(cuts[9] * 1000),
            "p95 ms": round(cuts[18] * 1000),
            "versions written": sum(map(len, self.made.values())),
            **self.outcomes,
            "mutations sent": len(self.sent),
            "mutations that wrote": len(self.wrote),
            "refusals": dict(self.refusals),
        }


class Writers:
    """Clients that send every mutation at random to the same few projects until they are told to stop."""

    def __init__(self, address: str, projects: list[str], ledger: Ledger, seed: int) -> None:
        self.address = address
        self.ledger = ledger
        self.stopped = False
        self._random = Random(seed)
        self._names = projects
        self._seen: dict[str, Any] = {}
        self._next: list[str] = []

    async def write(self) -> None:
        """One client with a connection of its own."""
        name = f"writer {uuid.uuid4().hex[:6]}"
        headers = bearer(roles=["ProjectAdmin"], sub=name, exp=LASTING)
        async with httpx2.AsyncClient(base_url=self.address, headers=headers, timeout=60) as client:
            while not self.stopped:
                await self._once(client)

    async def _once(self, client: httpx2.AsyncClient) -> None:
        name = self._random.choice(self._names)
        if name not in self._seen:
            body = {"query": f'{{ project(id: "{name}") {SEEN} }}'}
            self._seen[name] = (await self._sent(client, body))["project"]
        mutation, given = self._some(self._seen[name])
        key = uuid.uuid4().hex
        text = TEXTS.get(mutation) or text_of(mutation, f"changed project {SEEN} {_FAULTS}")
        variables = {"input": given | {"idempotencyKey": key}}
        request: dict[str, Any] = {"query": text, "variables": variables}
        begun = time.perf_counter()
        payload = (await self._sent(client, request))[mutation]
        self.ledger.seconds.append(time.perf_counter() - begun)
        self._learn(key, mutation, payload, dry_run=bool(given.get("dryRun")))

    async def _sent(self, client: httpx2.AsyncClient, body: dict[str, Any]) -> Any:
        """The data of an answer; a request whose answer got lost is sent again as it was."""
        lost = False
        while True:
            try:
                answer = await client.post("/graphql", json=body)
            except httpx2.TransportError:
                if not lost and "variables" in body:
                    self.ledger.outcomes["mutations sent again"] += 1
                lost = True
                await asyncio.sleep(PAUSE)
                continue
            assert answer.status_code == 200, answer.text
            document = answer.json()
            assert "errors" not in document, document
            return document["data"]

    def _some(self, seen: Any) -> tuple[str, Input]:
        """Some mutation with an input that fits the project as it was last seen."""
        random = self._random
        document = dict(seen)
        if document["partner"]:
            document["partner"] = {"customerId": document["partner"]["id"]}
        inputs = fitting_inputs(Project.of(document), KIND)
        inputs["createProject"] = {"projectTypeId": KIND.id, "name": "Made under load"}
        status = f"Status {random.randrange(100)}"
        lines = self._lines(status)
        if lines:
            policy = random.choice(["REJECT_ALL", "REJECT_FAILED"])
            many = {"items": lines, "errorPolicy": policy}
            inputs["updateManyProjectProductStatus"] = many
        mutation = self._turn(sorted(inputs))
        given = inputs[mutation]
        if mutation in ("patchProject", "updateProject"):
            given["name"] = f"Name {random.randrange(1000)}"
        if "projectId" in given and random.random() < 0.15:
            given["expectedVersion"] = seen["version"]
        if random.random() < 0.1:
            given["dryRun"] = True
        return mutation, given

    def _turn(self, mutations: list[str]) -> str:
        """The next mutation: at random, but each comes once before any comes twice."""
        waiting = [one for one in self._next if one in mutations]
        if not waiting:
            self._next = self._random.sample(mutations, len(mutations))
            waiting = self._next
        self._next.remove(waiting[0])
        return waiting[0]

    def _lines(self, status: str) -> list[Input]:
        """An item for each project that is known to have a line."""
        return [
            {
                "projectId": name,
                "productStatusUpdates": [{"lineId": seen["products"][0]["id"], "status": status}],
            }
            for name, seen in sorted(self._seen.items())
            if seen["products"]
        ]

    def _learn(self, key: str, mutation: str, payload: Any, *, dry_run: bool) -> None:
        """Keeps what a payload tells."""
        self.ledger.sent[mutation] += 1
        results = payload.get("results", [payload])
        for fault in [fault for one in [payload, *results] for fault in one["userErrors"]]:
            self.ledger.refusals[fault["code"]] += 1
        if dry_run:
            self.ledger.outcomes["dry runs"] += 1
            return
        written = [one["project"] for one in results if one["changed"]]
        self.ledger.outcomes["wrote" if written else "wrote nothing"] += 1
        if written:
            self.ledger.wrote[mutation] += 1
            self.ledger.made[key] = [(one["id"], one["version"]) for one in written]
        for project in written:
            name, version = project["id"], project["version"]
            self.ledger.answered[name, version] = project
            if name in self._names and version >= self._seen.get(name, project)["version"]:
                self._seen[name] = project

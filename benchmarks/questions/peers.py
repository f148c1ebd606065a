"""How much does a request cost here, and how much on other servers over the same rows?"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from benchmarks import servers, workloads
from benchmarks.comparison import compare
from benchmarks.documents import PRODUCTS
from benchmarks.stage import Stage, told

_WARM = 5


def answer(stage: Stage) -> dict[str, Any]:
    """By workload and server what was measured in each round, and the statements of ours."""
    database = stage.filled(stage.options.projects)
    ours = servers.ours(stage.postgres.url(database))
    with ExitStack() as started:
        kinds = [ours, *servers.peers(stage.postgres.uri(database))]
        running = [started.enter_context(servers.running(kind)) for kind in kinds]
        statements = _statements(stage, running[0])
        found = compare(stage, running, list(workloads.NAMES))
    return {
        "workloads": {
            workload: {name: asdict(series) for name, series in by_server.items()}
            for workload, by_server in found.items()
        },
        "statements": statements,
    }


def _statements(stage: Stage, server: servers.Server) -> dict[str, int]:
    """How many statements ours sends for one request, as PostgreSQL hears them."""
    counts: dict[str, int] = {}
    projects = stage.options.projects
    for workload in workloads.NAMES:
        # Laps that no measurement writes.
        requests = workloads.bodies(workload, "gateway", projects, lap=-1)
        for number in range(_WARM):
            server.ask(requests[number % len(requests)])
        counts[workload] = _heard(stage, server, requests[-1])
    for size in (1, 100):
        body = workloads.bodies("page", "gateway", projects)[0].replace(
            f'"first": {workloads.PAGE}', f'"first": {size}'
        )
        server.ask(body)
        counts[f"page of {size}"] = _heard(stage, server, body)
    for lines in (1, PRODUCTS):
        # A status that no other request writes, so that every line changes.
        body = workloads.status_request("gateway", 0, f"Status of {lines}", lines)
        server.ask(body)
        counts[f"m1 of {lines}"] = _heard(
            stage, server, workloads.status_request("gateway", 1, f"Status of {lines}", lines)
        )
    told("Statements: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    return counts


def _heard(stage: Stage, server: servers.Server, body: str) -> int:
    with stage.postgres.heard() as sent:
        server.ask(body)
    return len(sent)

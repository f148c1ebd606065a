"""Servers side by side: A B C A B C …, so that whatever the machine does meets all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from . import workloads
from .documents import ROOT
from .figures import Series, require_equal_sizes
from .load import Measured, Order
from .processes import cpu_seconds
from .servers import Server
from .stage import Stage, told

# Answers whose rows are compared one by one.
_COMPARED = 5
Answers = dict[str, dict[str, Series]]


class AnswersDiffer(Exception):
    """Two servers that do not answer with the same rows."""


class LoadFailed(Exception):
    """A measurement that met an error; the message has the answer."""


def compare(
    stage: Stage, servers: Sequence[Server], names: Sequence[str], *, one_database: bool = True
) -> Answers:
    """What was measured, by workload and server. Raises: AnswersDiffer, SizesDiffer, LoadFailed.

    Servers that do not share one database name the lines of a project differently.
    """
    found: Answers = {}
    for workload in names:
        taking = [server for server in servers if workload in server.kind.workloads]
        _check(stage, workload, taking, one_database=one_database)
        found[workload] = {server.kind.name: Series() for server in taking}
        for _ in range(stage.options.rounds):
            lap = stage.next_lap()
            for server in taking:
                _measure(stage, workload, server, lap, found[workload][server.kind.name])
        _tell(workload, found[workload])
    return found


def _check(stage: Stage, workload: str, servers: Sequence[Server], *, one_database: bool) -> None:
    """Lets servers pass that answer the same requests with the same rows."""
    sizes: dict[str, float] = {}
    first: list[list[workloads.Content]] | None = None
    for server in servers:
        requests = workloads.bodies(workload, server.kind.language, stage.options.projects)
        answers = [server.ask(body) for body in requests[:_COMPARED]]
        sizes[server.kind.name] = sum(map(len, answers)) / len(answers)
        rows = [workloads.contents(json.loads(answer)["data"]) for answer in answers]
        if not one_database:
            rows = [[row._replace(products=()) for row in answer] for answer in rows]
        if first is not None and rows != first:
            raise AnswersDiffer(
                f"{workload}: {server.kind.name} and {servers[0].kind.name} answer with other rows"
            )
        first = rows
    require_equal_sizes(sizes)


def _measure(stage: Stage, workload: str, server: Server, lap: int, series: Series) -> None:
    language = server.kind.language
    order = Order(
        server.port,
        dict(server.kind.headers),
        workloads.bodies(workload, language, stage.options.projects, lap),
        stage.options.seconds,
        stage.options.warm_up,
        workloads.expected(workload, language),
    )
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as load:
        assert load.stdin and load.stdout and load.stderr  # noqa: S101, PT018 - pipes
        _say(load.stdin.write, json.dumps(asdict(order)))
        load.stdin.flush()
        if load.stdout.readline() != "warm\n":
            raise LoadFailed(f"{workload}, {server.kind.name}: {load.stderr.read()}")
        before = cpu_seconds(server.pid), cpu_seconds(stage.postgres.pid)
        _say(load.stdin.write, "go")
        load.stdin.flush()
        line = load.stdout.readline()
        after = cpu_seconds(server.pid), cpu_seconds(stage.postgres.pid)
        if not line:
            raise LoadFailed(f"{workload}, {server.kind.name}: {load.stderr.read()}")
    found = Measured(**json.loads(line))
    cpu, database = (1000 * (b - a) / found.requests for a, b in zip(before, after, strict=True))
    series.cpu.append(cpu)
    series.database.append(database)
    series.rate.append(found.requests / found.seconds)
    series.p50.append(found.p50)
    series.p95.append(found.p95)
    series.size.append(found.bytes)


def _say(write: Callable[[str], int], line: str) -> None:
    write(line + "\n")


def _tell(workload: str, found: dict[str, Series]) -> None:
    told(f"{workload}: {workloads.NAMES[workload]}")
    told(f"  {'':26}{'CPU ms':>9}{'database':>9}{'req/s':>8}{'p50 ms':>8}{'p95 ms':>8}{'bytes':>9}")
    for name, series in found.items():
        m = series.medians()
        told(
            f"  {name:26}{m['cpu']:9.3f}{m['database']:9.3f}{m['rate']:8.0f}"
            f"{m['p50']:8.2f}{m['p95']:8.2f}{m['size']:9.0f}"
        )

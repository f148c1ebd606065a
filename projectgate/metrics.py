"""What the process counts, for Prometheus: cheap to count at every request, gathered when somebody asks."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

from projectgate.data.counting import STATEMENT_SECONDS, Distribution
from projectgate.data.database import Database
from projectgate.data.hearing import Channel
from projectgate.execution.executor import Engine
from projectgate.resolvers.hearing import KEYS, SIZES

# So many names of operations are told apart, and none that is longer; whoever sends more is counted together.
NAMES, NAME_LENGTH = 100, 64
ANONYMOUS, OTHER, OK = "anonymous", "other", "ok"
# The code of each request or operation that is not executed.
REFUSALS: Channel[str] = Channel("refusals")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metric(NamedTuple):
    """What is told of a number."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    bounds: tuple[float, ...] = ()


METRICS = (
    Metric(
        "projectgate_operations_total",
        "counter",
        ("operation", "type", "outcome"),
        "Operations that were executed, on every transport. `outcome`: `ok`, or the code of the first error.",
    ),
    Metric(
        "projectgate_operation_seconds",
        "histogram",
        ("operation", "type"),
        "How long operations were executed, without HTTP, token and JSON.",
        SECONDS,
    ),
    Metric(
        "projectgate_refusals_total",
        "counter",
        ("code",),
        "Requests and operations that were not executed, or not to their end, by code: limits among them.",
    ),
    Metric(
        "projectgate_http_requests_total",
        "counter",
        ("status",),
        "HTTP requests at all addresses, by the status of the answer.",
    ),
    Metric(
        "projectgate_sql_statement_seconds",
        "histogram",
        (),
        "How long SQL statements took, the way to the database and back included.",
        STATEMENT_SECONDS,
    ),
    Metric(
        "projectgate_sql_failures_total", "counter", (), "SQL statements that the database refused."
    ),
    Metric(
        "projectgate_loader_batch_keys",
        "histogram",
        ("loader",),
        "How many keys the loaders read at once.",
        KEYS,
    ),
    Metric(
        "projectgate_pool_connections",
        "gauge",
        ("state",),
        "Connections to the database, `in_use` or `idle`; together the size of the pool.",
    ),
    Metric(
        "projectgate_pool_waiting", "gauge", (), "Statements and transactions that wait for one."
    ),
    Metric("projectgate_plans_total", "counter", (), "Plans of operations that were made."),
    Metric(
        "projectgate_executions_total",
        "counter",
        ("by",),
        "Operations by what executed them: a `plan`, `graphql-core`, or first a plan that was `given_up`.",
    ),
    Metric(
        "projectgate_streams",
        "gauge",
        ("transport",),
        "Open connections of clients that stay: `websocket`, or `event-stream`.",
    ),
    Metric(
        "projectgate_subscribers", "gauge", (), "Subscriptions to changes that are followed now."
    ),
    Metric("projectgate_workers", "gauge", (), "Processes that serve."),
    Metric(
        "projectgate_tasks",
        "gauge",
        (),
        "Tasks of the event loop: a few of the process itself, and those of what it does now.",
    ),
)

# What is now: a number, or one for each value of the metric's label.
Gauge = Callable[[], float | Mapping[str, float]]
# Of each metric the numbers by the values of its labels: one, or the counts of a distribution and its sum.
Samples = dict[str, dict[tuple[str, ...], list[float]]]


class _Operation:
    """The executions of one operation."""

    __slots__ = ("outcomes", "seconds")

    def __init__(self) -> None:
        self.seconds = Distribution(*SECONDS)
        self.outcomes: Counter[str] = Counter()


class Metrics:
    """What one process has counted. `gauges` are asked when somebody wants to know."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.gauges: dict[str, Gauge] = {
            "projectgate_workers": lambda: 1,
            "projectgate_tasks": lambda: len(asyncio.all_tasks()),
        }
        self._engine = engine
        self._operations: dict[tuple[str, str], _Operation] = {}
        self._statuses: Counter[int] = Counter()
        self._refusals: Counter[str] = Counter()

    def operation(self, name: str | None, kind: str, seconds: float, outcome: str = OK) -> None:
        """Counts an operation that was executed."""
        key = name or ANONYMOUS, kind
        counted = self._operations.get(key)
        if counted is None:
            counted = self._counted(key, known=outcome == OK)
        counted.seconds.add(seconds)
        counted.outcomes[outcome] += 1

    def _counted(self, key: tuple[str, str], *, known: bool) -> _Operation:
        """Where an operation is counted that was not seen yet.

        Of its own only if it was answered, and only so many, so that made-up names take neither memory nor room.
        """
        name, kind = key
        if not (known and len(name) <= NAME_LENGTH and len(self._operations) < NAMES):
            key = (ANONYMOUS if name == ANONYMOUS else OTHER), kind
        return self._operations.setdefault(key, _Operation())

    def shown(self, name: str, kind: str) -> str:
        """The name that an operation is counted by."""
        return name if (name, kind) in self._operations else OTHER

    def refused(self, code: str) -> None:
        """Counts what was not executed."""
        self._refusals[code] += 1
        for listener in REFUSALS.listeners():
            listener(code)

    def answered(self, status: int) -> None:
        """Counts an HTTP request whose answer begins."""
        self._statuses[status] += 1

    def samples(self, database: Database) -> Samples:
        """All numbers as they are now."""
        found: Samples = defaultdict(dict)
        for (name, kind), counted in self._operations.items():
            for outcome, count in counted.outcomes.items():
                found["projectgate_operations_total"][name, kind, outcome] = [count]
            found["projectgate_operation_seconds"][name, kind] = _listed(counted.seconds)
        found["projectgate_refusals_total"] = _by_label(self._refusals.items())
        found["projectgate_http_requests_total"] = _by_label(self._statuses.items())
        found["projectgate_sql_statement_seconds"][()] = _listed(database.statements.seconds)
        found["projectgate_sql_failures_total"][()] = [database.statements.failed]
        found["projectgate_loader_batch_keys"] = {
            (name,): _listed(sizes) for name, sizes in SIZES.items()
        }
        pool = database.pool
        found["projectgate_pool_connections"] = _by_label(
            [("in_use", pool.in_use), ("idle", pool.size - pool.in_use)]
        )
        found["projectgate_pool_waiting"][()] = [pool.waiting]
        if self._engine is not None:
            counters = self._engine.counters
            found["projectgate_plans_total"][()] = [counters.plans]
            found["projectgate_executions_total"] = _by_label(
                [
                    ("plan", counters.runs),
                    ("graphql-core", counters.fallbacks),
                    ("given_up", counters.bail_outs),
                ]
            )
        for name, read in self.gauges.items():
            now = read()
            found[name] = _by_label(now.items()) if isinstance(now, Mapping) else {(): [now]}
        return found


def _listed(distribution: Distribution) -> list[float]:
    return [*distribution.counts, distribution.total]


def _by_label(counts: Iterable[tuple[object, float]]) -> dict[tuple[str, ...], list[float]]:
    return {(str(label),): [count] for label, count in counts}

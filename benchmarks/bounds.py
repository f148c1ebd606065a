"""What the gateway is to keep to, and whether the figures of a run do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, NamedTuple

from .figures import ratio

Answers = Mapping[str, Any]

# CPU of a request here, divided by what it costs there.
RATIOS: dict[str, dict[str, float]] = {
    "page": {"postgraphile": 0.45, "mercurius": 0.75, "limit": 1.4},
    "one": {"postgraphile": 0.80, "mercurius": 1.1, "limit": 1.4},
    "flat": {"postgraphile": 0.45, "mercurius": 1.0, "limit": 1.5},
    "m1": {"postgraphile": 1.0},
}
TITLES = {
    "projectgate": "projectgate",
    "postgraphile": "PostGraphile",
    "mercurius": "mercurius",
    "plain": "plain Strawberry",
    "limit": "hand-written limit",
}
STATEMENTS = {"page": 4, "one": 4, "flat": 1}
# Requests that must not send more statements than smaller ones.
GROWN = [
    ("page, statements for 100 projects less those for 1", "page of 1", "page of 100"),
    ("m1, statements for 8 products less those for 1", "m1 of 1", "m1 of 8"),
]
GROWTH = 1.3
IMPORTS = {"benchmark": 2_500, "omnium": 1_000}
# Peak memory of an export of ten times as many projects; an allocator's moods are no growth.
EXPORT = 1.15


class Judged(NamedTuple):
    """A figure beside its bound, which is the least where `at_least` says so."""

    what: str
    value: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether it keeps to the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def judged(answers: Answers) -> Iterator[Judged]:
    """The bounded figures of a run, of the questions that it answers."""
    if peers := answers.get("peers"):
        yield from _ratios(peers["workloads"])
        yield from _statements(peers["statements"])
    if growth := answers.get("growth"):
        for start in ("first page", "half-way"):
            found = [
                one["ratio"] for name, one in growth["lists"].items() if name.startswith(start)
            ]
            yield Judged(
                f"{start}: {growth['large']:,} ÷ {growth['small']:,} projects, the worst of "
                f"{len(found)} orders",
                max(found),
                GROWTH,
            )
    for name, one in answers.get("imports", {}).items():
        what = f"import, {name} documents per second of own CPU"
        yield Judged(what, one["per_cpu_second"], IMPORTS[name], at_least=True)
    if exports := answers.get("exports"):
        small, large = (exports[count]["peak_bytes"] for count in sorted(exports, key=int))
        few, many = (f"{int(count):,}" for count in sorted(exports, key=int))
        yield Judged(f"export, peak memory: {many} ÷ {few} projects", large / small, EXPORT)


def _ratios(workloads: Answers) -> Iterator[Judged]:
    for workload, bounds in RATIOS.items():
        series = workloads.get(workload, {})
        for peer, bound in bounds.items():
            if peer in series:
                value = ratio(series["projectgate"]["cpu"], series[peer]["cpu"])
                yield Judged(f"{workload}, CPU ÷ {TITLES[peer]}", value, bound)


def _statements(counts: Mapping[str, int]) -> Iterator[Judged]:
    for workload, bound in STATEMENTS.items():
        yield Judged(f"{workload}, statements", counts[workload], bound)
    for name, few, many in GROWN:
        yield Judged(name, counts[many] - counts[few], 0)


def over_runs(runs: list[Answers]) -> list[tuple[str, list[float | None], Judged]]:
    """Each bounded figure with its value in each run, None where it was not measured, and the median judged."""
    tables = [{one.what: one for one in judged(answers)} for answers in runs]
    names = list(dict.fromkeys(what for table in tables for what in table))
    found = []
    for what in names:
        known = [table[what] for table in tables if what in table]
        middle = known[-1]._replace(value=median(one.value for one in known))
        values = [table[what].value if what in table else None for table in tables]
        found.append((what, values, middle))
    return found

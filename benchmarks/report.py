"""The page of results: the bounds and what the last runs say to them, then the figures of the newest run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from . import records, workloads
from .bounds import TITLES, over_runs
from .chart import Bar, chart
from .figures import Series, ratio

RUNS = 3
CHART = "chart.svg"
Run = Mapping[str, Any]


def write(folder: Path = records.FOLDER) -> Path:
    """Writes the page and its chart from the records that are there. Returns the page."""
    runs = records.latest(RUNS, folder)
    path = folder / "README.md"
    path.write_text(page(runs))
    peers = _newest(runs, "peers")
    if peers:
        groups = {name: _bars(found) for name, found in peers["workloads"].items()}
        (folder / CHART).write_text(chart(groups, cut=TITLES["plain"]))
    return path


def page(runs: Sequence[Run]) -> str:
    """The text of the page; the newest run is the last one."""
    lines = [
        "# Results",
        "",
        "Written by `make bench` from the last runs; [how it is measured](../README.md). Only ratios mean something on",
        "another machine. CPU is user and system time of a server's processes per request, in milliseconds.",
        "",
    ]
    if not runs:
        return "\n".join([*lines, "There is no run yet.", ""])
    lines += [*_runs(runs), *_bounds(runs)]
    for name, section in _SECTIONS.items():
        found = _newest(runs, name)
        if found:
            lines += section(found)
    return "\n".join([*lines, *_versions(runs[-1])])


def _newest(runs: Sequence[Run], question: str) -> Any:
    found = [run["answers"][question] for run in runs if question in run["answers"]]
    return found[-1] if found else None


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
    yield ""


def _runs(runs: Sequence[Run]) -> Iterator[str]:
    rows = []
    for number, run in enumerate(runs, 1):
        where = f"{run['machine']['cpu']}, {run['machine']['cores']} cores"
        rows.append((number, run["date"], run["commit"], where, f"`{run['command']}`"))
    yield from _table(("run", "date", "commit", "machine", "command"), rows)


def _bounds(runs: Sequence[Run]) -> Iterator[str]:
    yield from ("## Bounds", "", "The median of the runs decides.", "")
    rows = []
    for what, values, middle in over_runs([run["answers"] for run in runs]):
        sign = "≥" if middle.at_least else "≤"
        shown = ["–" if value is None else _number(value) for value in values]
        verdict = "met" if middle.met else "**missed**"
        rows.append((what, f"{sign} {_number(middle.bound)}", *shown, verdict))
    heads = [f"run {number}" for number in range(1, len(runs) + 1)]
    yield from _table(("what", "bound", *heads, ""), rows)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def _series(by_server: Mapping[str, Any]) -> Iterator[str]:
    """A table of medians, in which the first server is what others are compared with."""
    first = next(iter(by_server))
    rows = []
    for name, measured in by_server.items():
        m = Series(**measured).medians()
        rows.append(
            (
                TITLES.get(name, name),
                f"{m['cpu']:.3f}",
                f"{ratio(by_server[first]['cpu'], measured['cpu']):.2f}",
                f"{m['database']:.3f}",
                f"{m['rate']:,.0f}",
                f"{m['p50']:.2f}",
                f"{m['p95']:.2f}",
                f"{m['size']:,.0f}",
            )
        )
    told = TITLES.get(first, first)
    heads = ("CPU ms", f"{told} ÷ it", "PostgreSQL CPU ms", "requests/s", "p50 ms", "p95 ms")
    yield from _table(("server", *heads, "bytes"), rows)


def _compared(found: Mapping[str, Any]) -> Iterator[str]:
    for workload, by_server in found["workloads"].items():
        yield from (f"### `{workload}`: {workloads.NAMES[workload]}", "")
        yield from _series(by_server)


def _peers(found: Mapping[str, Any]) -> list[str]:
    counts = ", ".join(f"{name} {count}" for name, count in found["statements"].items())
    return [
        "## Beside other servers",
        "",
        f"![CPU per request by server]({CHART})",
        "",
        *_compared(found),
        f"SQL statements of a request here: {counts}.",
        "",
    ]


def _growth(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (name, f"{one['small']:.2f}", f"{one['large']:.2f}", f"{one['ratio']:.2f}")
        for name, one in found["lists"].items()
    ]
    heads = (f"ms, {found['small']:,} projects", f"ms, {found['large']:,} projects", "ratio")
    return [
        "## Growth",
        "",
        "The median time of a request for 20 projects, on one connection. The last list has more hits where there are",
        "more projects, all of which are sorted; it has no bound.",
        "",
        *_table(("list", *heads), rows),
    ]


def _imports(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            name,
            f"{one['documents']:,}",
            f"{one['per_cpu_second']:,}",
            f"{one['documents'] / one['seconds']:,.0f}",
            f"{one['start_cpu_seconds']:.2f}",
            f"{one['peak_bytes'] / 1e6:,.0f}",
        )
        for name, one in found.items()
    ]
    heads = ("documents", "per s of own CPU", "per s that passed", "start, s of CPU", "peak MB")
    return ["## Imports into PostgreSQL", "", *_table(("kind", *heads), rows)]


def _exports(found: Mapping[str, Any]) -> list[str]:
    rows = [
        (f"{int(count):,}", f"{one['peak_bytes'] / 1e6:,.0f}", f"{one['cpu_seconds']:.1f}")
        for count, one in found.items()
    ]
    return ["## Exports", "", *_table(("projects", "peak MB", "CPU s"), rows)]


def _databases(found: Mapping[str, Any]) -> list[str]:
    used = found["import_cpu_seconds"]
    told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in used.items())
    return ["## SQLite beside PostgreSQL", "", *_compared(found), f"CPU of the import: {told}.", ""]


def _workers(found: Mapping[str, Any]) -> list[str]:
    if "skipped" in found:
        return ["## Workers", "", f"Skipped: {found['skipped']}.", ""]
    return ["## Workers", "", *_compared(found)]


_SECTIONS = {
    "peers": _peers,
    "growth": _growth,
    "imports": _imports,
    "exports": _exports,
    "databases": _databases,
    "workers": _workers,
}


def _versions(run: Run) -> Iterator[str]:
    where = run["machine"]
    memory = f"{where['cpu']}, {where['cores']} cores, {where['memory_gigabytes']} GB"
    yield from ("## Machine and versions of the newest run", "")
    yield from _table(
        ("what", "version"), [("machine", f"{memory}, {where['system']}"), *run["versions"].items()]
    )


def _bars(by_server: Mapping[str, Any]) -> list[Bar]:
    return [
        Bar(
            TITLES[name],
            median(measured["cpu"]),
            median(measured["database"]),
            ours=name == "projectgate",
        )
        for name, measured in by_server.items()
    ]

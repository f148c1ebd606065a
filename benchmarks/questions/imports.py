"""How many documents a second does an import take, of its own CPU?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.documents import documents, repeated, written
from benchmarks.processes import Used
from benchmarks.stage import Stage, import_into, told


def answer(stage: Stage) -> dict[str, Any]:
    """Of two kinds of documents how fast they were; the start of the program, measured by itself, does not count."""
    kinds: list[tuple[str, int, Callable[[int], Iterator[dict[str, Any]]]]] = [
        ("benchmark", stage.options.projects, documents),
        ("omnium", stage.options.omnium, repeated),
    ]
    found: dict[str, Any] = {}
    for name, count, made in kinds:
        single = _import(stage, f"{name}_1", 1, made)
        if name == "benchmark":
            stage.filled(count)
            whole = stage.imported[count]
        else:
            whole = _import(stage, f"{name}_{count}", count, made)
        rate = (count - 1) / (whole.cpu - single.cpu)
        found[name] = {
            "documents": count,
            "cpu_seconds": round(whole.cpu, 2),
            "start_cpu_seconds": round(single.cpu, 2),
            "seconds": round(whole.seconds, 2),
            "per_cpu_second": round(rate),
            "peak_bytes": whole.peak,
        }
        told(
            f"Import of {count:,} {name} documents: {rate:,.0f} a second of own CPU, "
            f"{count / whole.seconds:,.0f} a second that passed"
        )
    return found


def _import(
    stage: Stage, name: str, count: int, made: Callable[[int], Iterator[dict[str, Any]]]
) -> Used:
    file = written(f"import-{name}", made(count))
    database = stage.postgres.create(f"import_{name}")
    used = import_into(stage.postgres.url(database), file)
    stage.postgres.run(f"drop database {database}")
    return used

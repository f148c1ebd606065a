"""Does an export need more memory when there is more to export?"""

from __future__ import annotations

from typing import Any

from benchmarks.processes import used_by
from benchmarks.servers import environment, program
from benchmarks.stage import Stage, told

TIMES = 10


def answer(stage: Stage) -> dict[str, Any]:
    """By number of projects the peak of memory, and what the export took."""
    found: dict[str, Any] = {}
    for count in (stage.options.projects // TIMES, stage.options.projects):
        url = stage.postgres.url(stage.filled(count))
        used = used_by(program("export", "--format", "ndjson"), environment(url))
        found[str(count)] = {
            "peak_bytes": used.peak,
            "cpu_seconds": round(used.cpu, 2),
            "seconds": round(used.seconds, 2),
        }
        told(
            f"Export of {count:,} projects: {used.peak / 1e6:,.0f} MB at the peak, "
            f"{used.cpu:.1f} s of CPU"
        )
    return found

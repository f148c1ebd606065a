"""How much more does a second worker process answer?"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from benchmarks import servers
from benchmarks.comparison import compare
from benchmarks.stage import Stage, told

_OPTION = "--workers"


def answer(stage: Stage) -> dict[str, Any]:
    """By workload and number of workers what was measured in each round; nothing where there is no such option."""
    command = servers.program("serve", "--help")
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if _OPTION not in shown:
        told(f"Workers: skipped, `projectgate serve` has no option {_OPTION}")
        return {"skipped": f"`projectgate serve` has no option {_OPTION}"}
    url = stage.postgres.url(stage.filled(stage.options.projects))
    with ExitStack() as started:
        running = [
            started.enter_context(
                servers.running(
                    servers.ours(url, name=f"workers-{count}", options=[_OPTION, str(count)])
                )
            )
            for count in (1, 2)
        ]
        found = compare(stage, running, ["page", "one"])
    return {
        "workloads": {
            workload: {name: asdict(series) for name, series in by_server.items()}
            for workload, by_server in found.items()
        }
    }

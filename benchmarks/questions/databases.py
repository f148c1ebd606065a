"""What does a request cost over SQLite, compared with PostgreSQL?"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import servers, workloads
from benchmarks.comparison import compare
from benchmarks.documents import FOLDER
from benchmarks.stage import Stage, document_file, import_into, told


def answer(stage: Stage) -> dict[str, Any]:
    """By workload and database what was measured in each round."""
    projects = stage.options.projects
    postgres = stage.postgres.url(stage.filled(projects))
    told(f"Importing {projects:,} projects into SQLite ...")
    with TemporaryDirectory(prefix="sqlite-", dir=FOLDER) as folder, ExitStack() as started:
        sqlite = f"sqlite+aiosqlite:///{Path(folder) / 'projects.sqlite'}"
        used = import_into(sqlite, document_file(projects))
        kinds = [
            servers.ours(postgres, name="postgresql"),
            servers.ours(sqlite, name="sqlite"),
        ]
        running = [started.enter_context(servers.running(kind)) for kind in kinds]
        found = compare(stage, running, list(workloads.NAMES), one_database=False)
    return {
        "workloads": {
            workload: {name: asdict(series) for name, series in by_server.items()}
            for workload, by_server in found.items()
        },
        "import_cpu_seconds": {
            "sqlite": round(used.cpu, 2),
            "postgresql": round(stage.imported[projects].cpu, 2),
        },
    }

"""The record of a run: what was measured, when, where, with which versions, by which command."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .documents import ROOT
from .postgres import SETTINGS, Postgres
from .servers import PEERS, CannotStart, node

FOLDER = Path(__file__).parent / "results"
LIBRARIES = (
    "projectgate",
    "strawberry-graphql",
    "graphql-core",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "sqlalchemy",
    "asyncpg",
    "aiosqlite",
    "aiodataloader",
    "orjson",
    "pydantic",
)


def machine() -> dict[str, Any]:
    """The processor and how many of them there are, the memory, the system."""
    cores = os.cpu_count() or 0
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _processor(),
        "cores": cores,
        "memory_gigabytes": round(memory / 2**30),
        "system": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    match = re.search(r"^model name\s*:\s*(.+)$", known.read_text(), re.MULTILINE)
    return match[1].strip() if match else platform.machine()


def _build() -> str:
    """How this Python was built: one that was not optimized with a profile is slower by a tenth or more."""
    if sys.base_prefix == "/usr":
        # A distribution's own is, whatever it says of its configuration.
        return f"of {platform.freedesktop_os_release()['PRETTY_NAME']}"
    optimized = "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS"))
    return "built with optimizations" if optimized else "built without optimizations"


def versions(postgres: Postgres) -> dict[str, Any]:
    """The versions of everything that takes part, and how this Python was built."""
    found = {
        "python": f"{platform.python_version()} ({_build()})",
        "postgresql": postgres.run("show server_version"),
        "postgresql settings": ", ".join(f"{name} {value}" for name, value in SETTINGS.items()),
    }
    found |= {name: version(name) for name in LIBRARIES}
    try:
        shown = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True)
    except CannotStart:
        return found
    found["node"] = shown.stdout.strip().removeprefix("v")
    packages = json.loads((PEERS / "package-lock.json").read_text())["packages"]
    wanted = packages[""]["dependencies"]
    return found | {name: packages[f"node_modules/{name}"]["version"] for name in wanted}


def record(
    postgres: Postgres, arguments: Sequence[str], options: dict[str, Any], begun: datetime
) -> dict[str, Any]:
    """The record of a run, with no answers yet."""
    return {
        "date": begun.astimezone(UTC).isoformat(timespec="minutes").replace("+00:00", "Z"),
        "commit": _commit(),
        "command": shlex.join(["python", "-m", "benchmarks", *arguments]),
        "options": options,
        "machine": machine(),
        "versions": versions(postgres),
        "answers": {},
    }


def _commit() -> str | None:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def written(made: dict[str, Any], folder: Path = FOLDER) -> Path:
    """The file of a record, named by its date and machine."""
    where = made["machine"]
    words = re.findall(r"[a-z0-9]+", f"{where['cpu']} {where['cores']} cores".lower())
    date = made["date"].removesuffix("Z").replace(":", "").replace("T", "-")
    path = folder / f"{date}-{'-'.join(words)}.json"
    text = json.dumps(rounded(made), indent=1)
    # The values of a series stand in one line.
    path.write_text(re.sub(r"(?<=[\[\d,])\n +(?=[-\d\]])", " ", text) + "\n")
    return path


def rounded(value: Any) -> Any:
    """The same with numbers that are no longer than they are meant."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def latest(count: int, folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The last records, the newest last."""
    files = sorted(folder.glob("*.json"))[-count:]
    return [json.loads(path.read_text()) for path in files]

"""What processes used: CPU of a tree that runs, CPU and memory of a command that ended. From /proc, so on Linux."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Used:
    """What a command used. Units: seconds of CPU (user and system), seconds that passed, bytes at the peak."""

    cpu: float
    seconds: float
    peak: int


class CommandFailed(Exception):
    """A command that did not end with 0; its last lines are the message."""


def _fields(pid: int) -> list[str] | None:
    """The fields of a process after its name; None when it is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def cpu_seconds(root: int) -> float:
    """CPU, user and system, that a process and all below it have used, those that ended included."""
    stats = {int(path.name): _fields(int(path.name)) for path in _PROC.glob("[0-9]*")}
    below: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        if fields is not None:
            below.setdefault(int(fields[1]), []).append(pid)
    ticks = 0
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting += below.get(pid, [])
        # Its own user and system time, and those of the children that it has waited for.
        ticks += sum(map(int, (stats.get(pid) or [])[11:15]))
    return ticks / _TICKS


def used_by(
    command: Sequence[str], names: Mapping[str, str], *, output: Path | None = None
) -> Used:
    """Runs a command to its end; what it prints goes to a file or nowhere. Raises: CommandFailed."""
    begun = time.perf_counter()
    with (output or Path(os.devnull)).open("wb") as kept:
        process = subprocess.Popen(
            command, env=os.environ | dict(names), stdout=kept, stderr=subprocess.PIPE
        )
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        told = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        # Popen would wait for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
    if process.returncode:
        raise CommandFailed(f"{' '.join(command)}: {told.decode(errors='replace')[-2000:]}")
    # Kilobytes on Linux.
    peak = usage.ru_maxrss * 1024
    return Used(usage.ru_utime + usage.ru_stime, time.perf_counter() - begun, peak)

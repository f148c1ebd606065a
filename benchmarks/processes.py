"""What processes used: CPU of a tree that runs, CPU and memory of a command that ended. From /proc, so on Linux."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
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


def cpu_seconds(root: int) -> float:
    """CPU, user and system, that a process and all below it have used, those that ended included."""
    while True:
        stats = _tree(root)
        # One that ended meanwhile is counted by its parent only if that was read afterwards.
        if stats.keys() == _tree(root).keys():
            return sum(sum(map(int, fields[11:15])) for fields in stats.values()) / _TICKS


def _tree(root: int) -> dict[int, list[str]]:
    """The processes of a tree.

    Shape: process id -> the fields of its `stat` after the name; 11 to 14 are the user and system time of its own,
    and of those children that it has waited for.
    """
    stats: dict[int, list[str]] = {}
    for path in _PROC.glob("[0-9]*"):
        # Gone since the folder was listed.
        with suppress(FileNotFoundError, ProcessLookupError):
            stats[int(path.name)] = (path / "stat").read_text().rpartition(")")[2].split()
    below: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        below.setdefault(int(fields[1]), []).append(pid)
    tree: dict[int, list[str]] = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting += below.get(pid, [])
        if pid in stats:
            tree[pid] = stats[pid]
    return tree


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

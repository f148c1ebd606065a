"""Arithmetic on what was measured: medians, their ratios, and whether sizes agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

# Sizes of answers may differ by so much: the same rows, but times and amounts are written differently.
SPREAD = 0.15


@dataclass
class Series:
    """What was measured of a server under one workload, a value a round.

    Units: milliseconds of CPU a request of the server's processes and of the database's, requests a second,
    milliseconds until the answer, bytes of an answer.
    """

    cpu: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)

    def medians(self) -> dict[str, float]:
        """The median of each."""
        return {name: round(median(values), 4) for name, values in vars(self).items() if values}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The ratio of the medians of rounds in which both were measured in turn."""
    return round(median(ours) / median(theirs), 3)


class SizesDiffer(Exception):
    """Answers that cannot hold the same; the message has their sizes."""


def require_equal_sizes(sizes: Mapping[str, float], spread: float = SPREAD) -> None:
    """Lets sizes pass that differ by no more than `spread`. Raises: SizesDiffer."""
    if max(sizes.values()) > min(sizes.values()) * (1 + spread):
        told = ", ".join(f"{name} {size:,.0f}" for name, size in sizes.items())
        raise SizesDiffer(f"answers differ in size by more than {spread:.0%}: {told}")

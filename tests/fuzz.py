"""A plugin of pytest for `make fuzz`: says of each random test how many operations were compared, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

COUNTS: dict[str, Counter[str]] = {}
# How an operation is answered. What else a module has seen may be true of some of these.
WAYS = ("plan", "bail-out", "fallback")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Iterator[None]:
    """Notes what a test adds to what its module has seen."""
    seen: Counter[str] = vars(item.module).get("SEEN", Counter())
    before = seen.copy()
    try:
        yield
    finally:
        if added := seen - before:
            COUNTS[item.name] = added


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the counts."""
    terminalreporter.section("operations compared with graphql-core")
    for name, seen in COUNTS.items():
        ways = [f"{seen[way]:,} by {way}" for way in WAYS]
        others = [f"{seen[other]:,} {other}" for other in sorted(seen.keys() - WAYS)]
        total = sum(seen[way] for way in WAYS)
        terminalreporter.line(f"{total:,} in {name}: {', '.join(ways + others)}")

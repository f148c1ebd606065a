"""A plugin of pytest for `make fuzz`: says of each random test how many operations were compared, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

COUNTS: dict[str, Counter[str]] = {}


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
        ways = ", ".join(f"{seen[way]:,} by {way}" for way in ("plan", "bail-out", "fallback"))
        terminalreporter.line(f"{seen.total():,} in {name}: {ways}")

"""What /metrics says, read as Prometheus reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

LOCAL = {"host": "127.0.0.1:8000"}
Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Numbers:
    """The numbers of a scrape, as Prometheus' own reader has them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def number(found: Numbers, name: str, **labels: str) -> float:
    """One of them, 0 where it is not there."""
    return found.get((name, tuple(sorted(labels.items()))), 0)

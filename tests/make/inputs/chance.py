"""Single values by chance."""

from __future__ import annotations

from random import Random
from typing import Any

UNKNOWN = "no-such-id"
TEXTS = ["Bathroom", "Åse Ærlig", "ß", "", "a\nb", "İ"]
STATUSES = ["Active", "OnHold", "Completed", "WorkflowCompleted", "Venter", "CancelledByPartner"]
AMOUNTS = [
    *("0", "1", "-1", "12.5", "0.1", "0.2", "0.0000000001", "-99.99", "1000000"),
    *("999999999999999999.9999999999", "-999999999999999999.9999999999"),
]
TOO_BIG = ["1000000000000000000", "0.00000000001"]
TIMES = ["2026-02-01T08:00:00Z", "2026-06-30T23:59:59.123456Z", "2026-03-01T01:00:00+02:00"]
PARTNERS = ["partner-1", "partner-2", "partner-3", "partner-4"]
TYPE_IDS = ["claim", "bathroom", "lead"]


def happens(random: Random, percent: int) -> bool:
    """Whether something happens that does so in some of a hundred cases."""
    # Not at either end of the numbers, which hypothesis gives more often than others.
    return (random.randint(0, 99) - 37) % 100 < percent


def one_of(random: Random, there: list[str]) -> str:
    """One of the ids that are there; now and then, or without any, one that is not."""
    return UNKNOWN if not there or happens(random, 15) else random.choice(there)


def some(random: Random, values: list[Any], most: int = 3) -> list[Any]:
    """None or a few of the values, in any order."""
    return random.sample(values, random.randint(0, min(most, len(values))))


def text(random: Random) -> str | None:
    """A text that may be null."""
    return random.choice([None, *TEXTS])


def amount(random: Random) -> str | None:
    """An amount; now and then null or too big, which is refused."""
    if happens(random, 3):
        return random.choice([None, *TOO_BIG])
    return random.choice(AMOUNTS)


def moment(random: Random) -> str | None:
    """A time, or null."""
    return random.choice([None, *TIMES])


def given(random: Random, makers: dict[str, Any], most: int = 4) -> dict[str, Any]:
    """A few fields, each with a value that its maker gives."""
    return {name: makers[name](random) for name in some(random, sorted(makers), most)}


def properties(random: Random) -> list[dict[str, Any]] | None:
    """Custom properties; now and then null, with a blank key or with a key that stands twice."""
    if happens(random, 5):
        return random.choice([None, [{"key": "a"}, {"key": "a"}], [{"key": " ", "value": "x"}]])
    return [{"key": key, "value": text(random)} for key in some(random, ["a", "b", "c"], 2)]


def ids(random: Random, there: list[str]) -> list[str]:
    """Some of the ids that are there; now and then one that is not, one twice, or none."""
    chosen = some(random, there) or there[:1]
    if happens(random, 12):
        return random.choice([[], [*chosen, UNKNOWN], [*chosen, *chosen]])
    return chosen or [UNKNOWN]

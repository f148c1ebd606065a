"""How many examples random tests try, and which: the same ones each time, unless more are asked for."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_ASKED = os.environ.get("PROJECTGATE_TEST_EXAMPLES")


def examples(usual: int) -> int:
    """How many to try where so many are usual. `make fuzz` asks for many more."""
    return usual if _ASKED is None else int(_ASKED)


def trying(count: int) -> settings:
    """The settings of a test that tries so many, however long one takes."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=_ASKED is None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )

"""Who asks in tests, and the errors they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.access import READ, Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.errors import BadUserInput
from tests.make.projects import NOON

READER = Caller("reader", frozenset({READ}))


def asked_by(database: Database, scope: list[str] | None = None) -> Context:
    """The context of a reader of these stores, at noon."""
    caller = replace(READER, stores=None if scope is None else frozenset(scope))
    return Context(database, caller, lambda: NOON)


def refusal(ask: Callable[[], Any]) -> BadUserInput:
    """The error of a search that is refused before it runs."""
    with pytest.raises(BadUserInput) as caught:
        ask()
    return caught.value

"""What the tests of the WebSocket share: a gateway with subscriptions that a test can follow."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from projectgate.data.database import Database
from tests.program.gate import Gate, running
from tests.program.ticking import STREAMING, Ticks

SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ caller }"}}
ORIGIN = "https://shop.example.com"


@pytest.fixture
async def gate(unread_database: Database) -> AsyncIterator[Gate]:
    unread_database.ticks = Ticks()  # type: ignore[attr-defined]
    async with running(
        unread_database, STREAMING, allowed_origins=(ORIGIN,), subscriptions_per_connection=3
    ) as gate:
        yield gate

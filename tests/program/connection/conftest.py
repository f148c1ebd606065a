"""What the tests of connections share: a server with little patience, and a request that comes in drops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from projectgate.connection import Connection
from projectgate.data.database import Database
from tests.program.conftest import BODY, build
from tests.program.wire import Wire, head, serving

WHOLE = head() + BODY


class Quick(Connection):
    """The same in less time."""

    head_seconds = 0.4
    body_seconds = 0.4
    read_seconds = 0.4


@pytest.fixture
async def port(unread_database: Database) -> AsyncIterator[int]:
    """The port of a server with little patience."""
    async with serving(build(unread_database), Quick) as port:
        yield port


async def drip(wire: Wire, content: bytes) -> None:
    """Sends a byte at a time, until there are none or the server has had enough."""
    for place in range(len(content)):
        try:
            await wire.send(content[place : place + 1])
        except (ConnectionResetError, BrokenPipeError):
            return
        await asyncio.sleep(0.1)


async def is_answered(wire: Wire) -> None:
    """Checks that the next answer is that to `BODY`."""
    status, _, body = await wire.answer()
    assert (status, json.loads(body)["data"]) == (200, {"caller": "ann"})

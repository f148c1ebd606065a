"""What tests of resolvers share: changes handed to whoever follows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.live import Live


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[Live]:
    """What hands changes of a database to followers."""
    hub = Live(database)
    yield hub
    await hub.close()

"""50 writers at once on 5 projects, and a server that is killed among them: nothing is lost, doubled or half done.

The figures are printed; `pytest -s` shows them.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from projectgate.data.database import Database
from projectgate.schema.build import schema
from tests.make.rich import make_rich
from tests.make.writes import imported, imported_types
from tests.program.consistency import require_consistent
from tests.program.load import KIND, Ledger, Server, Writers
from tests.program.served import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("load"), pytest.mark.timeout(240)]

WRITERS = 50
NAMES = [f"project-{number}" for number in range(1, 6)]
SECONDS = 20.0
# The server is killed when so many more mutations were answered, so all writers wait for their next answer; they go
# on for so many seconds when it is back.
BEFORE_KILL, AFTER_KILL = 60, 4.0


@pytest.fixture
async def server(database: Database) -> AsyncIterator[Server]:
    """A server of a database with five projects, ready."""
    await imported_types(database, KIND)
    await imported(database, *(make_rich(name) for name in NAMES))
    served = Server(database.url.render_as_string(hide_password=False), free_port())
    await served.start()
    yield served
    await served.stop()


@asynccontextmanager
async def writers(server: Server, ledger: Ledger, seed: int) -> AsyncIterator[None]:
    """All the writers, for the length of the block; each ends with an answer to its last request."""
    them = Writers(server.address, NAMES, ledger, seed)
    async with asyncio.TaskGroup() as group:
        for _ in range(WRITERS):
            group.create_task(them.write())
        yield
        them.stopped = True


async def test_50_writers_leave_one_version_and_one_log_row_for_each_success_also_through_a_kill(
    database: Database, server: Server
) -> None:
    """All mutations mixed; then the server gets SIGKILL amid the writes, comes back, and the same holds."""
    ledger, begun = Ledger(), time.perf_counter()

    async with writers(server, ledger, seed=1):
        await asyncio.sleep(SECONDS)
    figures = ledger.figures(time.perf_counter() - begun)
    await require_consistent(database, ledger, NAMES)
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert set(ledger.sent) == set(mutations.fields)

    async with writers(server, ledger, seed=2):
        enough = len(ledger.seconds) + BEFORE_KILL
        while len(ledger.seconds) < enough:  # noqa: ASYNC110 - the writers only count
            await asyncio.sleep(0.01)
        await server.stop(signal.SIGKILL)
        await server.start()
        await asyncio.sleep(AFTER_KILL)
    await require_consistent(database, ledger, NAMES)

    assert ledger.outcomes["mutations sent again"] > 0
    figures["in all, with the kill"] = dict(ledger.outcomes)
    print(f"\n{database.dialect}: {json.dumps(figures, ensure_ascii=False)}")  # noqa: T201

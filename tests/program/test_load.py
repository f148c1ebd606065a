"""50 writers at once on 5 projects, and a server that is killed among them: nothing is lost, doubled or half done.

The figures are printed; `pytest -s` shows them.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from projectgate.data.transactions import TRANSACTIONS
from projectgate.schema.build import schema
from tests.make.rich import make_rich
from tests.make.writes import imported, imported_types, writing
from tests.program.load import KIND, SEEN, Ledger, Server, Writers
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
    await require_consistent(database, ledger)
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
    await require_consistent(database, ledger)

    assert ledger.outcomes["mutations sent again"] > 0
    figures["in all, with the kill"] = dict(ledger.outcomes)
    print(f"\n{database.dialect}: {json.dumps(figures, ensure_ascii=False)}")  # noqa: T201


async def require_consistent(database: Database, ledger: Ledger) -> None:
    """Checks what the database holds against what the writers were told."""
    told = [made for versions in ledger.made.values() for made in versions]
    # No two requests were told the same version.
    assert len(told) == len(set(told))
    versions = await pairs(database, "select project_id, version from project_version")
    log = await pairs(database, "select project_id, position from project_log where position > 0")
    assert max(versions.values()) == max(log.values()) == 1
    # Each success has its version and its log row, and there is none besides but those of the import.
    assert set(versions) == set(log) == set(told) | {(name, 1) for name in NAMES}
    numbers = defaultdict(list)
    for name, version in sorted(versions):
        numbers[name].append(version)
    rows = await database.run(
        select(
            PROJECTS.c.id,
            PROJECTS.c.version,
            PROJECTS.c.project_value,
            PROJECTS.c.project_budget_value,
            PROJECTS.c.project_additional_value,
        )
    )
    for row in rows:
        assert numbers[row.id] == list(range(1, row.version + 1))
    keys = await database.run(text("select key from idempotency_key"))
    assert sorted(row.key for row in keys) == sorted(ledger.made)
    await require_totals(database, rows)
    await require_history(database, ledger)


async def pairs(database: Database, query: str) -> Counter[tuple[str, int]]:
    """How often each pair of a project and a number is there."""
    rows: Any = await database.run(text(query))
    return Counter((name, number) for name, number in rows)


async def require_totals(database: Database, rows: Any) -> None:
    """Recomputes the values of all projects from the rows of their transactions."""
    table = TRANSACTIONS.table
    money: dict[str, list[Any]] = defaultdict(list)
    for row in await database.run(select(table)):
        money[row.project_id].append(row)
    for row in rows:
        of_project = money[row.id]
        value = sum((one.revenue - one.cost for one in of_project), Decimal(0))
        budget = sum((one.budget_revenue - one.budget_cost for one in of_project), Decimal(0))
        assert row.project_value == value + row.project_additional_value, row.id
        assert row.project_budget_value == budget, row.id


async def require_history(database: Database, ledger: Ledger) -> None:
    """Reads some of the versions again: each is what the writer of it was answered."""
    for name, version in sorted(ledger.answered)[::17]:
        query = f'{{ project(id: "{name}", atVersion: {version}) {SEEN} }}'
        result = await schema.execute(query, context_value=writing(database))
        assert result.errors is None
        assert result.data == {"project": ledger.answered[name, version]}

"""What must be true of a database after any load: no write is lost, doubled or half done."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from projectgate.data.transactions import TRANSACTIONS
from projectgate.schema.build import schema
from tests.make.writes import writing
from tests.program.load import SEEN, Ledger


async def require_consistent(database: Database, ledger: Ledger, names: list[str]) -> None:
    """Checks what the database holds against what the writers were told, of projects that were imported before."""
    told = [made for versions in ledger.made.values() for made in versions]
    # No two requests were told the same version.
    assert len(told) == len(set(told))
    versions = await pairs(database, "select project_id, version from project_version")
    log = await pairs(database, "select project_id, position from project_log where position > 0")
    assert max(versions.values()) == max(log.values()) == 1
    # Each success has its version and its log row, and there is none besides but those of the import.
    assert set(versions) == set(log) == set(told) | {(name, 1) for name in names}
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

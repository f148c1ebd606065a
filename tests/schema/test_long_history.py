"""A long random history of all mutations: every version is what its write answered, and as cheap to read as any."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import Executable, Row, select

from projectgate.data import versions
from projectgate.data.database import Database
from projectgate.data.transactions import TRANSACTIONS
from projectgate.data.versions import SNAPSHOT_EVERY
from tests.conftest import recorded
from tests.make.mutations import fitting_inputs, text_of
from tests.make.rich import listed_inputs, make_rich
from tests.make.writes import imported, imported_types, make_type, stored, writing
from tests.schema.conftest import answered
from tests.schema.whole import selection

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

WRITES = 200
TYPE = make_type(finish_on_last_step=True)
# What a caller may do depends on the type as it is now; the rest is the project's own.
WHOLE = selection("Project", without=("availableActions",))


class Counted:
    """A database that counts the rows it gives."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect
        self.rows = 0

    async def run(self, statement: Executable, parameters: Any = None) -> Sequence[Row[Any]]:
        """The rows of one statement."""
        found = await self._database.run(statement, parameters)
        self.rows += len(found)
        return found


async def some_write(database: Database, random: Random) -> Any:
    """The payload of some mutation of project-1, which may have been refused."""
    project = (await stored(database)).project
    inputs = fitting_inputs(project, TYPE)
    count = random.randint(1, 3)
    lists = listed_inputs(project, count)
    for name in ("createProject", "updateManyProjectProductStatus"):
        del lists[name]
    mutation = random.choice([*inputs, *lists])
    given = inputs[mutation] if mutation not in lists or random.random() < 0.5 else lists[mutation]
    for field in ("name", "title", "comment", "detail", "role"):
        if field in given:
            given[field] = f"{field} {random.randrange(1000)}"
    answer = await answered(
        writing(database), text_of(mutation, f"changed project {WHOLE}"), {"input": given}
    )
    assert answer.errors == []
    return mutation, answer.data[mutation]


async def test_every_version_of_200_writes_is_what_its_write_answered(database: Database) -> None:
    """And the totals follow every one of them, recomputed from the rows."""
    random = Random(1)
    await imported_types(database, TYPE)
    await imported(database, make_rich())
    answers: dict[int, Any] = {}
    done: set[str] = set()
    while len(answers) < WRITES:
        mutation, payload = await some_write(database, random)
        if payload["changed"]:
            project = payload["project"]
            assert project["version"] == len(answers) + 2
            answers[project["version"]] = project
            done.add(mutation)
            await require_totals(database, project)
    # All of them, or the history shows less than it says.
    assert len(done) >= 24, done

    query = f'query ($version: Int!) {{ project(id: "project-1", atVersion: $version) {WHOLE} }}'
    counts, rows = set(), []
    for version, project in answers.items():
        with recorded(database) as sent:
            answer = await answered(writing(database), query, {"version": version})
        assert answer.errors == []
        assert answer.data["project"] == project, version
        counts.add(len(sent))
        counted = Counted(database)
        assert await versions.state_at(counted, "project-1", version) is not None
        rows.append(counted.rows)
    # The first, the last and any other version cost the same statements, and no more rows than to the last snapshot.
    assert len(counts) == 1
    assert max(rows) <= SNAPSHOT_EVERY


async def require_totals(database: Database, project: dict[str, Any]) -> None:
    """Recomputes value and budget, as answered, from the rows of the transactions."""
    table = TRANSACTIONS.table
    rows = await database.run(select(table).where(table.c.project_id == "project-1"))
    value = sum((row.revenue - row.cost for row in rows), Decimal(0))
    budget = sum((row.budget_revenue - row.budget_cost for row in rows), Decimal(0))
    additional = Decimal(project["projectAdditionalValue"])
    assert Decimal(project["projectValue"]) == value + additional
    assert Decimal(project["projectBudgetValue"]) == budget
    assert Decimal(project["valueBreakdown"]["total"]) == value + additional

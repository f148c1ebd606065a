"""A project after its writes: every version can be read again, and what searches look at follows every write."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from projectgate.data import conditions
from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from projectgate.data.versions import SNAPSHOT_EVERY
from projectgate.resolvers.access import Caller
from projectgate.resolvers.changes import change, create
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import ReplaceProducts
from projectgate.resolvers.revisions import at_version
from projectgate.resolvers.updates import PatchProject
from tests.conftest import statements
from tests.make.compared import SCHEMA, Compared, filled
from tests.make.inputs import requests
from tests.make.projects import make_project
from tests.make.writes import (
    imported,
    imported_types,
    make_claim,
    make_type,
    stored,
    writing,
)
from tests.model.world import CREATE, MANY
from tests.schema.whole import TOLD, selection

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

WRITES = 200
# Everything that readers see of a project, but for its histories and for what can be done with it now.
WHOLE = selection("Project", without=TOLD)


async def _patch(database: Database, project_id: str, given: dict[str, Any]) -> Outcome:
    outcome = await change(writing(database), PatchProject(project_id=project_id, given=given))
    assert outcome.faults == []
    return outcome


async def _found(database: Database, query: str) -> list[str]:
    wanted = conditions.free_text(query, database.dialect)
    rows = await database.run(select(PROJECTS.c.id).where(wanted).order_by(PROJECTS.c.id))
    return [row.id for row in rows]


async def test_a_search_finds_what_a_write_left_and_nothing_older(database: Database) -> None:
    """Name, product, partner, customer and tag, each by itself; and a new project at once."""
    await imported_types(database, make_type())
    await imported(database, make_claim())
    assert await _found(database, "hansens") == ["project-1"]
    await _patch(database, "project-1", {"name": "Kitchen", "tags": ["urgent"]})
    assert await _found(database, "hansens") == []
    assert await _found(database, "kitchen urgent") == ["project-1"]
    command = ReplaceProducts(project_id="project-1", products=[{"sku_id": "TAP-9"}])
    await change(writing(database), command)
    assert await _found(database, "sku") == []
    assert await _found(database, "tap 9") == ["project-1"]
    await _patch(database, "project-1", {"customer": {"name": "Østby"}, "partner": {"name": "Rør"}})
    assert await _found(database, "ostby ror") == ["project-1"]
    await _patch(database, "project-1", {"customer": None, "tags": []})
    assert await _found(database, "ostby") == await _found(database, "urgent") == []
    made = CreateProject(project_type_id="claim", given={"name": "Garage"})
    outcome = await create(writing(database), made)
    assert outcome.project is not None
    assert await _found(database, "garage") == [outcome.project.id]
    await create(
        writing(database),
        CreateProject(project_type_id="claim", given={"name": "Cellar"}, dry_run=True),
    )
    assert await _found(database, "cellar") == []


async def test_sort_keys_follow_every_write(database: Database) -> None:
    """They are columns of the project's row."""
    await imported(database, make_claim())
    noon = make_project().created
    given = {
        "customer": {"first_name": "Åse", "last_name": "Ærlig"},
        "partners": [{"id": "p-1", "name": "Rør AS"}],
        "store_contact": {"first_name": "KARI"},
        "deadline": noon,
        "project_value": Decimal("12.5"),
    }
    await _patch(database, "project-1", given)
    row: Any = (await stored(database)).row
    assert (row.customer_key, row.partner_key) == ("åse ærlig", "rør as")
    assert (row.store_contact_key, row.deadline) == ("kari", noon)
    assert row.project_value == Decimal("12.5")
    given = {"transactions": [{"revenue": Decimal(7)}], "customer": None}
    await _patch(database, "project-1", given)
    row = (await stored(database)).row
    assert (row.project_value, row.customer_key) == (Decimal(7), None)


class _Written(Compared):
    """A project with all that the writes of it returned, by version."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.beside = f"whole: project {WHOLE}"
        self.returned: dict[int, Any] = {}

    async def send(self, mutation: str, given: Any, caller: Caller | None = None) -> Any:
        payload = await super().send(mutation, given, caller)
        whole = payload["results"][0]["whole"] if mutation == MANY else payload["whole"]
        assert whole["version"] == len(self.returned) + 1
        self.returned[whole["version"]] = whole
        return payload


async def _history(database: Database, random: Random) -> _Written:
    """A project after so many writes, by all mutations in any order."""
    await filled(database)
    both = _Written(database)
    await both.begin("claim", random)
    while len(both.returned) < WRITES:
        mutation, given = requests.any_of(random, both.world)
        told = both.world.told(mutation, given, both.now)
        if not given.get("dryRun") and told.answers and told.answers[0].version:
            await both.do(mutation, given)
    return both


@pytest.mark.parametrize("seed", [1])
async def test_a_project_at_a_version_is_what_the_write_of_it_returned(
    database: Database, seed: int
) -> None:
    """For every version of a history of 200 writes by all mutations; the last is what is stored."""
    both = await _history(database, Random(seed))
    (project_id,) = both.ids
    query = f"query ($id: ID!, $at: Int) {{ project(id: $id, atVersion: $at) {WHOLE} }}"

    async def read(at: int | None) -> Any:
        variables = {"id": project_id, "at": at}
        answer = await SCHEMA.execute(query, variables, context_value=both.context())
        assert answer.errors is None
        assert answer.data is not None
        return answer.data["project"]

    for number, returned in both.returned.items():
        assert await read(number) == returned
    assert await read(None) == both.returned[WRITES]
    assert await read(WRITES + 1) is None
    assert await at_version(database, project_id, 0) is None
    used = {mutation for mutation, outcome in both.counts if outcome == "written"}
    assert used == {*requests.EXISTING, CREATE, MANY}


async def test_a_read_at_a_version_costs_the_same_however_long_the_history(
    database: Database,
) -> None:
    """One statement for the state, which reads 20 rows of versions at most."""
    both = await _history(database, Random(3))
    (project_id,) = both.ids
    read: dict[int, int] = {}
    for number in range(1, WRITES + 1):
        with statements(database) as sent:
            revision = await at_version(database, project_id, number)
        assert revision is not None
        ((statement, parameters),) = sent
        async with database.engine.connect() as connection:
            rows = (await connection.exec_driver_sql(statement, parameters)).fetchall()
        assert rows
        read[number] = len(rows)
    assert max(read.values()) == SNAPSHOT_EVERY
    assert [read[number] for number in (5, 20, 39, 180, 199, WRITES)] == [5, 1, 20, 1, 20, 1]


async def test_values_and_sort_keys_follow_every_write_of_any_mutation(database: Database) -> None:
    """The values are added up anew from the rows with `Decimal`, the keys read anew from what was written."""
    random = Random(4)
    await filled(database)
    both = Compared(database)
    for kind in ("claim", "bathroom"):
        await both.begin(kind, random)
    values = set()
    for _ in range(100):
        await both.do(*requests.any_of(random, both.world))
        # The comparison of `check` is the assertion: it adds up the rows of the transactions of each project.
        await both.check(read=False)
        values |= {both.world.state(one)["projectValue"] for one in both.ids}
    assert len(values) > 5

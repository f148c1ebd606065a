"""Writers at the same time, and a writer that is killed: no write is lost, doubled or left half done."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from projectgate.data import graphs
from projectgate.data.database import Database
from projectgate.data.graphs import Stored
from projectgate.resolvers.changes import change, create
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.errors import VersionConflict
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import ReplaceProducts, StatusUpdate, UpdateProductStatus
from projectgate.resolvers.records import Write, record
from projectgate.resolvers.updates import PatchProject
from tests.make.writes import (
    dump,
    ids,
    imported,
    imported_types,
    make_claim,
    make_line,
    make_type,
    stored,
    told,
    whole,
    writing,
)

pytestmark = pytest.mark.anyio

WRITERS = 20
ROOT = Path(__file__).parents[2]


async def test_of_20_writers_with_one_expected_version_one_wins(database: Database) -> None:
    """The others learn the version that won and what it changed."""
    await imported(database, make_claim())

    async def write(number: int) -> Outcome:
        command = PatchProject(
            project_id="project-1", expected_version=1, given={"name": f"Name {number}"}
        )
        return await change(writing(database), command)

    outcomes = await asyncio.gather(*(write(number) for number in range(WRITERS)))
    (winner,) = [number for number, outcome in enumerate(outcomes) if outcome.changed]
    for outcome in outcomes[:winner] + outcomes[winner + 1 :]:
        (fault,) = outcome.faults
        assert isinstance(fault, VersionConflict)
        assert (fault.current_version, fault.changed_paths) == (2, ["name"])
    there = await stored(database)
    assert (there.project.name, there.row.version) == (f"Name {winner}", 2)
    rows = await dump(database)
    assert len(rows["project_version"]) == len(rows["project_log"]) == 2


async def test_writers_without_expected_version_follow_each_other(database: Database) -> None:
    """Each sees what the one before left, so no line's status is lost."""
    lines = [make_line(id=f"l{number}", sku_id=f"S{number}") for number in range(WRITERS)]
    await imported(database, make_claim(products=lines))

    async def write(number: int) -> Outcome:
        update = StatusUpdate(f"Status {number}", f"S{number}")
        command = UpdateProductStatus(project_id="project-1", product_status_updates=[update])
        return await change(writing(database), command)

    outcomes = await asyncio.gather(*(write(number) for number in range(WRITERS)))
    versions = {outcome.project.version for outcome in outcomes if outcome.project is not None}
    assert versions == set(range(2, WRITERS + 2))
    assert [line.status for line in (await stored(database)).project.products or []] == [
        f"Status {number}" for number in range(WRITERS)
    ]
    rows = await dump(database)
    assert len(rows["project_version"]) == len(rows["project_log"]) == WRITERS + 1


async def test_a_key_used_by_10_tasks_at_once_is_applied_once(database: Database) -> None:
    """And all get the same outcome."""
    await imported(database, make_claim())

    async def write() -> Outcome:
        command = ReplaceProducts(
            project_id="project-1",
            products=[{"name": "New"}, {"id": "line-1", "status": "Sent"}],
            idempotency_key="one",
        )
        return await change(writing(database), command)

    outcomes = await asyncio.gather(*(write() for _ in range(10)))
    first = outcomes[0]
    assert first.project is not None
    assert first.project.version == 2
    for outcome in outcomes:
        assert (outcome.faults, outcome.changed, outcome.details) == ([], True, first.details)
        assert outcome.project is not None
        assert whole(outcome.project) == whole(first.project)
        assert [change.path for change in outcome.changes] == [
            change.path for change in first.changes
        ]
    rows = await dump(database)
    assert len(rows["project_version"]) == len(rows["project_log"]) == 2
    assert len(rows["idempotency_key"]) == 1


async def test_a_key_used_for_10_new_projects_at_once_makes_one(database: Database) -> None:
    """Nothing is there to lock yet: the key alone decides."""
    await imported_types(database, make_type())

    async def write() -> Outcome:
        command = CreateProject(project_type_id="claim", idempotency_key="one")
        return await create(writing(database), command)

    outcomes = await asyncio.gather(*(write() for _ in range(10)))
    assert {outcome.project.id for outcome in outcomes if outcome.project} == {
        row[0] for row in (await dump(database))["project"]
    }
    assert [told(outcome) for outcome in outcomes] == [[]] * 10


async def test_a_key_used_for_two_projects_at_once_is_applied_to_one(database: Database) -> None:
    """The others are told that it was used."""
    names = [f"project-{number}" for number in range(1, 6)]
    await imported(database, *(make_claim(id=name) for name in names))

    async def write(name: str) -> Outcome:
        command = PatchProject(project_id=name, given={"name": "x"}, idempotency_key="one")
        return await change(writing(database), command)

    outcomes = await asyncio.gather(*(write(name) for name in names))
    assert sorted(map(told, outcomes)) == [
        [],
        *[[("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]] * 4,
    ]
    versions = [(await stored(database, name)).row.version for name in names]
    assert sorted(versions) == [1, 1, 1, 1, 2]


async def test_a_writer_that_waited_for_another_has_what_that_one_left_below_the_project(
    database: Database,
) -> None:
    """Its statement began before the other's lines were there."""
    await imported(database, make_claim())

    async def wait() -> Stored | None:
        async with database.transaction() as second:
            return await graphs.hold(second, "project-1")

    async with database.transaction() as first:
        before = await graphs.hold(first, "project-1")
        assert before is not None
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        after = before.draft()
        after.products = (after.products or [])[:1]
        write = Write(before, after)
        await record(first, [write], actor="anna", operation="replace", at=after.modified)
    held, there = await waiting, await stored(database)
    assert held is not None
    assert (held.row, held.rows) == (there.row, there.rows)
    assert (held.row.version, len(held.rows["project_product"])) == (2, 1)


# A writer that has run all its statements and then waits instead of committing.
_KILLED = """
import asyncio, sys
from contextlib import asynccontextmanager
from projectgate.data.database import Database
from projectgate.resolvers.changes import change
from projectgate.resolvers.products import ReplaceProducts
from tests.make.writes import writing

class Waiting(Database):
    @asynccontextmanager
    async def transaction(self):
        async with super().transaction() as transaction:
            yield transaction
            print("ready", flush=True)
            await asyncio.sleep(60)

async def main():
    database = Waiting(sys.argv[1])
    command = ReplaceProducts(
        project_id="project-1", products=[{"name": "New"}], idempotency_key="one"
    )
    await change(writing(database), command)

asyncio.run(main())
"""


async def test_a_writer_killed_before_its_commit_leaves_nothing_and_the_key_usable(
    database: Database,
) -> None:
    """A real process, killed with SIGKILL after its last statement."""
    await imported(database, make_claim())
    before = await dump(database)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _KILLED,
        database.url.render_as_string(hide_password=False),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
        assert await dump(database) == before
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert await dump(database) == before
    command = ReplaceProducts(
        project_id="project-1", products=[{"name": "New"}], idempotency_key="one"
    )
    outcome = await asyncio.wait_for(change(writing(database), command), 30)
    assert outcome.faults == []
    assert outcome.details["removed"] == ["line-1", "line-2"]
    there = await stored(database)
    assert there.row.version == 2
    assert ids(there.project.products) == outcome.details["added"]
    rows = await dump(database)
    assert len(rows["project_version"]) == len(rows["project_log"]) == 2
    again = await change(writing(database), command)
    assert again.details == outcome.details

"""A project after its writes: every version can be read again, and what searches look at follows every write."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from projectgate.data import conditions
from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from projectgate.data.versions import SNAPSHOT_EVERY
from projectgate.resolvers.changes import change, create
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import ReplaceProducts, StatusUpdate, UpdateProductStatus
from projectgate.resolvers.revisions import Revision, at_version
from projectgate.resolvers.updates import PatchProject
from tests.make.projects import make_project
from tests.make.writes import (
    imported,
    imported_types,
    make_claim,
    make_type,
    stored,
    whole,
    writing,
)

pytestmark = pytest.mark.anyio


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


async def _random_write(database: Database, random: Random, project_id: str) -> Outcome:
    """Some write to a project; it may change nothing, but is never refused."""
    there = (await stored(database, project_id)).project
    kind = random.randrange(4)
    if kind == 0 and there.products:
        lines = random.sample(there.products, random.randint(1, len(there.products)))
        updates = [
            StatusUpdate(
                random.choice(["Active", "Cancelled", "Shipped"]),
                line_id=line.id,
                cancellation_code=random.choice(["Defect", None]),
            )
            for line in lines
        ]
        update = UpdateProductStatus(project_id=project_id, product_status_updates=updates)
        return await change(writing(database), update)
    if kind == 1:
        kept = random.sample(there.products or [], random.randint(0, len(there.products or [])))
        lines_given: list[dict[str, Any]] = [
            {"id": line.id, "quantity": Decimal(random.randint(0, 99)) / 8} for line in kept
        ]
        lines_given += [{"sku_id": f"S{random.randrange(9)}"}] * random.randint(0, 2)
        random.shuffle(lines_given)
        replacing = ReplaceProducts(project_id=project_id, products=lines_given)
        return await change(writing(database), replacing)
    choices: dict[str, Callable[[], Any]] = {
        "name": lambda: random.choice([None, "", "Åse", "x" * 50]),
        "tags": lambda: random.sample(["a", "b", "c", "d"], random.randint(0, 4)),
        "deadline": lambda: random.choice([None, there.created]),
        "customer": lambda: random.choice([None, {"id": "c1"}, {"id": "c1", "name": "Bo"}]),
        "external_ids": lambda: [{"id": random.choice("ab")} for _ in range(random.randint(0, 3))],
        "partners": lambda: [{"id": one} for one in random.sample("xyz", random.randint(0, 3))],
        "transactions": lambda: (
            [
                {"id": row.id, "revenue": Decimal(random.randint(-50, 50))}
                for row in random.sample(there.transactions or [], len(there.transactions or []))
            ]
            + [{"cost": Decimal("0.1")}] * random.randint(0, 1)
        ),
        "project_parts": lambda: (
            [
                {"id": part.id, "tasks": [{"text": "t"}] * random.randint(0, 2)}
                for part in random.sample(there.project_parts or [], len(there.project_parts or []))
            ]
            + [{"title": "p", "transactions": [{"revenue": Decimal(1)}]}] * random.randint(0, 1)
        ),
        "form_data": lambda: [{"key": "k", "value": random.choice([None, "v"])}] * 2,
    }
    given = {name: choices[name]() for name in random.sample(sorted(choices), random.randint(1, 3))}
    return await _patch(database, project_id, given)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_project_at_a_version_is_what_the_write_of_it_returned(
    database: Database, seed: int
) -> None:
    """For every version of a random history that crosses several snapshots; the last is what is stored."""
    random = Random(seed)
    await imported_types(database, make_type())
    outcome = await create(writing(database), CreateProject(project_type_id="claim"))
    assert outcome.project is not None
    project_id = outcome.project.id
    returned = {1: whole(outcome.project)}
    while len(returned) < 3 * SNAPSHOT_EVERY + 3:
        outcome = await _random_write(database, random, project_id)
        assert outcome.faults == []
        assert outcome.project is not None
        if outcome.changed:
            assert outcome.project.version == len(returned) + 1
            returned[outcome.project.version] = whole(outcome.project)
        else:
            assert outcome.project.version == len(returned)
    for number, before in returned.items():
        revision = await at_version(database, project_id, number)
        assert revision is not None
        assert whole(revision) == before
    there = await stored(database, project_id)
    assert whole(Revision(there.project, there.row.version)) == returned[len(returned)]
    assert await at_version(database, project_id, len(returned) + 1) is None
    assert await at_version(database, project_id, 0) is None

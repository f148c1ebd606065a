"""Keys of writes: the same request again does nothing again, whatever happened in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.access import Caller
from projectgate.resolvers.changes import change, create
from projectgate.resolvers.commands import Request
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.many import UpdateManyProductStatus
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import ReplaceProducts, StatusUpdate, UpdateProductStatus
from projectgate.resolvers.updates import PatchProject
from tests.make.writes import (
    Clock,
    admin,
    dump,
    imported,
    imported_types,
    make_claim,
    make_type,
    stored,
    told,
    whole,
    writing,
)

pytestmark = pytest.mark.anyio


async def _replace(
    database: Database, caller: Caller | None = None, clock: Clock | None = None, **options: Any
) -> Outcome:
    values = {
        "project_id": "project-1",
        "products": [{"name": "New"}, {"id": "line-2", "name": "Other"}],
        "idempotency_key": "key-1",
    }
    return await change(writing(database, caller, clock), ReplaceProducts(**values | options))


async def _rename(database: Database, name: str, **options: Any) -> Outcome:
    return await change(
        writing(database), PatchProject(project_id="project-1", given={"name": name}, **options)
    )


def _all(outcome: Outcome) -> Any:
    assert outcome.project is not None
    changes = [(change.path, change.before, change.after) for change in outcome.changes]
    return outcome.faults, outcome.changed, changes, outcome.details, whole(outcome.project)


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with project-1 and the type claim."""
    await imported_types(database, make_type())
    await imported(database, make_claim())
    return database


async def test_the_same_request_again_gives_the_stored_outcome_and_writes_nothing(
    filled: Database,
) -> None:
    """With the project as of then, although others wrote since."""
    first = await _replace(filled)
    await _rename(filled, "Later")
    before = await dump(filled)
    again = await _replace(filled)
    assert await dump(filled) == before
    assert _all(again) == _all(first)
    assert again.details["removed"] == ["line-1"]
    assert len(again.details["added"]) == 1


@pytest.mark.parametrize("operation", ["status", "patch", "create"])
async def test_every_mutation_remembers_its_key(filled: Database, operation: str) -> None:
    """A replayed creation gives the project that was made."""

    async def write() -> Outcome:
        if operation == "status":
            update = UpdateProductStatus(
                project_id="project-1",
                product_status_updates=[StatusUpdate("X", "SKU-001")],
                idempotency_key="k",
            )
            return await change(writing(filled), update)
        if operation == "patch":
            return await _rename(filled, "Other", idempotency_key="k")
        made = CreateProject(project_type_id="claim", idempotency_key="k", given={"name": "M"})
        return await create(writing(filled), made)

    first = await write()
    before = await dump(filled)
    assert _all(await write()) == _all(first)
    assert await dump(filled) == before


async def test_the_same_key_with_another_input_is_refused(filled: Database) -> None:
    """Another value, another project, another expected version, another mutation."""
    await imported(filled, make_claim(id="project-2"))
    await _replace(filled)
    before = await dump(filled)
    others: list[dict[str, Any]] = [
        {"products": []},
        {"products": [{"id": "line-2", "name": "Other"}, {"name": "New"}]},
        {"project_id": "project-2"},
        {"expected_version": 1},
    ]
    for other in others:
        outcome = await _replace(filled, **other)
        assert told(outcome) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
        assert "key-1" in outcome.faults[0].message
    outcome = await _rename(filled, "X", idempotency_key="key-1")
    assert told(outcome) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
    assert await dump(filled) == before


async def test_a_key_is_looked_up_before_the_expected_version(filled: Database) -> None:
    """Otherwise a repeated request could never succeed: its own write raised the version."""
    first = await _replace(filled, expected_version=1)
    await _rename(filled, "Later")
    assert _all(await _replace(filled, expected_version=1)) == _all(first)


async def test_dry_run_aside_the_input_is_the_same(filled: Database) -> None:
    """A dry run of a request that was done gives what was done, and leaves it."""
    first = await _replace(filled)
    assert _all(await _replace(filled, dry_run=True)) == _all(first)


async def test_a_key_is_free_again_after_24_hours(filled: Database) -> None:
    """Not before: at 24 hours to the second it still holds."""
    clock = Clock()
    first = await _replace(filled, clock=clock)
    written = clock.now
    clock.now = written + timedelta(hours=24, seconds=-1)
    assert _all(await _replace(filled, clock=clock)) == _all(first)
    other = [{"name": "Later"}]
    clock.now = written + timedelta(hours=24)
    second = await _replace(filled, clock=clock, products=other)
    assert second.faults == []
    assert second.changed
    assert second.project is not None
    assert second.project.version == 3
    assert len((await dump(filled))["idempotency_key"]) == 1
    assert _all(await _replace(filled, clock=clock, products=other)) == _all(second)


async def test_a_refused_request_and_a_dry_run_leave_the_key_free(filled: Database) -> None:
    """So the corrected request can bear the same key."""
    assert told(await _replace(filled, products=None)) == [("INVALID_VALUE", "products")]
    assert told(await _replace(filled, expected_version=5)) == [
        ("VERSION_CONFLICT", "expectedVersion")
    ]
    assert (await _replace(filled, products=[], dry_run=True)).changed
    assert (await _replace(filled, products=[{"id": "line-1"}, {"id": "line-2"}])).faults == []
    outcome = await _replace(filled)
    assert outcome.faults == []
    assert outcome.changed


async def test_a_key_of_another_caller_is_another_key(filled: Database) -> None:
    """Callers need not agree on keys."""
    first = await _replace(filled)
    second = await _replace(filled, admin("bo"), products=[])
    assert second.faults == []
    assert second.project is not None
    assert second.project.version == 3
    assert _all(await _replace(filled)) == _all(first)


async def test_a_replay_of_a_project_that_became_invisible_is_not_found(filled: Database) -> None:
    """Visibility is that of now, not of then."""
    bo = admin("bo", "store-oslo")
    await _replace(filled, bo)
    made = CreateProject(project_type_id="claim", idempotency_key="made")
    outcome = await create(writing(filled, bo), made)
    assert outcome.project is not None
    for project_id in ("project-1", outcome.project.id):
        command = PatchProject(project_id=project_id, given={"store_id": "store-bergen"})
        assert (await change(writing(filled), command)).changed
    assert told(await _replace(filled, bo)) == [("NOT_FOUND", "projectId")]
    replayed = await create(writing(filled, bo), made)
    assert told(replayed) == [("NOT_FOUND", "idempotencyKey")]


@pytest.mark.parametrize("key", ["", "   ", "x" * 201])
async def test_a_key_has_1_to_200_characters(filled: Database, key: str) -> None:
    """The message says how many it has and takes."""
    outcome = await _replace(filled, idempotency_key=key)
    assert told(outcome) == [("INVALID_VALUE", "idempotencyKey")]
    assert str(len(key)) in outcome.faults[0].message
    assert "200" in outcome.faults[0].message
    assert (await stored(filled)).row.version == 1


async def test_a_key_of_200_characters_is_taken(filled: Database) -> None:
    """Keys are compared exactly."""
    key = "Ø" * 200
    first = await _replace(filled, idempotency_key=key)
    assert _all(await _replace(filled, idempotency_key=key)) == _all(first)
    assert (await _replace(filled, idempotency_key=key.lower(), products=[])).changed


REQUESTS: list[Request] = [
    UpdateProductStatus(
        project_id="p",
        expected_version=3,
        product_status_updates=[
            StatusUpdate("Sent", "S", cancellation_code=None),
            StatusUpdate("é", line_id="l", cancellation_reason="no"),
        ],
    ),
    UpdateManyProductStatus(
        items=(UpdateProductStatus(project_id="q", product_status_updates=[StatusUpdate("X")]),)
    ),
    PatchProject(project_id="p", given={"tags": None, "products": [{"quantity": Decimal("1.50")}]}),
    CreateProject(
        project_type_id="claim",
        given={"deadline": datetime(2026, 1, 31, 12, tzinfo=UTC), "name": "M"},
    ),
]


def test_the_same_input_has_the_fingerprint_that_it_always_had() -> None:
    """Else a key that was stored before an update would be one of another input after it."""
    known = ["9b6c312c8c682bfc", "cc63986ddcff4319", "33d75da027171db8", "52a8cdfada0de473"]
    sent_again = [replace(one, idempotency_key="k", dry_run=True) for one in REQUESTS]
    for requests in (REQUESTS, sent_again):
        assert [one.fingerprint()[:16] for one in requests] == known

"""The status of lines of many projects at once: all or none, or all that can be, with a result for each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.access import Caller
from projectgate.resolvers.changes import change
from projectgate.resolvers.errors import AmbiguousProduct, VersionConflict
from projectgate.resolvers.many import ErrorPolicy, UpdateManyProductStatus, update_many
from projectgate.resolvers.outcomes import Outcomes
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from projectgate.resolvers.updates import PatchProject
from tests.conftest import recorded
from tests.make.writes import (
    admin,
    dump,
    imported,
    make_claim,
    make_line,
    stored,
    told,
    whole,
    writing,
)

pytestmark = pytest.mark.anyio

FAILED = ErrorPolicy.REJECT_FAILED
NAMES = ["project-1", "project-2", "project-3"]


def item(name: str, *skus: str, status: str = "Sent", **options: Any) -> UpdateProductStatus:
    """An item that gives lines a status."""
    updates = [StatusUpdate(status, sku) for sku in skus or ("SKU-001",)]
    return UpdateProductStatus(project_id=name, product_status_updates=updates, **options)


async def update(
    database: Database,
    *items: UpdateProductStatus,
    caller: Caller | None = None,
    **options: Any,
) -> Outcomes:
    """What a request comes to."""
    request = UpdateManyProductStatus(items=items, **options)
    return await update_many(writing(database, caller), request)


async def statuses(database: Database, names: Sequence[str] = tuple(NAMES)) -> list[str | None]:
    """The status of the first line of each project."""
    found = [await stored(database, name) for name in names]
    return [(one.project.products or [])[0].status for one in found]


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with three projects of two lines each, all Active."""
    await imported(database, *(make_claim(id=name) for name in NAMES))
    return database


@pytest.mark.parametrize("policy", ErrorPolicy)
async def test_each_project_gets_its_version_and_log_row(
    filled: Database, policy: ErrorPolicy
) -> None:
    """In the order of the input, which is not that of the ids."""
    before = await dump(filled)

    outcomes = await update(filled, *map(item, reversed(NAMES)), error_policy=policy)

    assert outcomes.faults == []
    results = outcomes.results
    assert [one.project and one.project.id for one in results] == NAMES[::-1]
    assert [one.project and one.project.version for one in results] == [2, 2, 2]
    assert all(one.changed for one in results)
    assert await statuses(filled) == ["Sent"] * 3
    after = await dump(filled)
    for table in ("project_version", "project_log"):
        assert len(after[table]) == len(before[table]) + 3


async def test_with_reject_all_one_refused_item_keeps_all_from_being_written(
    filled: Database,
) -> None:
    """The request's errors are those of all items; a good item has none and no project."""
    before = await dump(filled)

    outcomes = await update(filled, item(NAMES[0]), item(NAMES[1], "X"), item("nobody"))

    expected = [
        ("PRODUCT_NOT_FOUND", "items.1.productStatusUpdates.0.skuId"),
        ("NOT_FOUND", "items.2.projectId"),
    ]
    assert [(fault.code, ".".join(fault.path)) for fault in outcomes.faults] == expected
    assert [told(one) for one in outcomes.results] == [[], expected[:1], expected[1:]]
    assert [one.project for one in outcomes.results] == [None] * 3
    assert await dump(filled) == before


async def test_with_reject_failed_a_refused_item_leaves_nothing_and_the_others_alone(
    filled: Database,
) -> None:
    """Also where some lines of the refused one could be written."""
    outcomes = await update(
        filled,
        item(NAMES[0], "SKU-001", "X"),
        item(NAMES[1]),
        item(NAMES[2], expected_version=7),
        error_policy=FAILED,
    )

    assert outcomes.faults == []
    assert [one.changed for one in outcomes.results] == [False, True, False]
    assert told(outcomes.results[0]) == [
        ("PRODUCT_NOT_FOUND", "items.0.productStatusUpdates.1.skuId")
    ]
    (conflict,) = outcomes.results[2].faults
    assert isinstance(conflict, VersionConflict)
    assert conflict.path == ["items", "2", "expectedVersion"]
    assert await statuses(filled) == ["Active", "Sent", "Active"]


@pytest.mark.parametrize(
    ("count", "code"), [(0, "EMPTY_INPUT"), (101, "TOO_MANY")], ids=["none", "101"]
)
async def test_a_request_has_1_to_100_items(filled: Database, count: int, code: str) -> None:
    outcomes = await update(filled, *[item("x")] * count, error_policy=FAILED)

    assert [(fault.code, fault.path) for fault in outcomes.faults] == [(code, ["items"])]
    assert outcomes.results == []


async def test_a_project_named_twice_is_refused_the_second_time(filled: Database) -> None:
    outcomes = await update(
        filled, item(NAMES[0]), item(NAMES[0], status="Other"), error_policy=FAILED
    )

    assert [told(one) for one in outcomes.results] == [
        [],
        [("DUPLICATE_UPDATE", "items.1.projectId")],
    ]
    assert await statuses(filled) == ["Sent", "Active", "Active"]


async def test_an_invisible_project_is_not_found(filled: Database) -> None:
    await imported(filled, make_claim(id="far", store_id="store-far"))

    outcomes = await update(
        filled,
        item("far"),
        item(NAMES[0]),
        error_policy=FAILED,
        caller=admin("oslo", "store-oslo"),
    )

    assert told(outcomes.results[0]) == [("NOT_FOUND", "items.0.projectId")]
    assert outcomes.results[1].changed


async def test_the_same_values_again_are_no_write(filled: Database) -> None:
    items = [item(NAMES[0]), item(NAMES[1])]
    await update(filled, *items)
    before = await dump(filled)

    outcomes = await update(filled, *items, idempotency_key="k")

    assert [one.changed for one in outcomes.results] == [False, False]
    assert [one.project and one.project.version for one in outcomes.results] == [2, 2]
    assert await dump(filled) == before


async def test_the_same_key_gives_the_stored_outcomes_refused_ones_too(filled: Database) -> None:
    """With candidates and versions, whoever wrote since; another input is refused; a dry run leaves the key free."""
    twice = make_claim(id="twice", products=[make_line(), make_line(id="line-2")])
    await imported(filled, twice)
    await change(writing(filled), PatchProject(project_id=NAMES[2], given={"name": "New"}))
    items = [
        item(NAMES[0]),
        item("twice"),
        item(NAMES[2], expected_version=1),
        item(NAMES[1], status="Active"),
    ]
    options: dict[str, Any] = {"error_policy": FAILED, "idempotency_key": "k"}

    rehearsed = await update(filled, *items, dry_run=True, **options)
    assert (await stored(filled, NAMES[0])).row.version == 1
    first = await update(filled, *items, **options)
    await change(writing(filled), PatchProject(project_id=NAMES[0], given={"name": "Later"}))
    between = await dump(filled)
    again = await update(filled, *items, **options)

    assert await dump(filled) == between
    assert [one.changed for one in first.results] == [True, False, False, False]
    for one, other, dry in zip(first.results, again.results, rehearsed.results, strict=True):
        assert [told(one), one.changed] == [told(other), other.changed] == [told(dry), dry.changed]
        assert [change.path for change in one.changes] == [change.path for change in other.changes]
        if one.project is not None and other.project is not None:
            assert whole(one.project) == whole(other.project)
    (ambiguous,) = again.results[1].faults
    (conflict,) = again.results[2].faults
    assert isinstance(ambiguous, AmbiguousProduct)
    assert [line.id for line in ambiguous.candidates] == ["line-1", "line-2"]
    assert isinstance(conflict, VersionConflict)
    assert (conflict.current_version, conflict.changed_paths) == (2, ["name"])
    reused = await update(filled, items[0], **options)
    assert [fault.code for fault in reused.faults] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_a_replay_of_a_project_that_became_invisible_is_not_found(filled: Database) -> None:
    caller = admin("anna", "store-oslo")
    items = [item(NAMES[0]), item(NAMES[1])]
    await update(filled, *items, caller=caller, idempotency_key="k")
    move = PatchProject(project_id=NAMES[1], given={"store_id": "store-far"})
    await change(writing(filled), move)

    again = await update(filled, *items, caller=caller, idempotency_key="k")

    assert [told(one) for one in again.results] == [[], [("NOT_FOUND", "items.1.projectId")]]


@pytest.mark.parametrize("policy", ErrorPolicy)
async def test_statements_grow_with_the_projects_and_not_with_their_lines(
    database: Database, policy: ErrorPolicy
) -> None:
    counts = {}
    for projects in (1, 10, 20):
        for lines in (2, 100):
            names = [f"{projects}-{lines}-{place}" for place in range(projects)]
            products = [make_line(id=f"l{n}", sku_id=f"S{n}") for n in range(lines)]
            await imported(database, *(make_claim(id=name, products=products) for name in names))
            items = [item(name, *(f"S{n}" for n in range(lines))) for name in names]
            with recorded(database) as sent:
                outcomes = await update(database, *items, error_policy=policy)
            assert all(one.changed for one in outcomes.results)
            counts[projects, lines] = len(sent)

    for projects in (1, 10, 20):
        assert counts[projects, 2] == counts[projects, 100]
    each = (counts[20, 2] - counts[10, 2]) // 10
    assert counts[20, 2] - counts[10, 2] == 10 * each
    # The project's row, its lines gone and there again; alone also the savepoint's two, the version and the log row.
    assert each == (3 if policy is ErrorPolicy.REJECT_ALL else 7)


async def test_requests_that_name_projects_in_opposite_orders_do_not_lock_each_other_out(
    database: Database,
) -> None:
    names = [f"project-{place}" for place in range(20)]
    await imported(database, *(make_claim(id=name) for name in names))

    async def send(number: int) -> Outcomes:
        ordered = names if number % 2 else names[::-1]
        items = [item(name, status=f"Status {number}") for name in ordered]
        return await update(database, *items)

    done = await asyncio.wait_for(asyncio.gather(*map(send, range(8))), 60)

    for outcomes in done:
        assert outcomes.faults == []
        assert all(one.changed for one in outcomes.results)
    assert {(await stored(database, name)).row.version for name in names} == {9}
    assert len(set(await statuses(database, names))) == 1

"""The write path that all mutations share: who may, which version, one record for one write, dry runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from projectgate.data.database import Database
from projectgate.data.log import LOG
from projectgate.data.versions import VERSIONS
from projectgate.resolvers.access import READ, Caller
from projectgate.resolvers.changes import change, create
from projectgate.resolvers.creation import CreateProject
from projectgate.resolvers.errors import Forbidden, VersionConflict
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import ReplaceProducts, StatusUpdate, UpdateProductStatus
from projectgate.resolvers.updates import PatchProject
from tests.conftest import recorded
from tests.make.projects import make_project
from tests.make.writes import (
    Clock,
    admin,
    changed_paths,
    dump,
    ids,
    imported,
    imported_types,
    make_claim,
    make_line,
    make_type,
    stored,
    told,
    writing,
)

pytestmark = pytest.mark.anyio

Writing = Callable[..., Awaitable[Outcome]]


async def _status(database: Database, caller: Caller | None = None, **options: Any) -> Outcome:
    command = UpdateProductStatus(
        **{"project_id": "project-1", "product_status_updates": [StatusUpdate("X", "SKU-001")]}
        | options
    )
    return await change(writing(database, caller), command)


async def _replace(database: Database, caller: Caller | None = None, **options: Any) -> Outcome:
    command = ReplaceProducts(
        **{"project_id": "project-1", "products": [{"name": "New"}]} | options
    )
    return await change(writing(database, caller), command)


async def _patch(database: Database, caller: Caller | None = None, **options: Any) -> Outcome:
    command = PatchProject(**{"project_id": "project-1", "given": {"name": "Other"}} | options)
    return await change(writing(database, caller), command)


async def _create(database: Database, caller: Caller | None = None, **options: Any) -> Outcome:
    command = CreateProject(
        **{"project_type_id": "claim", "given": {"name": "Made", "store_id": "store-oslo"}}
        | options
    )
    return await create(writing(database, caller), command)


EXISTING: dict[str, Writing] = {
    "updateProjectProductStatus": _status,
    "replaceProjectProducts": _replace,
    "patchProject": _patch,
}
ALL = EXISTING | {"createProject": _create}


@pytest.fixture(params=EXISTING)
def operation(request: pytest.FixtureRequest) -> str:
    """Each mutation of an existing project."""
    return str(request.param)


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with a type and project-1, of store-oslo."""
    await imported_types(database, make_type())
    await imported(database, make_claim())
    return database


@pytest.mark.parametrize("operation", ALL)
async def test_a_write_adds_one_version_and_one_log_row(filled: Database, operation: str) -> None:
    """Who, when, which operation, and what changed."""
    clock = Clock()
    before = await dump(filled)
    outcome = await ALL[operation](filled)
    after = await dump(filled)
    project = outcome.project
    assert project is not None
    number = 1 if operation == "createProject" else 2
    assert project.version == number
    assert len(after["project_version"]) == len(before["project_version"]) + 1
    assert len(after["project_log"]) == len(before["project_log"]) + 1
    (version,) = await filled.run(
        select(VERSIONS).where(VERSIONS.c.version == number, VERSIONS.c.project_id == project.id)
    )
    assert (version.actor, version.operation, version.at) == ("anna", operation, clock())
    if operation != "createProject":
        assert version.changes == [list(change) for change in outcome.changes]
    (row,) = await filled.run(
        select(LOG.table).where(
            LOG.table.c.position == number, LOG.table.c.project_id == project.id
        )
    )
    assert (row.user, row.text, row.date) == ("anna", operation, version.at)
    there = await stored(filled, project.id)
    assert there.row.version == number
    assert there.project.modified == version.at
    assert there.project.version_id == version.version_id
    assert there.project.version_id != "v1"


async def test_what_is_not_written_to_stays(filled: Database, operation: str) -> None:
    """Another project's rows are untouched by any mutation."""
    await imported(filled, make_claim(id="project-2"))
    before = await stored(filled, "project-2")
    assert (await EXISTING[operation](filled)).changed
    assert await stored(filled, "project-2") == before


@pytest.mark.parametrize("operation", ALL)
async def test_a_reader_may_not_write(filled: Database, operation: str) -> None:
    """ProjectRead is for queries."""
    before = await dump(filled)
    reader = Caller("rune", frozenset({READ}))
    with pytest.raises(Forbidden, match="ProjectAdmin"):
        await ALL[operation](filled, reader)
    assert await dump(filled) == before


@pytest.mark.parametrize("project_id", ["project-1", "no-such"])
async def test_an_invisible_project_is_as_unknown_as_one_that_is_not_there(
    filled: Database, operation: str, project_id: str
) -> None:
    """Neither the code nor the message tells which it is."""
    outcome = await EXISTING[operation](
        filled, admin("bo", "store-bergen"), project_id=project_id, expected_version=7
    )
    path = "id" if operation == "patchProject" else "projectId"
    assert told(outcome) == [("NOT_FOUND", path)]
    assert outcome.faults[0].message == f"there is no project {project_id!r}"


async def test_a_project_is_visible_through_an_additional_store(
    database: Database, operation: str
) -> None:
    """As it is to queries."""
    await imported(database, make_claim(stores=[{"store_id": "store-bergen"}]))
    assert (await EXISTING[operation](database, admin("bo", "store-bergen"))).changed


@pytest.mark.parametrize(
    "given",
    [
        {"store_id": "store-bergen"},
        {"stores": [{"store_id": "store-oslo"}, {"store_id": "store-bergen"}]},
        {"store_id": None},
    ],
    ids=["main", "additional", "none"],
)
async def test_a_write_may_not_move_a_project_out_of_scope(
    filled: Database, given: dict[str, Any]
) -> None:
    """Nor give a store that is not the caller's access to it, nor leave it in no store of the caller."""
    before = await dump(filled)
    with pytest.raises(Forbidden):
        await _patch(filled, admin("bo", "store-oslo"), given=given)
    assert await dump(filled) == before
    assert (await _patch(filled, given=given)).changed


async def test_a_project_moves_between_the_stores_of_a_caller(filled: Database) -> None:
    """Stores outside the scope that had access before may stay."""
    caller = admin("bo", "store-oslo", "store-bergen")
    await _patch(filled, given={"stores": [{"store_id": "store-tromso"}]})
    assert (await _patch(filled, caller, given={"store_id": "store-bergen"})).changed
    assert (await stored(filled)).project.store_id == "store-bergen"


async def test_the_expected_version_must_be_the_current_one(
    filled: Database, operation: str
) -> None:
    """A conflict tells the current version and what changed since, each path once."""
    for name in ("Two", "Three"):
        await _patch(filled, given={"name": name})
    await _status(filled)
    before = await dump(filled)
    outcome = await EXISTING[operation](filled, expected_version=2)
    assert told(outcome) == [("VERSION_CONFLICT", "expectedVersion")]
    (fault,) = outcome.faults
    assert isinstance(fault, VersionConflict)
    assert fault.current_version == 4
    assert fault.changed_paths == ["name", "products[line-1].status"]
    assert "2" in fault.message
    assert "4" in fault.message
    assert outcome.project is None
    assert await dump(filled) == before
    options: dict[str, Any] = {}
    if operation == "updateProjectProductStatus":
        options["product_status_updates"] = [StatusUpdate("Y", "SKU-001")]
    assert (await EXISTING[operation](filled, expected_version=4, **options)).changed


@pytest.mark.parametrize(
    ("expected", "paths"),
    [(1, ["name"]), (0, ["name"]), (-5, ["name"]), (3, []), (2**31 - 1, [])],
)
async def test_any_other_expected_version_is_a_conflict(
    filled: Database, expected: int, paths: list[str]
) -> None:
    """Versions that are not there yet, and such that never are, too."""
    await _patch(filled)
    (fault,) = (await _patch(filled, given={"name": "X"}, expected_version=expected)).faults
    assert isinstance(fault, VersionConflict)
    assert (fault.current_version, fault.changed_paths) == (2, paths)


@pytest.mark.parametrize("operation", ALL)
async def test_a_dry_run_leaves_nothing_and_tells_what_the_real_run_then_does(
    filled: Database, operation: str
) -> None:
    """But for ids that are made and times."""
    before = await dump(filled)
    dry = await ALL[operation](filled, dry_run=True, idempotency_key="key")
    assert await dump(filled) == before
    real = await ALL[operation](filled, idempotency_key="key")
    assert real.changed
    assert _without_made(dry) == _without_made(real)


def _without_made(outcome: Outcome) -> Any:
    assert outcome.project is not None
    state = outcome.project.project.state()
    known = {"project-1", "line-1", "line-2", "claim-1", "claim-2"}
    made = {state["id"], *ids(outcome.project.project.products)} - known
    text = repr(
        [
            {name: value for name, value in state.items() if name not in ("modified", "versionId")},
            outcome.changed,
            [tuple(change) for change in outcome.changes],
            outcome.details,
            outcome.project.version,
        ]
    )
    for name in made:
        text = text.replace(name, "<made>")
    return text


async def test_a_dry_run_is_refused_as_the_real_run_would_be(filled: Database) -> None:
    """With the same faults."""
    dry = await _replace(filled, products=[{"id": "x"}], dry_run=True)
    real = await _replace(filled, products=[{"id": "x"}])
    assert told(dry) == told(real) == [("PRODUCT_NOT_FOUND", "products.0.id")]
    conflict = await _replace(filled, expected_version=9, dry_run=True)
    assert told(conflict) == [("VERSION_CONFLICT", "expectedVersion")]


@pytest.mark.parametrize("operation", ALL)
async def test_the_history_that_a_dry_run_shows_is_the_real_runs(
    filled: Database, operation: str
) -> None:
    """The log row and the version that would be, on top of what is there."""
    seen: list[list[list[Any]]] = []
    for dry_run in (True, False):
        context = writing(filled)
        command: Any = {
            "updateProjectProductStatus": UpdateProductStatus(
                project_id="project-1",
                product_status_updates=[StatusUpdate("X", "SKU-001")],
                dry_run=dry_run,
            ),
            "replaceProjectProducts": ReplaceProducts(
                project_id="project-1", products=[{"name": "New"}], dry_run=dry_run
            ),
            "patchProject": PatchProject(
                project_id="project-1", given={"name": "Other"}, dry_run=dry_run
            ),
            "createProject": CreateProject(project_type_id="claim", dry_run=dry_run),
        }[operation]
        run: Any = create if operation == "createProject" else change
        outcome = await run(context, command)
        key = outcome.project.row.key
        log = await context.loaders.log.load((key, 5, None))
        versions = await context.loaders.versions.load((key, 5, None))
        seen.append(
            [
                [(row.position, row.user, row.text) for row in log],
                [(row.version, row.actor, row.operation, len(row.changes)) for row in versions],
            ]
        )
    assert seen[0] == seen[1]
    assert len(seen[0][0]) == (1 if operation == "createProject" else 2)


@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
@pytest.mark.parametrize(
    ("write", "options", "path"),
    [
        (_status, {"project_id": "?"}, "projectId"),
        (_patch, {"project_id": "?"}, "id"),
        (_patch, {"given": {"tags": ["ok", "?"]}}, "tags.1"),
        (
            _patch,
            {"given": {"customer": {"addresses": [{"line1": "?"}]}}},
            "customer.addresses.0.line1",
        ),
        (_replace, {"products": [{"properties": [{"key": "?"}]}]}, "products.0.properties.0.key"),
        (
            _status,
            {"product_status_updates": [StatusUpdate("X", "?")]},
            "productStatusUpdates.0.skuId",
        ),
        (_create, {"project_type_id": "?"}, "projectTypeId"),
        (_create, {"given": {"name": "?"}}, "name"),
        (_patch, {"idempotency_key": "?"}, "idempotencyKey"),
    ],
)
async def test_a_text_that_no_database_can_store_is_refused_wherever_it_stands(
    filled: Database, bad: str, write: Writing, options: dict[str, Any], path: str
) -> None:
    """With the path of the text."""

    def put(value: Any) -> Any:
        if isinstance(value, StatusUpdate):
            return StatusUpdate(value.status, bad)
        if isinstance(value, dict):
            return {name: put(item) for name, item in value.items()}
        if isinstance(value, list):
            return [put(item) for item in value]
        return bad if value == "?" else value

    before = await dump(filled)
    assert told(await write(filled, **put(options))) == [("INVALID_VALUE", path)]
    assert await dump(filled) == before


async def _cost(database: Database, project_id: str, count: int) -> list[int]:
    """The statements of three writes to a project with lists of a size."""
    lines = [make_line(id=f"l{place}", sku_id=f"S{place}") for place in range(count)]
    money = {"revenue": Decimal(5)}
    await imported(
        database, make_project(id=project_id, products=lines, transactions=[money] * count)
    )
    updates = [StatusUpdate("Shipped", f"S{place}") for place in range(count)]
    given = {
        "transactions": [money] * count,
        "project_parts": [{"transactions": [money], "tasks": [{"text": "x"}]}] * count,
        "tags": [f"t{place}" for place in range(count)],
    }
    products = [{"sku_id": f"T{place}"} for place in range(count)]
    costs = []
    for write, options in (
        (_status, {"product_status_updates": updates, "idempotency_key": project_id}),
        (_replace, {"products": products}),
        (_patch, {"given": given}),
    ):
        with recorded(database) as statements:
            assert (await write(database, project_id=project_id, **options)).changed
        costs.append(len(statements))
    return costs


async def test_the_statements_of_a_write_do_not_grow_with_its_lists(database: Database) -> None:
    """Status updates with a key, a replaced list, and a patch of everything with money in it."""
    assert await _cost(database, "small", 3) == await _cost(database, "large", 500)


async def test_a_refused_write_after_a_write_leaves_the_version(filled: Database) -> None:
    """Versions count writes that changed something, nothing else."""
    await _patch(filled)
    await _patch(filled)
    await _replace(filled, products=None)
    await _status(filled, product_status_updates=[])
    outcome = await _patch(filled, given={"name": "Third"})
    assert changed_paths(outcome) == ["name"]
    assert (await stored(filled)).row.version == 3


async def test_a_dry_run_shows_no_row_of_a_writer_that_came_later(filled: Database) -> None:
    """Not even one that took the version the dry run would have made."""
    context = writing(filled)
    command = PatchProject(project_id="project-1", given={"name": "Rehearsed"}, dry_run=True)
    outcome = await change(context, command)
    later = PatchProject(project_id="project-1", given={"name": "Real"})
    assert (await change(writing(filled, admin("bo")), later)).changed
    assert outcome.project is not None
    for loader in (context.loaders.versions, context.loaders.log):
        rows = await loader.load((outcome.project, 5, None))
        assert "bo" not in {
            getattr(row, "actor", None) or getattr(row, "user", None) for row in rows
        }
        assert len(rows) == outcome.project.version


async def test_a_moment_of_year_1_is_no_moment_at_any_version(filled: Database) -> None:
    """It is what .NET sends for none, so it is null at once and not only when it is read again."""
    context = writing(filled)
    given = {"deadline": datetime(1, 1, 1, tzinfo=UTC), "name": "Named"}
    outcome = await change(context, PatchProject(project_id="project-1", given=given))
    assert outcome.project is not None
    row: Any = outcome.project.row
    assert row.deadline is None

"""Random selections of the real payloads: mutations by plans against graphql-core, in the answer and in all tables."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from projectgate.data.base import METADATA
from projectgate.data.database import Database
from projectgate.data.versions import VERSIONS
from projectgate.resolvers.access import Caller
from projectgate.schema.build import schema
from tests.conftest import migrated
from tests.make.examples import examples, trying
from tests.make.operations import Made, Maker
from tests.make.rich import make_rich
from tests.make.writes import admin, ids_of, imported, imported_types
from tests.schema.compared import Twin, compare_writes
from tests.schema.test_every_mutation import INPUTS, READER, TYPE, placed
from tests.schema.test_random_queries import USUAL

# graphql-core leaves coroutines behind where an error ends an operation.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("random_mutations"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

# `make fuzz` tries many more, but fewer than of queries: each is done to two databases as good as new.
EXAMPLES = examples(200) // 5


def inputs(mutation: str) -> list[dict[str, Any]]:
    """Inputs that succeed, and one each for most of the ways to be refused."""
    good = INPUTS[mutation]
    found = [good, good, good, good | {"dryRun": True}, good | {"idempotencyKey": "k"}]
    found += [placed(mutation, name)[0] for name in ("project-2", "project-9")]
    return found if mutation == "createProject" else [*found, *dated(mutation)]


def dated(mutation: str) -> list[dict[str, Any]]:
    """The same input for the version that is current, and for one that never was."""
    good = INPUTS[mutation]
    if "items" not in good:
        return [good | {"expectedVersion": version} for version in (1, 7)]
    (item,) = good["items"]
    return [{"items": [item | {"expectedVersion": version}]} for version in (1, 7)]


PROJECTS = [make_rich(), make_rich("project-2", status="OnHold")]
VALUES = USUAL | {f"{name}.input": inputs(name) for name in INPUTS}
MAKER = Maker(schema._schema, VALUES)
# What a payload tells of the write itself; pages of no elements are refused.
SHORT = {"version", "products", "workflowStep", "availableActions", "log", "versions"}
SHORT_MAKER = Maker(
    schema._schema,
    VALUES | {"first": [0, 1, 2]},
    avoid=lambda kind, field: kind == "Project" and field not in SHORT,
)
CALLERS = [admin(), admin(), admin(), admin("far", "store-far"), READER]
SEEN: Counter[str] = Counter()
TOLD: Counter[str] = Counter()


@pytest.fixture
def both_ways_of_a_plan_and_of_a_write_are_tried() -> Iterator[None]:
    """Fails when the operations of a test did not try them often enough."""
    ways, writes = SEEN.copy(), TOLD.copy()
    yield
    seen, told = SEEN - ways, TOLD - writes
    assert seen["plan"] > EXAMPLES / 3
    assert seen["bail-out"] > EXAMPLES / 20
    assert not seen["fallback"]
    assert told["written"] > EXAMPLES / 3
    assert told["refused"] > EXAMPLES / 20


# Gives two databases that hold the same, each time as if nothing had been written to them.
Twins = Callable[[], AbstractAsyncContextManager[tuple[Twin, Twin]]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def twins(
    template: Callable[[str, str], Any],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Twins]:
    """Databases of each kind with a project for every mutation to be done to, and one that is on hold."""
    folder = tmp_path_factory.mktemp("prepared")
    if request.param == "sqlite":
        async with migrated("sqlite", template, folder, request) as database:
            await prepare(database)
        yield partial(copied, folder / "test.sqlite")
        return
    async with (
        migrated("postgresql", template, folder, request) as planned,
        migrated("postgresql", template, folder, request) as judged,
    ):
        for database in (planned, judged):
            await prepare(database)
            await keep(database)
        yield partial(restored, planned, judged)


async def prepare(database: Database) -> None:
    """Puts in what every operation finds."""
    with ids_of(Random(0)):
        await imported_types(database, TYPE)
        await imported(database, *PROJECTS)


@asynccontextmanager
async def copied(prepared: Path) -> AsyncIterator[tuple[Twin, Twin]]:
    """Two copies of a file."""
    paths = [shutil.copy(prepared, prepared.with_name(name)) for name in ("planned", "judged")]
    planned, judged = (Database(f"sqlite+aiosqlite:///{path}") for path in paths)
    yield Twin(planned), Twin(judged)
    await planned.close()
    await judged.close()


@asynccontextmanager
async def restored(planned: Database, judged: Database) -> AsyncIterator[tuple[Twin, Twin]]:
    """Two databases whose rows are those that were kept: to copy a database takes PostgreSQL several times as long."""
    for database in (planned, judged):
        await done(
            database,
            f"truncate {', '.join(METADATA.tables)}",
            *(
                f"insert into {table} select * from kept.{table}"
                for table in METADATA.sorted_tables
            ),
        )
    yield Twin(planned), Twin(judged)


async def keep(database: Database) -> None:
    """Keeps the rows of a database for later."""
    await done(
        database,
        "create schema kept",
        *(f"create table kept.{name} as table {name}" for name in METADATA.tables),
    )


async def done(database: Database, *statements: str) -> None:
    """Does several statements on PostgreSQL at once."""
    async with database.transaction() as transaction:
        await transaction.run(text(f"do $$ begin {'; '.join(statements)}; end $$"))


@pytest.mark.usefixtures("both_ways_of_a_plan_and_of_a_write_are_tried")
@trying(EXAMPLES)
@given(
    st.one_of(MAKER.operations("mutation", depth=5), SHORT_MAKER.operations("mutation", depth=4)),
    st.sampled_from(CALLERS),
)
async def test_mutations_are_answered_as_by_graphql_core_and_leave_what_they_leave(
    twins: Twins, made: Made, caller: Caller
) -> None:
    """Each operation is done to two databases that hold what they held before the first of them."""
    async with twins() as (planned, judged):
        answer, how = await compare_writes(planned, judged, made, caller)
        ((count,),) = await judged.database.run(select(func.count()).select_from(VERSIONS))
    TOLD["written"] += count > len(PROJECTS)
    SEEN[how] += 1
    TOLD["refused"] += '"code":"' in answer.data

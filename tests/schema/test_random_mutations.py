"""Random selections of the real payloads: mutations by plans against graphql-core, in the answer and in all tables."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from projectgate.data.database import Database
from projectgate.data.versions import VERSIONS
from projectgate.resolvers.access import Caller
from projectgate.schema.build import schema
from tests.conftest import migrated
from tests.make.operations import Made, Maker
from tests.make.rich import make_rich
from tests.make.writes import admin, imported, imported_types
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

# `make fuzz` tries many more, but fewer than of queries: each is done to two new databases.
EXAMPLES = int(os.environ.get("PROJECTGATE_TEST_EXAMPLES", "200")) // 5


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


@pytest.fixture(scope="module", autouse=True)
def both_ways_of_a_plan_and_of_a_write_are_tried() -> Iterator[None]:
    """Fails when the operations did not try them often enough."""
    yield
    assert SEEN["plan"] > EXAMPLES / 3
    assert SEEN["bail-out"] > EXAMPLES / 20
    assert not SEEN["fallback"]
    assert TOLD["written"] > EXAMPLES / 3
    assert TOLD["refused"] > EXAMPLES / 20


@pytest.fixture(scope="module")
async def prepared(
    template: Callable[[str, str], Any],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Path:
    """The file of a database with a project for every mutation to be done to, and one that is on hold."""
    folder = tmp_path_factory.mktemp("prepared")
    async with migrated("sqlite", template, folder, request) as database:
        await imported_types(database, TYPE)
        await imported(database, *PROJECTS)
    return folder / "test.sqlite"


@asynccontextmanager
async def copied(prepared: Path, name: str) -> AsyncIterator[Twin]:
    """A copy of the database."""
    path = shutil.copy(prepared, prepared.with_name(name))
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield Twin(database)
    await database.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PROJECTGATE_TEST_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(
    st.one_of(MAKER.operations("mutation", depth=5), SHORT_MAKER.operations("mutation", depth=4)),
    st.sampled_from(CALLERS),
)
async def test_mutations_are_answered_as_by_graphql_core_and_leave_what_they_leave(
    prepared: Path, made: Made, caller: Caller
) -> None:
    """Each operation is done to two new copies of the same database."""
    async with copied(prepared, "planned") as planned, copied(prepared, "judged") as judged:
        answer, how = await compare_writes(planned, judged, made, caller)
        ((count,),) = await judged.database.run(select(func.count()).select_from(VERSIONS))
    TOLD["written"] += count > len(PROJECTS)
    SEEN[how] += 1
    TOLD["refused"] += '"code":"' in answer.data

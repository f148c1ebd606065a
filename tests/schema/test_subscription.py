"""`projectChanged` as clients see it: what an event has, and the project as the write left it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from projectgate.data.database import Database
from projectgate.execution.documents import Documents
from projectgate.resolvers import opaque
from projectgate.resolvers.access import Caller
from projectgate.resolvers.changes import change
from projectgate.resolvers.context import Context
from projectgate.resolvers.live import Live
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from projectgate.resolvers.updates import PatchProject
from projectgate.schema.build import engine, schema
from tests.conftest import recorded
from tests.execution.compared import written as written_as_json
from tests.make.callers import READER
from tests.make.writes import Clock, admin, imported, make_claim, writing
from tests.schema.documents import documents

pytestmark = pytest.mark.anyio

EVERYTHING = """
subscription ($after: String) {
  projectChanged(after: $after) {
    cursor projectId version operation actor at changes { path before after }
    project {
      id name version store: storeId products { skuId status } partners { id } valueBreakdown { total }
      availableActions { name allowed } log(first: 5) { nodes { text } } versions(first: 5) { nodes { version } }
    }
  }
}
"""


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[Live]:
    hub = Live(database)
    yield hub
    await hub.close()


async def written(database: Database) -> None:
    """A project that is imported, cancelled in part, renamed and moved to another store."""
    await imported(database, make_claim(store_id="oslo"))
    clock, update = Clock(), StatusUpdate("Cancelled", "SKU-001")
    commands: list[Any] = [
        UpdateProductStatus(project_id="project-1", product_status_updates=[update]),
        PatchProject(project_id="project-1", given={"name": "Renamed"}),
        PatchProject(project_id="project-1", given={"store_id": "bergen"}),
    ]
    for command in commands:
        assert (await change(writing(database, clock=clock), command)).faults == []


async def told(hub: Live, caller: Caller, text: str, count: int, **variables: Any) -> list[Any]:
    """The answers to the first events, as JSON says them."""
    context = Context(hub.database, caller, live=hub)
    document = Documents(schema).document(text)
    events: Any = await document.subscribe(None, variables, context)
    answers: list[Any] = []
    async with asyncio.timeout(60):
        while len(answers) < count:
            event = await anext(events)
            result = await document.event(None, variables, context.again(), event)
            assert result.errors is None
            answers.append(orjson.loads(orjson.dumps(result.data, option=orjson.OPT_UTC_Z)))
    await events.aclose()
    return [answer["projectChanged"] for answer in answers]


async def test_an_event_has_the_project_as_its_write_left_it(database: Database, hub: Live) -> None:
    await written(database)
    beginning = opaque.written("feed", 0)
    events = await told(hub, READER, EVERYTHING, 4, after=beginning)
    assert [one["version"] for one in events] == [1, 2, 3, 4]
    assert [one["project"]["version"] for one in events] == [1, 2, 3, 4]
    operations = ["import", "updateProjectProductStatus", "patchProject", "patchProject"]
    assert [one["operation"] for one in events] == operations
    names = [one["project"]["name"] for one in events]
    assert names[1] != "Renamed"
    assert names[2:] == ["Renamed", "Renamed"]
    assert [one["project"]["store"] for one in events] == ["oslo", "oslo", "oslo", "bergen"]
    statuses = [one["project"]["products"][0]["status"] for one in events]
    assert statuses == ["Active", *["Cancelled"] * 3]
    (status,) = (item for item in events[1]["changes"] if item["path"].endswith(".status"))
    assert (status["before"], status["after"]) == ("Active", "Cancelled")
    # Nothing of later writes, in histories neither.
    assert [len(one["project"]["versions"]["nodes"]) for one in events] == [1, 2, 3, 4]


async def test_events_are_answered_by_a_plan_as_by_graphql_core(
    database: Database, hub: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(database)
    beginning = opaque.written("feed", 0)
    before = engine.counters.runs
    for caller in (READER, admin("berit", "bergen")):
        compiled = await told(hub, caller, EVERYTHING, 4, after=beginning)
        with monkeypatch.context() as patched:
            patched.setattr(engine, "enabled", False)
            assert compiled == await told(hub, caller, EVERYTHING, 4, after=beginning)
    assert engine.counters.runs == before + 8


@pytest.mark.parametrize("name", documents("subscription"))
async def test_each_event_of_a_documented_subscription_is_answered_by_a_plan_as_by_graphql_core(
    database: Database, hub: Live, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Subscribing itself executes nothing, so a subscription is neither a fallback nor given up."""
    made, context = documents("subscription")[name], Context(database, READER, live=hub)
    document, before = Documents(schema).document(made.text), replace(engine.counters)
    events: Any = await document.subscribe(None, made.variables, context)
    assert engine.counters == before
    await written(database)
    async with asyncio.timeout(60):
        for number in range(1, 5):
            event = await anext(events)
            compiled = await document.event(None, made.variables, context.again(), event)
            with monkeypatch.context() as patched:
                patched.setattr(engine, "enabled", False)
                judged = await document.event(None, made.variables, context.again(), event)
            assert compiled.errors is judged.errors is None
            data = orjson.dumps(compiled.data, option=orjson.OPT_UTC_Z)
            assert data.decode() == written_as_json(judged.data)
            assert orjson.loads(data)["projectChanged"]["version"] == number
    await events.aclose()
    # What the judge executed has no plan.
    after = engine.counters
    assert after.runs - before.runs == after.fallbacks - before.fallbacks == 4
    assert after.bail_outs == before.bail_outs


async def test_a_project_that_is_not_selected_is_not_read(database: Database, hub: Live) -> None:
    await written(database)
    text = "subscription ($after: String) { projectChanged(after: $after) { version changes { path } } }"
    with recorded(database) as sent:
        await told(hub, READER, text, 4, after=opaque.written("feed", 0))
    assert not any("project_product" in statement for statement in sent)
    assert len(sent) < 12


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('subscription { projectChanged(after: "abc") { version } }', "INVALID_CURSOR"),
        ("subscription { projectChanged(projectIds: []) { version } }", "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_followed_is_an_error_with_a_code(
    hub: Live, text: str, code: str
) -> None:
    context = Context(hub.database, READER, live=hub)
    result: Any = await Documents(schema).document(text).subscribe(None, {}, context)
    (error,) = result.errors
    assert error.original_error.code == code
    assert error.path == ["projectChanged"]

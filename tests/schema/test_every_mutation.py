"""What holds for every mutation, whatever it does: one table of inputs, and each sentence for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.resolvers.access import READ, Caller
from projectgate.schema.build import schema
from tests.conftest import recorded
from tests.make.mutations import inputs_of_all, text_of
from tests.make.rich import listed_inputs, make_rich
from tests.make.writes import admin, dump, imported, imported_types, make_type, writing
from tests.schema.conftest import Answer, answered
from tests.schema.whole import selection

pytestmark = pytest.mark.anyio

TYPE = make_type(finish_on_last_step=True)
INPUTS = inputs_of_all(make_rich(), TYPE)
LISTED = sorted(listed_inputs(make_rich(), 1))
MUTATIONS = cast("GraphQLObjectType", schema._schema.mutation_type)
ERRORS = """userErrors {
    __typename code message path ... on VersionConflict { currentVersion changedPaths }
}"""
READER = Caller("reader", frozenset({READ}))
# What a write may cost at most; most cost about 30, one that gives every list of a project 43.
STATEMENTS = 45


def test_the_table_has_every_mutation() -> None:
    assert set(INPUTS) == set(MUTATIONS.fields)


def make_for(mutation: str, **options: Any) -> Project:
    """A project on which a mutation succeeds."""
    return make_rich(status="OnHold" if mutation == "activateProject" else "Active", **options)


async def send(
    database: Database,
    mutation: str,
    given: dict[str, Any],
    selected: str = "__typename",
    caller: Caller | None = None,
) -> Answer:
    """The answer to a mutation."""
    text = text_of(mutation, selected)
    return await answered(writing(database, caller), text, {"input": given})


@pytest.fixture(params=INPUTS)
def mutation(request: pytest.FixtureRequest) -> str:
    """Each mutation in turn."""
    return str(request.param)


@pytest.fixture
async def filled(database: Database, mutation: str) -> Database:
    """A database with the type claim and a project on which the mutation succeeds."""
    await imported_types(database, TYPE)
    await imported(database, make_for(mutation))
    return database


def payload_selection(mutation: str) -> str:
    """All that the payload of a mutation has."""
    return selection(get_named_type(MUTATIONS.fields[mutation].type).name)[1:-1]


_MADE = re.compile(r"[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z")


def masked(value: Any, key: str = "") -> Any:
    """A payload without the ids made here, times, and cursors, which have ids in them."""
    if isinstance(value, dict):
        return {name: masked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item, key) for item in value]
    if key.lower().endswith("cursor"):
        return value is not None
    return _MADE.sub("*", value) if isinstance(value, str) else value


async def test_a_dry_run_answers_the_real_run_and_leaves_the_database_as_it_was(
    filled: Database, mutation: str
) -> None:
    """The whole payload, down to the last leaf; and every row of every table."""
    given, selected = INPUTS[mutation], payload_selection(mutation)
    before = await dump(filled)

    rehearsed = await send(
        filled, mutation, given | {"dryRun": True, "idempotencyKey": "k"}, selected
    )
    assert rehearsed.errors == []
    assert await dump(filled) == before
    real = await send(filled, mutation, given | {"idempotencyKey": "k"}, selected)

    assert real.errors == []
    assert real.data[mutation]["changed"]
    assert masked(rehearsed.data) == masked(real.data)
    assert await dump(filled) != before


async def test_a_write_adds_one_version_and_one_log_row_and_the_same_key_adds_nothing(
    filled: Database, mutation: str
) -> None:
    """The second answer is the first one, also after another write."""
    given = INPUTS[mutation] | {"idempotencyKey": "k"}
    selected = payload_selection(mutation)
    before = await dump(filled)

    first = await send(filled, mutation, given, selected)
    after = await dump(filled)
    other = {"projectId": "project-1", "text": "in between"}
    await send(filled, "addProjectLogItem", other)
    between = await dump(filled)
    again = await send(filled, mutation, given, selected)

    for table in ("project_version", "project_log"):
        assert len(after[table]) == len(before[table]) + 1
    assert len(after["idempotency_key"]) == len(before["idempotency_key"]) + 1
    assert again == first
    assert await dump(filled) == between


async def test_a_reader_may_not_write(filled: Database, mutation: str) -> None:
    before = await dump(filled)

    answer = await send(filled, mutation, INPUTS[mutation], caller=READER)

    assert (answer.code, answer.data) == ("FORBIDDEN", None)
    assert await dump(filled) == before


@pytest.mark.parametrize("caller", [admin(), admin("far", "store-far")], ids=["unknown", "unseen"])
async def test_a_project_that_is_not_there_or_not_seen_is_not_found(
    filled: Database, mutation: str, caller: Caller
) -> None:
    """Both are told in the same words; the path says where it was named."""
    name = "project-1" if caller.stores else "project-9"
    given, path = placed(mutation, name)
    before = await dump(filled)

    answer = await send(filled, mutation, given, ERRORS, caller)

    (fault,) = answer.data[mutation]["userErrors"]
    what = "project type" if mutation == "createProject" else "project"
    assert fault["code"] == "NOT_FOUND"
    assert fault["path"] == path
    if mutation != "createProject":
        assert fault["message"] == f"there is no {what} '{name}'"
    assert await dump(filled) == before


def placed(mutation: str, name: str) -> tuple[dict[str, Any], list[str]]:
    """The input of a mutation with another project, and the path of that."""
    given = INPUTS[mutation]
    if mutation == "createProject":
        return given | {"projectTypeId": "nothing", "storeId": None}, ["projectTypeId"]
    if mutation == "updateManyProjectProductStatus":
        (item,) = given["items"]
        return {"items": [item | {"projectId": name}]}, ["items", "0", "projectId"]
    key = "id" if "id" in given else "projectId"
    return given | {key: name}, [key]


async def test_a_version_that_is_not_current_is_a_conflict_that_says_what_changed(
    filled: Database, mutation: str
) -> None:
    if mutation == "createProject":
        assert "expectedVersion" not in MUTATIONS.fields[mutation].args["input"].type.of_type.fields
        return
    rename = {"id": "project-1", "name": "Renamed", "tags": ["a"]}
    await send(filled, "patchProject", rename)
    before = await dump(filled)
    given, place = INPUTS[mutation] | {"expectedVersion": 1}, list[str]()
    if mutation == "updateManyProjectProductStatus":
        (item,) = INPUTS[mutation]["items"]
        given, place = {"items": [item | {"expectedVersion": 1}]}, ["items", "0"]

    (fault,) = (await send(filled, mutation, given, ERRORS)).data[mutation]["userErrors"]

    assert fault["__typename"] == "VersionConflict"
    assert fault["path"] == [*place, "expectedVersion"]
    assert (fault["currentVersion"], fault["changedPaths"]) == (2, ["name", "tags"])
    assert await dump(filled) == before


@pytest.mark.parametrize("listed", LISTED)
async def test_a_write_costs_the_same_statements_whatever_the_length_of_its_list(
    database: Database, listed: str
) -> None:
    """With lists of 1 and of 99 elements, of a project with 100 of everything."""
    await imported_types(database, TYPE)
    counts = []
    for place, count in enumerate((1, 99)):
        project = make_rich(f"project-{place}", each=100)
        await imported(database, project)
        given = listed_inputs(project, count)[listed]
        with recorded(database) as statements:
            answer = await send(database, listed, given, f"changed {ERRORS}")
        assert answer.data[listed] == {"changed": True, "userErrors": []}
        counts.append(len(statements))
    assert counts[0] == counts[1] <= STATEMENTS


def texts(kind: GraphQLInputObjectType, depth: int = 4) -> Iterator[tuple[list[str], Any]]:
    """Each place in an input where a text can stand, with a value that has a bad text there."""
    for name, field in kind.fields.items():
        below: Any = get_named_type(field.type)
        is_list = is_list_type(get_nullable_type(field.type))
        inner: list[tuple[list[str], Any]] = []
        if below.name in ("String", "ID"):
            inner = [([], "a\0b")]
        elif isinstance(below, GraphQLInputObjectType) and depth:
            inner = [(path, whole(below) | value) for path, value in texts(below, depth - 1)]
        for path, value in inner:
            yield (
                [name, *(["0"] if is_list else []), *path],
                {name: [value] if is_list else value},
            )


def whole(kind: GraphQLInputObjectType) -> dict[str, Any]:
    """What an input must have."""
    values: dict[str, Any] = {"String": "x", "ID": "x", "Boolean": True, "Int": 1, "DateTime": None}
    return {
        name: []
        if is_list_type(get_nullable_type(field.type))
        else values.get(str(get_named_type(field.type)))
        for name, field in kind.fields.items()
        if (str(field.type).endswith("!") and str(get_named_type(field.type)) in values)
        or (str(field.type).endswith("!") and is_list_type(get_nullable_type(field.type)))
    }


async def test_a_text_that_no_database_can_store_is_refused_at_its_place(
    filled: Database, mutation: str
) -> None:
    """U+0000, wherever in the input a text can stand."""
    kind = MUTATIONS.fields[mutation].args["input"].type.of_type
    before = await dump(filled)
    places = 0

    for path, value in texts(kind, 2):
        answer = await send(filled, mutation, INPUTS[mutation] | value, ERRORS)
        assert answer.errors == [], (path, answer.errors)
        found = [(fault["code"], fault["path"]) for fault in answer.data[mutation]["userErrors"]]
        assert ("INVALID_VALUE", path) in found, (path, found)
        places += 1

    assert places
    assert await dump(filled) == before

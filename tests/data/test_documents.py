"""Documents are read strictly, and what they say comes back from the database whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import true

from projectgate.data import graphs, seed
from projectgate.data.database import Database
from projectgate.data.documents import Document
from projectgate.data.folded import Folded
from projectgate.data.graphs import Stored
from projectgate.data.partners import RejectingPartner
from projectgate.data.projects import Project, by_id
from projectgate.data.properties import Property
from projectgate.data.tags import Tag
from tests.make.documents import make_document, make_full_document, project_documents

pytestmark = pytest.mark.anyio


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def _read(database: Database, project: Project) -> Stored:
    async with database.transaction() as transaction:
        await graphs.insert_many(transaction, [(project, 1)])
    rows = await by_id(database, [project.id], true())
    return (await graphs.read(database, rows.values()))[project.id]


async def _stored(database: Database, project: Project) -> Project:
    return (await _read(database, project)).project


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize("member", ["created", "modified", "deadline"])
def test_a_time_without_offset_is_utc(member: str) -> None:
    project = Project.of(make_document(**{member: "2026-01-31T12:00:00.1234567"}))
    assert getattr(project, member) == datetime(2026, 1, 31, 12, 0, 0, 123456, UTC)


def test_a_time_with_another_offset_is_the_same_moment_in_utc() -> None:
    project = Project.of(make_document(created="2026-01-31T12:00:00+02:00"))
    assert project.created == datetime(2026, 1, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize("member", ["deadline", "canceled", "projectDate"])
def test_the_zero_date_is_no_time(member: str) -> None:
    project = Project.of(make_document(**{member: "0001-01-01T00:00:00"}))
    assert project.json_object()[member] is None


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00", None, 5, "yesterday", "2026-13-01T00:00:00Z"]
)
def test_a_project_must_have_been_created_at_some_time(value: object) -> None:
    with pytest.raises(ValidationError, match="created"):
        Project.of(make_document(created=value))


@pytest.mark.parametrize(
    "value", [Decimal("1234567890123.456789"), 10**18 - 1, Decimal("0.0000000001"), -5, "12.50"]
)
async def test_an_amount_is_kept_to_the_last_digit(database: Database, value: Any) -> None:
    project = Project.of(make_document(projectValue=value))
    assert (await _stored(database, project)).project_value == Decimal(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (10**18, "19 digits before and 0 after"),
        (Decimal("0.00000000001"), "11 after the point; the limits are 18 and 10"),
        (Decimal("NaN"), "finite"),
        ("many", "valid decimal"),
        (None, "decimal"),
    ],
)
def test_an_amount_beyond_the_limits_is_refused_with_the_limits(value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Project.of(make_document(projectAdditionalValue=value))


async def test_the_example_documents_come_back_whole(database: Database) -> None:
    projects = {document["id"]: Project.of(document) for document in project_documents()}
    async with database.transaction() as transaction:
        await graphs.insert_many(transaction, [(project, 1) for project in projects.values()])
    rows = await by_id(database, list(projects), true())
    found = await graphs.read(database, rows.values())
    for name, project in projects.items():
        stored = found[name].project.json_object()
        assert stored == project.json_object()
        assert list(stored) == list(project.json_object())


async def test_everything_comes_back_at_every_depth(database: Database) -> None:
    project = Project.of(make_full_document())
    assert (await _stored(database, project)).json_object() == project.json_object()


NESTED: dict[str, Any] = {
    "customer": {"customerId": None},
    "partner": {"customerId": "p"},
    "storeContact": {"id": "s"},
    "products": [{"id": "line"}],
    "partners": [{"id": "p"}],
    "stores": [{"storeId": "s"}],
    "transactions": [{"id": "t"}],
    "projectParts": [{"id": "part", "tasks": [{"id": "task"}], "transactions": [{"id": "t"}]}],
    "changeOrders": [{"id": "change", "tasks": [{"id": "task"}]}],
    "workflowSteps": [{"id": "step"}],
    "logItems": [{"id": "log"}],
    "comments": [{"id": "comment"}],
    "addresses": [{"city": "Oslo"}],
    "errors": [{"key": "k"}],
    "attachments": [{"assetId": "a"}],
    "formData": [{"key": "k"}],
}


def _with_unknown(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_unknown(item) for item in value]
    known = {
        name: _with_unknown(item) if isinstance(item, list | dict) else item
        for name, item in value.items()
    }
    return known | {"xText": "ø", "xNested": {"deep": [1, {"a": Decimal("1.5")}]}, "xNull": None}


async def test_unknown_members_come_back_at_every_depth(database: Database) -> None:
    project = Project.of(
        make_document(**_with_unknown(NESTED)) | {"createdBy": "kari", "xNested": [None]}
    )
    found = (await _stored(database, project)).json_object()
    assert found == project.json_object()
    assert found["projectParts"][0]["tasks"][0]["xNested"] == {"deep": [1, {"a": Decimal("1.5")}]}
    assert found["createdBy"] == "kari"


@pytest.mark.parametrize("nothing", [None, [], "absent"])
async def test_an_absent_a_null_and_an_empty_list_stay_what_they_were(
    database: Database, nothing: Any
) -> None:
    lists = [
        field.alias
        for field in Project.model_fields.values()
        if field.alias and "list[" in str(field.annotation)
    ]
    assert len(lists) == 19
    stated = {} if nothing == "absent" else dict.fromkeys(lists, nothing)
    found = (await _stored(database, Project.of(make_document(**stated)))).json_object()
    assert {name: found.get(name, "absent") for name in lists} == dict.fromkeys(lists, nothing)


async def test_a_calculated_member_is_stated_null_or_absent_as_in_the_document(
    database: Database,
) -> None:
    project = Project.of(
        make_document(
            transactionSummary=None,
            projectTransactionTotal={"value": 1},
            transactions=[{"id": "t", "value": 3, "budgetValue": None}],
        )
    )
    found = await _stored(database, project)
    assert found.transaction_summary is None
    assert "transaction_summary" in found.model_fields_set
    assert found.project_transaction_total is True
    assert "has_multiple_partners" not in found.model_fields_set
    (transaction,) = found.transactions or []
    assert (transaction.value, transaction.budget_value) == (True, None)
    assert {"value", "budget_value"} <= transaction.model_fields_set
    assert "budget_deviation" not in transaction.model_fields_set


def _within(value: Any) -> Iterator[Document]:
    """Each document in a value."""
    if isinstance(value, Document):
        yield value
        value = list(value.__dict__.values())
    for part in value if isinstance(value, list) else ():
        yield from _within(part)


async def test_a_document_of_a_row_is_the_one_that_its_values_are_validated_to(
    database: Database,
) -> None:
    """To the class of each value, though most are made without validation."""
    bare = make_document("bare", **NESTED)
    documents = [*seed.documents(20), make_full_document("full"), bare]
    projects = [Project.of(document) for document in documents]
    async with database.transaction() as transaction:
        await graphs.insert_many(transaction, [(project, 1) for project in projects])
    rows = await by_id(database, [project.id for project in projects], true())
    seen = set[type]()
    for stored in (await graphs.read(database, rows.values())).values():
        for name in Project.model_fields:
            # Unfolds it.
            getattr(stored.project, name)
        for document in _within(stored.project):
            again = type(document).model_validate(dict(document.__dict__))
            assert repr(list(document.__dict__.items())) == repr(list(again.__dict__.items()))
            if not isinstance(document, Folded):
                assert document.__pydantic_private__ is again.__pydantic_private__ is None
            seen.add(type(document))
    assert {collection.model for collection in graphs.COLLECTIONS} - seen <= {Tag, RejectingPartner}


async def test_documents_that_are_made_of_one_row_share_no_list(database: Database) -> None:
    """A command may change a list in place, and what was there is compared with it then."""
    stored = await _read(
        database, Project.of(make_document(products=[{"id": "l", "properties": []}]))
    )
    for project in (stored.project, stored.draft()):
        assert project.products is not None
        assert project.products[0].properties == []
        project.products[0].properties.append(Property.new(key="k"))
    (row,) = stored.rows["project_product"]
    assert row.properties == []

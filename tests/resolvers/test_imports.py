"""Import: what goes in, what stays out and why, and that nothing is done twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text, true

from projectgate.data import exchange, graphs, log, project_types, projects, versions
from projectgate.data.base import LAST
from projectgate.data.database import Database
from projectgate.data.differences import differences
from projectgate.data.log import LogItem
from projectgate.data.projects import PROJECTS
from projectgate.resolvers import imports
from projectgate.resolvers.changes import change
from projectgate.resolvers.imports import import_documents
from projectgate.resolvers.incoming import Documents
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from projectgate.resolvers.records import Write, record
from tests.make.documents import (
    make_document,
    make_full_document,
    project_documents,
    type_documents,
)
from tests.make.exchange import NOW, exported, imported, source
from tests.make.writes import writing

pytestmark = pytest.mark.anyio


async def _stored(database: Database, project_id: str = "project-1") -> graphs.Stored:
    rows = await projects.by_id(database, [project_id], true())
    return (await graphs.read(database, rows.values()))[project_id]


async def _versions(database: Database) -> dict[str, int]:
    rows = await database.run(select(PROJECTS.c.id, PROJECTS.c.version).order_by(PROJECTS.c.id))
    return {row.id: row.version for row in rows}


async def test_a_new_project_is_version_1_with_a_version_and_a_log_row(database: Database) -> None:
    done = await imported(database, [make_full_document()])
    assert done.new_changed_equal == (1, 0, 0)
    stored = await _stored(database)
    assert stored.row.version == 1
    (version,) = (await versions.newest(database, ["project-1"], 9, None))["project-1"]
    assert (version.version, version.actor, version.operation, version.at) == (
        1,
        "importer",
        "import",
        NOW,
    )
    (row, *theirs) = (await log.newest(database, ["project-1"], 9, None))["project-1"]
    assert (row.position, row.user, row.text, row.date) == (1, "importer", "import", NOW)
    assert [item.id for item in theirs] == ["project-1-0", "project-1-1"]


@pytest.mark.parametrize("others", [0, 3], ids=["alone", "in a batch"])
async def test_the_last_moment_of_all_is_stored_as_the_one_before_it_and_never_as_infinity(
    database: Database, others: int
) -> None:
    never = make_full_document() | {"deadline": "9999-12-31T23:59:59.9999999Z"}
    documents = [never, *(make_document(f"other-{place}") for place in range(others))]
    await imported(database, documents)
    stored = await _stored(database)
    assert stored.project.deadline == LAST
    assert (await imported(database, documents)).new_changed_equal == (0, 0, 1 + others)
    line = (stored.project.products or [])[0].id
    command = UpdateProductStatus(
        project_id="project-1", product_status_updates=[StatusUpdate("Shipped", line_id=line)]
    )
    assert (await change(writing(database), command)).changes
    (found,) = await database.run(
        select(PROJECTS.c.deadline).where(PROJECTS.c.deadline == datetime.max.replace(tzinfo=UTC))
    )
    assert found.deadline == LAST


async def test_the_examples_imported_again_change_nothing(database: Database) -> None:
    first = await imported(database, type_documents(), project_documents())
    assert first.new_changed_equal == (66, 0, 0)
    before = {name: (await _stored(database, name)).project for name in await _versions(database)}
    again = await imported(database, type_documents(), project_documents())
    assert again.new_changed_equal == (0, 0, 66)
    assert set((await _versions(database)).values()) == {1}
    for name, project in before.items():
        assert (await _stored(database, name)).project == project


async def test_a_changed_document_is_one_version_more_and_its_versions_tell_what_changed(
    database: Database,
) -> None:
    document = make_full_document()
    await imported(database, [document, make_document("other")])
    before = (await _stored(database)).project.state()
    changed = document | {
        "name": "New",
        "products": document["products"][1:],
        "modified": "2026-03-03T00:00:00Z",
    }
    done = await imported(database, [changed, make_document("other")])
    assert done.new_changed_equal == (0, 1, 1)
    stored = await _stored(database)
    assert stored.row.version == 2
    assert stored.project.modified.isoformat() == "2026-03-03T00:00:00+00:00"
    newest, _ = (await versions.newest(database, ["project-1"], 9, None))["project-1"]
    assert newest.changes == json.loads(json.dumps(differences(before, stored.project.state())))
    assert {change[0][0] for change in newest.changes} == {"name", "modified", "products"}


async def test_documents_go_in_in_batches(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 7)
    seen: list[tuple[int, int]] = []
    documents = [make_document(f"p{number:02}") for number in range(20)]
    counts = await import_documents(
        database,
        [source("one", documents[:9]), source("two", documents[9:])],
        actor="a",
        clock=lambda: NOW,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (counts.new, counts.total) == (20, 20)
    assert seen == [(0, 20), (7, 20), (14, 20), (20, 20)]
    assert len(await _versions(database)) == 20


async def test_what_was_committed_before_an_import_died_stays_and_the_next_one_does_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 5)
    documents = [make_full_document(f"p{number:02}", each=1) for number in range(12)]
    reads = 0

    def dying() -> Iterator[Any]:
        nonlocal reads
        reads += 1
        for position, document in enumerate(documents, 1):
            if reads == 2 and position == 8:
                raise KeyboardInterrupt
            yield position, document

    with pytest.raises(KeyboardInterrupt):
        await import_documents(database, [Documents("dying", dying)], actor="a", clock=lambda: NOW)
    assert len(await _versions(database)) == 5
    done = await imported(database, documents)
    assert done.new_changed_equal == (7, 0, 5)


# Lines without id


def _line(sku: str | None, order: str | None = None, **more: Any) -> dict[str, Any]:
    return {"skuId": sku, "productId": "p", "orderId": order, "referenceType": None} | more


async def _lines(database: Database) -> list[tuple[str | None, str]]:
    stored = await _stored(database)
    return [(line.sku_id, line.id) for line in stored.project.products or ()]


async def test_lines_without_id_get_ids_of_their_own(database: Database) -> None:
    await imported(
        database, [make_document(products=[_line("a"), _line("a"), _line(None, id=None)])]
    )
    ids = [name for _, name in await _lines(database)]
    assert len(set(ids)) == 3
    assert all(len(name) == 32 for name in ids)


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        pytest.param(["a", "b", "c"], ["c", "a", "b"], [2, 0, 1], id="moved"),
        pytest.param(["a", "a", "b"], ["a", "b", "a"], [0, 2, 1], id="equals in their order"),
        pytest.param(["a", "b", "c"], ["a", "c"], [0, 2], id="one left out"),
        pytest.param(["a", "b", "c"], ["a", "x", "c"], [0, 1, 2], id="the rest by place"),
        pytest.param(["a", "b"], ["a", "b", "x"], [0, 1, None], id="one more"),
        pytest.param(["a", "b"], ["x", "a", "b"], [None, 0, 1], id="one more in front"),
        pytest.param([], ["a"], [None], id="the first"),
    ],
)
async def test_lines_without_id_are_matched_to_those_there(
    database: Database, before: list[str], after: list[str], places: list[int | None]
) -> None:
    await imported(database, [make_document(products=[_line(sku) for sku in before])])
    old = [name for _, name in await _lines(database)]
    await imported(database, [make_document(products=[_line(sku) for sku in after])])
    new = [name for _, name in await _lines(database)]
    assert [old.index(name) if name in old else None for name in new] == places


async def test_lines_are_told_apart_by_sku_product_order_and_reference(database: Database) -> None:
    lines = [
        _line("a"),
        _line("a", "1"),
        _line("a", productId="q"),
        _line("a", referenceType="r"),
        _line("b"),
    ]
    await imported(database, [make_document(products=lines)])
    before = {name: sku for sku, name in await _lines(database)}
    old = list(before)
    await imported(database, [make_document(products=lines[::-1])])
    assert [name for _, name in await _lines(database)] == old[::-1]


async def test_a_line_with_an_id_keeps_it_and_nothing_else_takes_it(database: Database) -> None:
    await imported(database, [make_document(products=[_line("a", id="A"), _line("b", id="B")])])
    lines = [_line("a"), _line("new", id="A"), _line("b")]
    await imported(database, [make_document(products=lines)])
    (_, first), (_, second), (_, third) = await _lines(database)
    assert (second, third) == ("A", "B")
    assert first not in ("A", "B")


async def test_other_elements_without_id_keep_theirs_by_place(database: Database) -> None:
    parts = [
        {"title": "a", "tasks": [{"text": "t"}], "transactions": [{"revenue": 1}, {"id": None}]}
    ]
    document = make_document(
        projectParts=parts,
        changeOrders=[{"id": "", "tasks": [{"text": "t"}]}],
        transactions=[{"cost": 2}, {"cost": 2}],
        comments=[{"detail": "c"}],
        customerComments=[{"detail": "c"}],
        workflowSteps=[{"name": "s", "current": True}],
    )
    await imported(database, [document])
    first = (await _stored(database)).project
    again = await imported(database, [document])
    assert again.new_changed_equal == (0, 0, 1)
    (part,), (order,) = first.project_parts or [], first.change_orders or []
    ids = [
        item.id
        for items in (
            [part, order],
            part.tasks,
            part.transactions,
            order.tasks,
            first.transactions,
            first.comments,
            first.customer_comments,
            first.workflow_steps,
        )
        for item in items or ()
    ]
    assert len(set(ids)) == len(ids) == 11
    assert all(ids)


# Bad documents

BAD: dict[str, tuple[Any, str]] = {
    "no object": (7, "7 is no JSON object"),
    "a list": ([make_document("x")], "is no JSON object"),
    "no id": (
        {"created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z"},
        "id: is missing",
    ),
    "empty id": (make_document(""), "id: is missing; it names the project"),
    "id a number": (make_document(7), "id: 7 is no text"),  # type: ignore[arg-type]
    "no time": ({"id": "x", "created": "2026-01-01T00:00:00Z"}, "modified: is missing"),
    "bad time": (make_document("x", deadline="soon"), 'deadline: "soon" is not a time such as'),
    "bad quantity": (
        make_document("x", products=[{}, {"quantity": 1}, {"quantity": "many"}]),
        'products.2.quantity: "many" is no number',
    ),
    "too many digits": (
        make_document("x", projectAdditionalValue=Decimal("0.12345678901")),
        "projectAdditionalValue: 0.12345678901 has 1 digits before and 11 after the point; the limits are 18 and 10",
    ),
    "huge": (
        make_document("x", xAmount=Decimal("1e30")),
        "xAmount: is a number of more than 28 digits",
    ),
    "no text": (make_document("x", name=["a"]), 'name: ["a"] is no text'),
    "a long tag": (make_document("x", tags=["t" * 301]), "tags.0: "),
    "a long partner id": (
        make_document("x", rejectedByPartners=["p" * 301]),
        "has 301 characters; the limit is 300",
    ),
    "a whole number beyond 32 bits": (
        make_document("x", workflowSteps=[{"id": "s", "index": 2**31}]),
        "workflowSteps.0.index: 2147483648 is a whole number beyond 32 bits",
    ),
    "an offset of two days": (
        make_document("x", deadline="2026-01-01T00:00:00+48:00"),
        'deadline: "2026-01-01T00:00:00+48:00" is not a time such as',
    ),
    "no list": (make_document("x", products={"a": 1}), 'products: {"a": 1} is no list'),
    "no object in a list": (make_document("x", stores=["a"]), "stores.0: "),
    "U+0000": (make_document("x", name="a\0b"), "name: has the character U+0000"),
    "U+0000 in what we do not know": (
        make_document("x", xText=[{"a": "\0"}]),
        "xText.0.a: has the character",
    ),
    "half a pair": (make_document("x", name="\ud83d"), "name: has half a surrogate pair"),
    "one line twice": (
        make_document("x", products=[{"id": "l"}, {}, {"id": "l"}]),
        'products.2.id: "l" is there twice',
    ),
    "one transaction twice": (
        make_document("x", projectParts=[{"id": "a", "transactions": [{"id": "t"}, {"id": "t"}]}]),
        'projectParts.0.transactions.1.id: "t" is there twice',
    ),
    "one step twice": (
        make_document("x", workflowSteps=[{"id": "s"}, {"id": "s"}]),
        'workflowSteps.1.id: "s" is there twice',
    ),
    "a type": (
        {"projectTypeId": "t", "active": "perhaps"},
        'active: "perhaps" is neither true nor false',
    ),
    "a type without name": (
        {"projectTypeId": ""},
        "projectTypeId: is missing; it names the type",
    ),
}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", BAD)
async def test_a_bad_document_is_told_in_plain_words_with_its_field(
    database: Database, name: str
) -> None:
    document, said = BAD[name]
    (bad,) = (await imported(database, [document])).bad
    assert len(bad.faults) == 1
    assert said in bad.faults[0]


async def test_bad_documents_are_told_with_file_place_and_project_and_the_rest_goes_in(
    database: Database,
) -> None:
    bad = [document for document, _ in BAD.values()]
    mixed = [
        one
        for document in bad
        for one in (document, make_document(f"good-{len(str(document))}-{id(document)}"))
    ]
    done = await imported(database, [make_document("first")], mixed)
    assert done.counts.bad == len(done.bad) == len(bad)
    assert done.counts.new == len(bad) + 1
    assert {one.source for one in done.bad} == {"file 2"}
    assert [one.position for one in done.bad] == [1 + 2 * place for place in range(len(bad))]
    told = dict(zip(BAD, done.bad, strict=True))
    assert told["bad quantity"].project_id == "x"
    assert told["no object"].project_id is None
    assert str(told["one line twice"]).startswith("file 2, document ")
    assert str(told["one line twice"]).endswith(' (x): products.2.id: "l" is there twice')


async def test_all_faults_of_a_document_are_told_up_to_ten(database: Database) -> None:
    lines = [{"quantity": "many"} for _ in range(30)]
    (bad,) = (await imported(database, [make_document(name=1, products=lines)])).bad
    assert len(bad.faults) == 11
    assert bad.faults[0].startswith("name: ")
    assert bad.faults[-1] == "and 21 more"


async def test_what_the_database_alone_refuses_is_one_bad_document(database: Database) -> None:
    # Everything that we know the databases to refuse is found before; this stands for what we do not.
    async with database.transaction() as transaction:
        await transaction.run(
            text("create unique index one_name on project (name) where name like 'only%'")
        )
    await imported(database, [make_document("there", name="only one")])
    documents = [make_document("a"), make_document("b", name="only one"), make_document("c")]
    done = await imported(database, documents)
    (bad,) = done.bad
    assert (bad.position, bad.project_id) == (2, "b")
    assert bad.faults[0].startswith("the database refuses it: ")
    assert list(await _versions(database)) == ["a", "c", "there"]


async def test_broken_json_keeps_the_documents_before_it(database: Database) -> None:
    text = json.dumps([make_document("a"), make_document("b")])[:-20].encode()
    done = await imported(database, text)
    assert list(await _versions(database)) == ["a"]
    (bad,) = done.bad
    assert (bad.source, bad.position) == ("file 1", 2)
    assert bad.faults[0].startswith("the file is not JSON from here on: ")


async def test_a_broken_line_is_one_bad_document(database: Database) -> None:
    lines = [json.dumps(make_document("a")), '{"id": ', json.dumps(make_document("b"))]
    done = await imported(database, "\n".join(lines).encode())
    assert list(await _versions(database)) == ["a", "b"]
    assert [bad.position for bad in done.bad] == [2]


# Strict


async def test_strict_writes_nothing_when_one_is_bad_and_tells_every_bad_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 3)
    await imported(database, [make_document("there")])
    documents: list[Any] = [make_document("there", name="changed")]
    documents += [make_document(f"p{number}") for number in range(8)]
    documents[4] = documents[8] = 1
    done = await imported(database, type_documents(), documents, strict=True)
    assert not done.counts.written
    assert [bad.position for bad in done.bad] == [5, 9]
    assert await _versions(database) == {"there": 1}
    assert await project_types.every(database) == []


async def test_strict_writes_all_when_none_is_bad(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 3)
    done = await imported(
        database, [make_document(f"p{number}") for number in range(8)], strict=True
    )
    assert done.counts.written
    assert done.new_changed_equal == (8, 0, 0)
    assert len(await _versions(database)) == 8


# One id twice


@pytest.mark.parametrize("batch", [1, 200])
async def test_the_last_of_two_documents_counts_and_both_places_are_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(imports, "BATCH", batch)
    sources = (
        [make_document("a", name="1"), make_document("b"), make_document("a", name="2")],
        [make_document("a", name="3")],
    )
    done = await imported(database, *sources)
    assert [str(one) for one in done.superseded] == [
        "file 1, document 1 (a): left out, document 3 has the same id and is later",
        "file 1, document 3 (a): left out, file 2, document 1 has the same id and is later",
    ]
    assert (await _stored(database, "a")).project.name == "3"
    assert await _versions(database) == {"a": 1, "b": 1}
    assert (await imported(database, *sources)).new_changed_equal == (0, 0, 2)


async def test_a_later_document_that_is_bad_does_not_keep_the_earlier_one_out(
    database: Database,
) -> None:
    done = await imported(database, [make_document("a", name="1"), make_document("a", name=2)])
    assert done.superseded == []
    assert [bad.position for bad in done.bad] == [2]
    assert (await _stored(database, "a")).project.name == "1"


@pytest.mark.parametrize(
    "end", [b', "projectValue": 0.%s}' % (b"1" * 20), b', "x": "\\ud800"}', b""]
)
async def test_a_later_line_that_only_looks_whole_does_not_keep_the_earlier_one_out(
    database: Database, end: bytes
) -> None:
    good = json.dumps(make_document("a", name="1")).encode()
    done = await imported(database, good + b"\n" + good[:-1] + end)
    assert done.superseded == []
    assert [bad.position for bad in done.bad] == [2]
    assert (await _stored(database, "a")).project.name == "1"


async def test_a_project_and_a_type_may_have_one_id(database: Database) -> None:
    done = await imported(database, [{"projectTypeId": "a"}, make_document("a")])
    assert done.new_changed_equal == (2, 0, 0)
    assert done.superseded == []


# Types


async def test_types_are_replaced_in_place_and_equal_ones_left_alone(database: Database) -> None:
    types = type_documents()
    await imported(database, types)
    changed = [types[3] | {"projectTypeName": "New"}, {"projectTypeId": "last"}, types[0]]
    done = await imported(database, changed)
    assert done.new_changed_equal == (1, 1, 1)
    assert done.counts.types == 3
    rows = await project_types.every(database)
    assert [row.id for row in rows] == [*(one["projectTypeId"] for one in types), "last"]
    assert rows[3].name == "New"


async def test_a_document_with_both_ids_is_a_project(database: Database) -> None:
    await imported(database, [make_document("a", projectTypeId="t")])
    assert list(await _versions(database)) == ["a"]
    assert await project_types.every(database) == []


# What is calculated, and what only looks changed


async def test_the_value_is_calculated_when_there_is_a_transaction(database: Database) -> None:
    document = make_document(
        projectValue=1,
        projectBudgetValue=2,
        projectAdditionalValue=5,
        transactions=[{"revenue": 10, "cost": 3, "budgetRevenue": 4}],
    )
    await imported(database, [document, make_document("other", projectValue=9)])
    project = (await _stored(database)).project
    assert [project.project_value, project.project_budget_value] == [12, 4]
    assert (await _stored(database, "other")).project.project_value == 9
    assert (await imported(database, [document])).new_changed_equal == (0, 0, 1)


async def test_a_sum_of_more_digits_than_an_amount_may_have_goes_out_and_in_again(
    database: Database,
) -> None:
    most = "999999999999999999.9999999999"
    document = make_document(
        transactionSummary={},
        transactions=[{"id": str(number), "revenue": most, "value": 0} for number in range(3)],
    )
    await imported(database, [document])
    first = await exported(database)
    assert b'"projectValue":2999999999999999999.9999999997,' in first
    assert (await imported(database, first)).new_changed_equal == (0, 0, 1)
    whole = make_document(
        "whole", transactions=[{"id": "1", "revenue": 10**18 - 1}, {"id": "2", "cost": 1 - 10**18}]
    )
    await imported(database, [whole])
    found = await exported(database)
    assert b'"projectValue":1999999999999999998,' in found
    assert (await imported(database, found)).new_changed_equal == (0, 0, 2)


async def test_the_current_step_of_the_list_is_not_kept_a_second_time(database: Database) -> None:
    steps = [{"id": "a"}, {"id": "b", "name": "B", "current": True}]
    await imported(database, [make_document(workflowSteps=steps, workflowStep=steps[1])])
    stored = await _stored(database)
    assert stored.project.workflow_step is None
    step = stored.project.current_step()
    assert step is not None
    assert step.id == "b"
    own = make_document("own", workflowSteps=[{"id": "a"}], workflowStep=steps[1])
    await imported(database, [own])
    assert (await _stored(database, "own")).project.workflow_step is not None


@pytest.mark.parametrize(
    "other",
    [
        {"tags": []},
        {"tags": None, "products": None, "name": None},
        {"xNumber": Decimal("5.00"), "projectValue": "1.50"},
        {"created": "2026-01-01T09:00:00+01:00"},
    ],
    ids=str,
)
async def test_the_same_said_in_another_way_is_equal(
    database: Database, other: dict[str, Any]
) -> None:
    await imported(database, [make_document(xNumber=5, projectValue=Decimal("1.5"))])
    again = make_document(**{"xNumber": Decimal("5.0"), "projectValue": Decimal("1.50")} | other)
    assert (await imported(database, [again])).new_changed_equal == (0, 0, 1)


async def test_numbers_in_what_we_do_not_know_do_not_look_changed(database: Database) -> None:
    document = make_document(
        x=[Decimal("5000.0"), Decimal("0.10"), Decimal("1E-7"), 7, 2**63, 10**27, -(10**18)],
        customer={"creditLimit": Decimal("5000.00"), "deep": {"y": [Decimal("-0.0")]}},
    )
    await imported(database, [document])
    assert (await imported(database, [document])).new_changed_equal == (0, 0, 1)


# The log


async def _mutate(database: Database, **members: Any) -> LogItem:
    """A write as a mutation does it. Returns its log row."""
    before = await _stored(database)
    after = before.project.model_copy(deep=True, update=members)
    async with database.transaction() as transaction:
        await record(
            transaction, [Write(before, after)], actor="kari", operation="patchProject", at=NOW
        )
    return (await exchange.our_log(database, ["project-1"], "import"))["project-1"][0]


async def test_log_rows_of_ours_in_a_document_are_not_taken_for_its_own(database: Database) -> None:
    theirs = {"id": "theirs", "text": "t"}
    document = make_document(logItems=[theirs])
    await imported(database, [document])
    ours = await _mutate(database, name="New")
    project = (await _stored(database)).project
    back = project.json_object() | {"logItems": [ours.json_object(), theirs]}
    assert (await imported(database, [back])).new_changed_equal == (0, 0, 1)
    rows = (await log.newest(database, ["project-1"], 9, None))["project-1"]
    assert [row.position for row in rows] == [2, 1, -1]
    # A row that only looks like one of ours is the document's.
    await imported(database, [back | {"logItems": [{"id": "new"}, ours.json_object(), theirs]}])
    items = (await _stored(database)).project.log_items or ()
    assert [item.id for item in items] == ["new", "theirs"]


# Others at the same time


async def test_two_imports_at_once_write_each_project_once(database: Database) -> None:
    documents = [make_full_document(f"p{number:02}", each=1) for number in range(30)]
    other = Database(database.url.render_as_string(hide_password=False))
    try:
        one, two = await asyncio.gather(
            imported(database, documents), imported(other, documents[::-1])
        )
    finally:
        await other.close()
    assert one.counts.new + two.counts.new == 30
    assert one.counts.equal + two.counts.equal == 30
    assert set((await _versions(database)).values()) == {1}


async def test_an_import_keeps_a_mutation_that_is_not_committed_waiting_or_waits_for_it(
    database: Database,
) -> None:
    await imported(database, [make_document()])

    async def rename() -> None:
        async with database.transaction() as transaction:
            rows = await projects.lock(transaction, ["project-1"], true())
            before = (await graphs.read(transaction, rows.values()))["project-1"]
            await asyncio.sleep(0.2)
            after = before.project.model_copy(update={"name": "Mutated"})
            await record(
                transaction, [Write(before, after)], actor="kari", operation="patchProject", at=NOW
            )

    changed = make_document(projectNumber="7")
    _, done = await asyncio.gather(rename(), imported(database, [changed]))
    assert done.new_changed_equal == (0, 1, 0)
    assert await _versions(database) == {"project-1": 3}
    history = (await versions.newest(database, ["project-1"], 9, None))["project-1"]
    assert [version.operation for version in history][-1] == "import"

"""What an import makes of a document: ids, values and moments, and in which words a bad one stays out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from projectgate.data.base import LAST
from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from projectgate.resolvers.changes import change
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
from tests.make.documents import (
    make_document,
    make_full_document,
)
from tests.make.exchange import exported, imported, versions_of
from tests.make.writes import stored, writing

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("others", [0, 3], ids=["alone", "in a batch"])
async def test_the_last_moment_of_all_is_stored_as_the_one_before_it_and_never_as_infinity(
    database: Database, others: int
) -> None:
    never = make_full_document() | {"deadline": "9999-12-31T23:59:59.9999999Z"}
    documents = [never, *(make_document(f"other-{place}") for place in range(others))]
    await imported(database, documents)
    there = await stored(database)
    assert there.project.deadline == LAST
    assert (await imported(database, documents)).new_changed_equal == (0, 0, 1 + others)
    line = (there.project.products or [])[0].id
    command = UpdateProductStatus(
        project_id="project-1", product_status_updates=[StatusUpdate("Shipped", line_id=line)]
    )
    assert (await change(writing(database), command)).changes
    (found,) = await database.run(
        select(PROJECTS.c.deadline).where(PROJECTS.c.deadline == datetime.max.replace(tzinfo=UTC))
    )
    assert found.deadline == LAST


# Lines without id


def _line(sku: str | None, order: str | None = None, **more: Any) -> dict[str, Any]:
    return {"skuId": sku, "productId": "p", "orderId": order, "referenceType": None} | more


async def _lines(database: Database) -> list[tuple[str | None, str]]:
    there = await stored(database)
    return [(line.sku_id, line.id) for line in there.project.products or ()]


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
    first = (await stored(database)).project
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
    assert list(await versions_of(database)) == ["a", "c", "there"]


async def test_broken_json_keeps_the_documents_before_it(database: Database) -> None:
    text = json.dumps([make_document("a"), make_document("b")])[:-20].encode()
    done = await imported(database, text)
    assert list(await versions_of(database)) == ["a"]
    (bad,) = done.bad
    assert (bad.source, bad.position) == ("file 1", 2)
    assert bad.faults[0].startswith("the file is not JSON from here on: ")


async def test_a_broken_line_is_one_bad_document(database: Database) -> None:
    lines = [json.dumps(make_document("a")), '{"id": ', json.dumps(make_document("b"))]
    done = await imported(database, "\n".join(lines).encode())
    assert list(await versions_of(database)) == ["a", "b"]
    assert [bad.position for bad in done.bad] == [2]


# What is calculated, and what only looks changed


async def test_the_value_is_calculated_when_there_is_a_transaction(database: Database) -> None:
    document = make_document(
        projectValue=1,
        projectBudgetValue=2,
        projectAdditionalValue=5,
        transactions=[{"revenue": 10, "cost": 3, "budgetRevenue": 4}],
    )
    await imported(database, [document, make_document("other", projectValue=9)])
    project = (await stored(database)).project
    assert [project.project_value, project.project_budget_value] == [12, 4]
    assert (await stored(database, "other")).project.project_value == 9
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
    there = await stored(database)
    assert there.project.workflow_step is None
    step = there.project.current_step()
    assert step is not None
    assert step.id == "b"
    own = make_document("own", workflowSteps=[{"id": "a"}], workflowStep=steps[1])
    await imported(database, [own])
    assert (await stored(database, "own")).project.workflow_step is not None


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

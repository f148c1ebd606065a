"""A project as the document that the order system would send: what came in, and what it calculates."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from projectgate.data.base import dumps
from projectgate.data.base import loads as loads_as_stored
from projectgate.data.log import LogItem
from projectgate.data.omnium import DEPTH, Unstorable, document_of, storable
from projectgate.data.projects import Project
from tests.make.documents import make_document, project_documents, type_documents
from tests.make.exchange import loads


def _out(**members: Any) -> dict[str, Any]:
    """The document that comes out for one that goes in."""
    project = Project.of(make_document(**members))
    project.recalculate()
    made: dict[str, Any] = loads(dumps(document_of(project)))
    return made


@pytest.mark.parametrize("document", project_documents(), ids=lambda document: document["id"])
def test_an_example_document_comes_out_as_it_went_in(document: dict[str, Any]) -> None:
    project = Project.of(document)
    project.recalculate()
    made = loads(dumps(document_of(project)))
    assert made == document
    # The example with members of its own has them in between; here they stand last.
    if document["id"] != "project-135":
        assert list(made) == list(document)


TRANSACTION = {
    "id": "t",
    "description": None,
    "revenue": Decimal("100.1"),
    "cost": 40,
    "budgetRevenue": 90,
    "budgetCost": Decimal("29.9"),
}
CALCULATED = {
    "value": Decimal("60.1"),
    "budgetValue": Decimal("60.1"),
    "budgetDeviation": 0,
    "budgetDeviationPercent": 0,
}
NOTHING = dict.fromkeys(CALCULATED, 0)


def test_what_a_transaction_states_as_calculated_is_calculated_anew() -> None:
    wrong = dict.fromkeys(CALCULATED, 7)
    assert _out(transactions=[TRANSACTION | wrong])["transactions"] == [TRANSACTION | CALCULATED]


def test_a_transaction_states_only_the_calculated_members_it_had() -> None:
    assert _out(transactions=[TRANSACTION])["transactions"] == [TRANSACTION]
    assert _out(transactions=[TRANSACTION | {"value": 0}])["transactions"] == [
        TRANSACTION | {"value": Decimal("60.1")}
    ]


def test_the_percentage_of_no_budget_is_0_as_rest_sends_it() -> None:
    out = _out(transactions=[{"id": "t", "revenue": 5, "budgetDeviationPercent": None}])
    assert out["transactions"] == [{"id": "t", "revenue": 5, "budgetDeviationPercent": None}]
    out = _out(transactions=[{"id": "t", "revenue": 5, "budgetDeviationPercent": 0}])
    assert out["transactions"] == [{"id": "t", "revenue": 5, "budgetDeviationPercent": 0}]


def test_summaries_add_up_the_transactions_of_their_level() -> None:
    part = {"id": "p", "transactions": [TRANSACTION], "transactionSummary": None}
    out = _out(
        transactions=[TRANSACTION | {"id": "a"}, TRANSACTION | {"id": "b"}],
        projectParts=[part],
        changeOrders=[part | {"id": "c"}],
        transactionSummary={},
        projectTransactionTotal=None,
    )
    one = TRANSACTION | CALCULATED | {"id": None}
    assert out["projectParts"][0]["transactionSummary"] == one
    assert out["changeOrders"][0]["transactionSummary"] == one
    assert out["transactionSummary"]["revenue"] == Decimal("200.2")
    assert out["projectTransactionTotal"]["revenue"] == Decimal("400.4")
    assert out["projectTransactionTotal"]["value"] == Decimal("240.4")
    assert list(out["transactionSummary"]) == [*TRANSACTION, *CALCULATED]


def test_a_summary_of_nothing_is_null_or_zeros_as_it_came() -> None:
    zeros = {"id": None, "description": None, **dict.fromkeys(list(TRANSACTION)[2:], 0), **NOTHING}
    assert _out(transactionSummary=None)["transactionSummary"] is None
    assert _out(transactionSummary={"value": 3})["transactionSummary"] == zeros
    assert "transactionSummary" not in _out()


@pytest.mark.parametrize(("count", "several"), [(0, False), (1, False), (2, True)])
def test_has_multiple_partners_follows_the_list(count: int, several: bool) -> None:
    partners = [{"id": f"p{number}"} for number in range(count)]
    assert (
        _out(partners=partners, hasMultiplePartners=not several)["hasMultiplePartners"] is several
    )


def test_the_workflow_step_is_the_current_one_of_the_list_or_the_projects_own() -> None:
    steps = [{"id": "a", "current": False}, {"id": "b", "current": True}]
    project = Project.of(make_document(workflowSteps=steps, workflowStep=steps[1]))
    project.workflow_step = None
    assert document_of(project)["workflowStep"] == steps[1]
    assert _out(workflowStep={"id": "own"}, workflowSteps=[])["workflowStep"] == {"id": "own"}
    assert _out(workflowStep=None, workflowSteps=[])["workflowStep"] is None
    assert "workflowStep" not in _out(workflowSteps=steps)


def test_a_change_order_that_is_not_approved_has_the_zero_date() -> None:
    zero, some = "0001-01-01T00:00:00", "2026-01-01T00:00:00Z"
    orders = [{"id": "1", "approved": zero}, {"id": "2", "approved": some}, {"id": "3"}]
    assert _out(changeOrders=orders)["changeOrders"] == orders


def test_our_log_rows_stand_before_those_of_the_document() -> None:
    project = Project.of(make_document(logItems=[{"id": "theirs", "projectId": "project-1"}]))
    ours = [LogItem.new(id="new", text="b"), LogItem.new(id="old", text="a")]
    items = document_of(project, ours)["logItems"]
    assert [item["id"] for item in items] == ["new", "old", "theirs"]
    assert {item["projectId"] for item in items} == {"project-1"}
    bare = Project.of(make_document())
    assert "logItems" not in document_of(bare)
    assert len(document_of(bare, ours)["logItems"]) == 2


def test_members_stand_in_the_order_of_the_order_system() -> None:
    (document,) = [one for one in project_documents() if one["id"] == "project-123"]
    shuffled = dict(sorted(document.items(), reverse=True))
    assert list(document_of(Project.of(shuffled))) == list(document)


def test_project_types_have_a_document_of_all_their_members() -> None:
    from projectgate.data.project_types import ProjectType

    for document in type_documents():
        assert loads(dumps(ProjectType.of(document).json_object())) == document


def test_a_document_whose_numbers_are_in_their_one_form_is_not_copied() -> None:
    document = {"a": [1, -(10**15), Decimal("1.5"), Decimal("-0.000001")]}
    assert storable(document) is document


def test_a_storable_document_has_each_number_in_one_form() -> None:
    large = Decimal(10**27)
    numbers = [Decimal("5000.0"), Decimal("-1.50"), Decimal("1E+3"), Decimal("-0.0"), 2**64, large]
    made = storable({"a": numbers})
    assert made == {"a": [5000, Decimal("-1.5"), 1000, 0, 2**64, large]}
    assert [type(item) for item in made["a"]] == [int, Decimal, int, int, Decimal, Decimal]
    assert storable(made) == made
    assert loads_as_stored(dumps(made)) == made
    assert str(made["a"][1]) == "-1.5"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a\0", "U.0000"),
        ("\ud800", "surrogate"),
        (10**28, "more than 28 digits"),
        (10**4000, "more than 28 digits"),
        (Decimal("1E+28"), "more than 28 digits"),
        (Decimal("1E+999999999"), "more than 28 digits"),
        (Decimal("1E-999999999"), "100 after it"),
        (Decimal("NaN"), "more than 28 digits"),
        (json.loads("[" * (DEPTH + 1) + "]" * (DEPTH + 1)), "deeper than 100 levels"),
    ],
)
def test_a_value_that_cannot_be_kept_is_told_with_its_path(value: Any, reason: str) -> None:
    with pytest.raises(Unstorable, match=reason) as found:
        storable({"fine": 1, "x": [{"ok": "\\u0000", "bad": value}]})
    assert found.value.path[:3] == ["x", 0, "bad"]


def test_the_name_of_a_member_must_be_storable_too() -> None:
    with pytest.raises(Unstorable, match="U\\+0000"):
        storable({"x": {"a\0": 1}})


def test_a_backslash_before_u0000_is_only_text() -> None:
    assert storable({"a": "\\u0000"}) == {"a": "\\u0000"}

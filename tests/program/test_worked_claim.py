"""The worked claim of docs/schema.md runs from creation to completion, each operation with ids of earlier answers."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from tests.program.pages import CLAIM, Example, contains, examples, schema_chapter
from tests.program.served import Served, serve_demo

pytestmark = pytest.mark.xdist_group("worked_claim")

EXAMPLES = examples(schema_chapter(CLAIM))
# Each variable of the page: the operation whose answer it is from, and where in it.
VARIABLES: dict[str, tuple[str, str]] = {
    "project": ("CreateClaim", "project.id"),
    "version": ("CreateClaim", "project.version"),
    "step": ("CreateClaim", "project.workflowStep.id"),
    "part": ("AddPart", "added.0"),
    "task": ("AddPart", "project.projectParts.0.tasks.0.id"),
    "transaction": ("AddTravel", "added.0"),
    "order": ("AddChangeOrder", "added.0"),
    "assessment": ("PartnerAccepts", "project.workflowStep.id"),
    "held": ("Hold", "project.version"),
    "dishwasher": ("AddProducts", "project.products.0.id"),
    "hose": ("AddProducts", "project.products.1.id"),
    "solution": ("AcceptClaim", "project.workflowStep.id"),
    "closing": ("AcceptSolution", "project.workflowStep.id"),
}
# Null for the first page, as the page says.
NULL = {"after"}
REFUSED = {
    "AcceptClaimAgain": "STEP_MOVED",
    "AcceptOnHold": "INVALID_STATE",
    "Overtaken": "VERSION_CONFLICT",
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The answer to every operation of the claim, by its name, all run in the order of the page."""
    with serve_demo(tmp_path_factory.mktemp("demo")) as demo:
        found: dict[str, Any] = {}
        for example in EXAMPLES:
            body = _answer(demo, example.operation, _variables(example, found))
            assert "errors" not in body, (example.name, body)
            # A payload or a project; of a query for two, the first one and the other by its name.
            first, *_ = body["data"].values()
            found[example.name] = body["data"] | first
        yield found


def _variables(example: Example, found: dict[str, Any]) -> dict[str, Any]:
    (definition,) = parse(example.operation).definitions
    assert isinstance(definition, OperationDefinitionNode)
    names = [one.variable.name.value for one in definition.variable_definitions or ()]
    return {name: None if name in NULL else _at(found, *VARIABLES[name]) for name in names}


def _at(found: dict[str, Any], operation: str, path: str) -> Any:
    value = found[operation]
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _answer(demo: Served, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        demo.url + "graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {demo.token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        body: dict[str, Any] = json.load(answer)
    return body


def test_the_page_says_where_each_variable_is_from() -> None:
    page = schema_chapter(CLAIM)
    for name, (operation, _) in VARIABLES.items():
        told = page.index(f"`${name}`")
        used = re.search(rf"^(?:query|mutation) .*\${name}:", page, re.MULTILINE)
        assert used is not None
        assert told < used.start(), name
        assert page.index(f"mutation {operation}") < used.start(), name


def test_no_operation_has_an_id_of_its_own_project_written_into_it() -> None:
    for example in EXAMPLES:
        assert not re.search(r'(?:projectId|id|lineId|taskId|partId): "project', example.operation)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_each_operation_answers_as_the_page_says(answers: dict[str, Any], example: Example) -> None:
    answer = answers[example.name]
    codes = [error["code"] for error in answer.get("userErrors", [])]
    assert codes == ([REFUSED[example.name]] if example.name in REFUSED else [])
    assert contains(answer, example.answer), answer
    if example.name in REFUSED:
        assert answer["project"] is None
        assert f"`{REFUSED[example.name]}`" in example.before


def test_the_claim_goes_through_its_steps_to_completion(answers: dict[str, Any]) -> None:
    steps = [step["id"] for step in answers["ClaimType"]["workflowSteps"]]
    came_to = ["CreateClaim", "PartnerAccepts", "AcceptClaim", "AcceptSolution"]
    assert [answers[name]["project"]["workflowStep"]["id"] for name in came_to] == steps
    assert answers["Complete"]["project"]["status"] == "Completed"
    dates = [step["dateCompleted"] for step in answers["Complete"]["project"]["workflowSteps"]]
    assert len(dates) == len(steps)
    assert None not in dates


def test_the_money_on_the_page_adds_up(answers: dict[str, Any]) -> None:
    work, travel, cheaper = Decimal("1250.50"), Decimal(350), Decimal("249.5")
    before = answers["AddTravel"]["project"]
    assert Decimal(before["projectValue"]) == -(work + travel)
    (part,) = answers["CorrectTravel"]["project"]["projectParts"]
    summary = {name: Decimal(value) for name, value in part["transactionSummary"].items()}
    assert summary["cost"] == work + cheaper
    assert summary["budgetDeviation"] == -(work + cheaper) + 1000
    total = answers["ApproveChangeOrder"]["project"]["valueBreakdown"]["total"]
    assert Decimal(total) == -(work + cheaper) + Decimal(899) - Decimal(420)


def test_what_the_actions_allow_is_what_the_mutation_answers(answers: dict[str, Any]) -> None:
    actions = {one["name"]: one for one in answers["Hold"]["project"]["availableActions"]}
    (refused,) = answers["AcceptOnHold"]["userErrors"]
    assert actions["acceptWorkflowStep"]["reason"] == refused["message"]
    told = {name for name in refused["allowedActions"] if actions[name]["allowed"]}
    assert told == set(refused["allowedActions"])


def test_the_history_has_each_write_once_and_no_refused_one(answers: dict[str, Any]) -> None:
    history = answers["ClaimHistory"]
    mutations = [
        re.findall(r"^  (\w+)\(", example.operation, re.MULTILINE)[0]
        for example in EXAMPLES
        if example.operation.startswith("mutation") and example.name not in REFUSED
    ]
    nodes = history["versions"]["nodes"]
    assert [node["operation"] for node in nodes] == mutations[::-1]
    assert [node["version"] for node in nodes] == list(range(len(mutations), 0, -1))
    assert history["versions"]["pageInfo"]["hasNextPage"] is False
    assert len(history["log"]["nodes"]) == len(mutations)
    assert history["created"] == {
        "status": "New",
        "products": [],
        "workflowStep": {"name": "Mottatt"},
    }

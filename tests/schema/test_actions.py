"""What may be done with a project: told before, and the same as what then happens."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.project_types import ProjectType
from projectgate.data.projects import Project
from projectgate.resolvers.access import READ, Caller
from projectgate.schema.build import schema
from tests.conftest import recorded
from tests.make.mutations import fitting_inputs, text_of
from tests.make.projects import make_project
from tests.make.writes import (
    admin,
    dump,
    imported,
    imported_types,
    make_claim,
    make_type,
    writing,
)
from tests.schema.conftest import answered

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

ACTIONS = "availableActions { name allowed reason }"
ERRORS = "userErrors { code message ... on InvalidState { allowedActions } }"
OTHERS = {"createProject", "updateManyProjectProductStatus"}
WORKFLOW = [
    "acceptWorkflowStep",
    "declineWorkflowStep",
    "goToWorkflowStep",
    "acceptPartnerRequest",
    "declinePartnerRequest",
    "activateProject",
    "cancelProject",
    "updateProjectStatus",
]
STATUSES = [None, "New", "Active", "Venter", "OnHold", "Completed", "WorkflowCompleted"]
STATUSES += ["CancelledByCustomer", "CancelledByPartner", "CancelledByInternal"]
# So many projects on each database; each is asked about by three callers, about every mutation.
STATES = 16
READER = Caller("reader", frozenset({READ}))


def some_type(random: Random, name: str) -> ProjectType:
    """A type with some rules."""
    return make_type(
        id=name,
        finish_on_last_step=random.random() < 0.5,
        can_have_multiple_partners=random.random() < 0.5,
        is_partner_disabled=random.random() < 0.3,
        available_partner_ids=random.choice([None, [], ["p-1", "p-2"]]),
    )


def some_project(random: Random, name: str, type_id: str | None) -> Project:
    """A project in some state, with some of everything that an action may need."""
    count = random.randrange(4)
    at = random.randrange(-1, count) if count else -1
    steps = [{"id": f"s{place}", "index": place, "current": place == at} for place in range(count)]

    def owners(kind: str) -> list[dict[str, Any]]:
        return [
            {
                "id": f"{kind}{place}",
                "tasks": [{"id": f"{kind}-task"}] * random.randrange(2),
                "transactions": [{"id": f"{kind}-money", "cost": 1}] * random.randrange(2),
            }
            for place in range(random.randrange(2))
        ]

    partner = {"id": "p-1"}
    return make_project(
        id=name,
        type=type_id,
        status=random.choice(STATUSES),
        workflow_steps=steps,
        partner=partner if random.random() < 0.2 else None,
        partners=[partner] if random.random() < 0.4 else [],
        products=[{"id": "line-1", "sku_id": "S"}] * random.randrange(2),
        project_parts=owners("part"),
        change_orders=owners("order"),
        transactions=[{"id": "t-1", "revenue": 1}] * random.randrange(2),
        store_id="store-oslo",
    )


async def test_an_action_is_allowed_exactly_when_it_succeeds_and_its_reason_is_the_message(
    database: Database,
) -> None:
    """Every mutation of one project is then really sent, as a dry run, with an input that fits."""
    random = Random(7 if database.dialect == "sqlite" else 8)
    seen = {True: 0, False: 0}
    for number in range(STATES):
        kind = some_type(random, f"type-{number}")
        known = random.random() < 0.9
        project = some_project(random, f"project-{number}", kind.id if known else None)
        await imported_types(database, kind)
        await imported(database, project)
        inputs = fitting_inputs(project, kind)
        for caller in (admin(), admin("oslo", "store-oslo"), READER):
            told = await actions_of(database, project.id, caller)
            assert [action["name"] for action in told] == list(inputs)
            for action in told:
                name = action["name"]
                message, allowed = await sent(database, caller, name, inputs[name])
                assert action["reason"] == message, (name, project)
                assert action["allowed"] is (message is None)
                if allowed is not None:
                    assert allowed == [one for one in WORKFLOW if by_name(told)[one]["allowed"]]
                seen[action["allowed"]] += 1
    # Both answers have to occur often, or nothing is shown.
    assert min(seen.values()) > STATES * 10, seen


def by_name(told: list[Any]) -> dict[str, Any]:
    """Actions by their names."""
    return {action["name"]: action for action in told}


async def actions_of(database: Database, project_id: str, caller: Caller) -> list[Any]:
    """What a caller is told."""
    query = f'{{ project(id: "{project_id}") {{ {ACTIONS} }} }}'
    answer = await answered(writing(database, caller), query)
    assert answer.errors == []
    told: list[Any] = answer.data["project"]["availableActions"]
    return told


async def sent(
    database: Database, caller: Caller, mutation: str, given: dict[str, Any]
) -> tuple[str | None, list[str] | None]:
    """The message of the only error of a mutation, None when it succeeds; and what is allowed instead."""
    text = text_of(mutation, ERRORS)
    answer = await answered(writing(database, caller), text, {"input": given | {"dryRun": True}})
    if answer.errors:
        assert answer.code == "FORBIDDEN"
        return answer.message, None
    faults = answer.data[mutation]["userErrors"]
    if not faults:
        return None, None
    (fault,) = faults
    return fault["message"], fault.get("allowedActions")


def test_every_mutation_of_one_project_is_among_the_actions() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    assert set(fitting_inputs(make_project())) == set(mutation.fields) - OTHERS


async def test_a_payload_tells_the_actions_that_are_possible_after_the_write(
    database: Database,
) -> None:
    """Also of a dry run; and a version those of its time."""
    await imported_types(database, make_type())
    await imported(database, make_claim(type="claim"))
    text = text_of("cancelProject", f"project {{ {ACTIONS} }}")
    given = {"projectId": "project-1", "cancelledBy": "CUSTOMER"}

    for dry_run in (True, False):
        answer = await answered(writing(database), text, {"input": given | {"dryRun": dry_run}})
        told = by_name(answer.data["cancelProject"]["project"]["availableActions"])
        assert told["activateProject"]["allowed"]
        assert not told["cancelProject"]["allowed"]
    assert by_name(await actions_of(database, "project-1", admin()))["activateProject"]["allowed"]
    query = f'{{ project(id: "project-1", atVersion: 1) {{ {ACTIONS} }} }}'
    before = by_name((await answered(writing(database), query)).data["project"]["availableActions"])
    assert before["cancelProject"]["allowed"]
    assert not before["activateProject"]["allowed"]


async def test_the_actions_of_100_projects_of_a_type_cost_as_many_statements_as_those_of_one(
    database: Database,
) -> None:
    await imported_types(database, make_type())
    await imported(database, *(make_claim(id=f"project-{n}", type="claim") for n in range(100)))
    counts = []
    for first in (1, 100):
        with recorded(database) as statements:
            query = f"{{ projects(first: {first}) {{ nodes {{ {ACTIONS} }} }} }}"
            answer = await answered(writing(database), query)
        assert len(answer.data["projects"]["nodes"]) == first
        counts.append(len(statements))
    # The projects; their type, steps, both kinds of partners, products, parts, change orders, tasks, transactions.
    assert counts == [10, 10]


async def test_asking_what_is_possible_writes_nothing(database: Database) -> None:
    await imported(database, make_claim())
    before = await dump(database)

    await actions_of(database, "project-1", replace(admin(), name="other"))

    assert await dump(database) == before

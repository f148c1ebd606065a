"""Transactions, parts and change orders: added, updated and removed by themselves, at every level."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.resolvers.change_orders import (
    AddChangeOrders,
    RemoveChangeOrders,
    UpdateChangeOrders,
)
from projectgate.resolvers.changes import change
from projectgate.resolvers.commands import Command
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.parts import AddProjectParts, RemoveProjectParts, UpdateProjectParts
from projectgate.resolvers.transactions import (
    AddProjectTransactions,
    RemoveProjectTransactions,
    UpdateProjectTransactions,
)
from projectgate.resolvers.updates import PatchProject
from tests.make.projects import NOON, make_project
from tests.make.rich import make_rich
from tests.make.writes import Clock, changed_paths, dump, ids, imported, stored, told, writing

pytestmark = pytest.mark.anyio

# The kinds of lists: commands, the fields that take elements and ids, where the list is, and a field of an element.
KINDS: dict[str, Any] = {
    "transactions": (
        (AddProjectTransactions, UpdateProjectTransactions, RemoveProjectTransactions),
        ("transactions", "transaction_ids"),
        ("transactions", "money-0", "description"),
    ),
    "transactions of a part": (
        (AddProjectTransactions, UpdateProjectTransactions, RemoveProjectTransactions),
        ("transactions", "transaction_ids"),
        ("transactions", "part-0-money", "description"),
    ),
    "transactions of a change order": (
        (AddProjectTransactions, UpdateProjectTransactions, RemoveProjectTransactions),
        ("transactions", "transaction_ids"),
        ("transactions", "order-0-money", "description"),
    ),
    "parts": (
        (AddProjectParts, UpdateProjectParts, RemoveProjectParts),
        ("parts", "part_ids"),
        ("project_parts", "part-0", "title"),
    ),
    "change orders": (
        (AddChangeOrders, UpdateChangeOrders, RemoveChangeOrders),
        ("change_orders", "change_order_ids"),
        ("change_orders", "order-0", "title"),
    ),
}
OWNERS: dict[str, dict[str, str]] = {
    "transactions of a part": {"part_id": "part-0"},
    "transactions of a change order": {"change_order_id": "order-0"},
}
CAMEL = {
    "transaction_ids": "transactionIds",
    "part_ids": "partIds",
    "change_orders": "changeOrders",
    "change_order_ids": "changeOrderIds",
}


class Kind:
    """One kind of list, and how it is written to."""

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.commands, self.fields, (self.attribute, self.first, self.text) = KINDS[name]
        self.owner = OWNERS.get(name)

    async def send(self, action: int, given: Any, clock: Any = None) -> Outcome:
        """The outcome of adding (0), updating (1) or removing (2)."""
        owner = {"owner": self.owner} if self.owner else {}
        values = {self.fields[action == 2]: given} | owner
        command: Command = self.commands[action](project_id="project-1", **values)
        return await change(writing(self.database, clock=clock), command)

    def path(self, action: int) -> str:
        """Where the list is in the input."""
        field: str = self.fields[action == 2]
        return CAMEL.get(field, field)

    async def elements(self) -> list[Any]:
        """The elements of the list."""
        project: Any = (await stored(self.database)).project
        holder = project
        if self.owner:
            holder = (project.project_parts if "part_id" in self.owner else project.change_orders)[
                0
            ]
        found: list[Any] = getattr(holder, self.attribute)
        return found


@pytest.fixture(params=KINDS)
async def of_kind(database: Database, request: pytest.FixtureRequest) -> Kind:
    """Each kind of list, of a project that has two of everything."""
    await imported(database, make_rich())
    return Kind(database, str(request.param))


async def test_elements_are_added_at_the_end_changed_in_their_place_and_removed(
    of_kind: Kind,
) -> None:
    """The payload has the ids; what is not named stays."""
    before = ids(await of_kind.elements())

    added = (await of_kind.send(0, [{of_kind.text: "A"}, {of_kind.text: "B"}])).details["added"]
    assert ids(await of_kind.elements()) == before + added
    outcome = await of_kind.send(
        1, [{"id": added[1], of_kind.text: "C"}, {"id": of_kind.first, of_kind.text: "D"}]
    )
    assert outcome.details == {"updated": [added[1], of_kind.first]}
    texts = {one.id: getattr(one, of_kind.text) for one in await of_kind.elements()}
    assert (texts[of_kind.first], texts[added[0]], texts[added[1]]) == ("D", "A", "C")
    assert ids(await of_kind.elements()) == before + added
    outcome = await of_kind.send(2, [added[0], of_kind.first])
    assert outcome.details == {"removed": [of_kind.first, added[0]]}
    assert ids(await of_kind.elements()) == [*before[1:], added[1]]


async def test_the_same_values_again_change_nothing(of_kind: Kind) -> None:
    update = [{"id": of_kind.first, of_kind.text: "D"}]
    await of_kind.send(1, update)
    before = await dump(of_kind.database)

    outcome = await of_kind.send(1, update)

    assert (outcome.changed, outcome.details) == (False, {"updated": []})
    assert await dump(of_kind.database) == before


@pytest.mark.parametrize("action", [0, 1, 2])
async def test_a_list_that_is_empty_or_longer_than_1000_is_refused(
    of_kind: Kind, action: int
) -> None:
    before = await dump(of_kind.database)
    element: Any = [{}, {"id": of_kind.first}, of_kind.first][action]

    empty = await of_kind.send(action, [])
    long = await of_kind.send(action, [element] * 1001)

    assert told(empty) == [("EMPTY_INPUT", of_kind.path(action))]
    assert told(long) == [("TOO_MANY", of_kind.path(action))]
    assert "1,001" in long.faults[0].message
    assert "1,000" in long.faults[0].message
    assert await dump(of_kind.database) == before


async def test_1000_elements_are_taken_at_once(of_kind: Kind) -> None:
    outcome = await of_kind.send(0, [{}] * 1000)

    assert len(set(outcome.details["added"])) == 1000


async def test_all_that_is_wrong_with_a_list_is_told_at_once(of_kind: Kind) -> None:
    """Unknown ids, also those of another list, and ids given twice."""
    before = await dump(of_kind.database)
    first = of_kind.first

    updated = await of_kind.send(
        1, [{"id": "nobody"}, {"id": first}, {"id": first}, {"id": "line-0"}]
    )
    removed = await of_kind.send(2, ["nobody", first, first, "line-0"])

    path = of_kind.path(1)
    assert told(updated) == [
        ("NOT_FOUND", f"{path}.0.id"),
        ("DUPLICATE_UPDATE", f"{path}.2.id"),
        ("NOT_FOUND", f"{path}.3.id"),
    ]
    assert all("new one" not in fault.message for fault in updated.faults)
    path = of_kind.path(2)
    assert told(removed) == [
        ("NOT_FOUND", f"{path}.0"),
        ("DUPLICATE_UPDATE", f"{path}.2"),
        ("NOT_FOUND", f"{path}.3"),
    ]
    assert await dump(of_kind.database) == before


@pytest.mark.parametrize(
    ("owner", "path"),
    [
        ({"part_id": "nobody"}, "owner.partId"),
        ({"change_order_id": "part-0"}, "owner.changeOrderId"),
        ({"part_id": "part-0", "change_order_id": "order-0"}, "owner"),
        ({}, "owner"),
    ],
)
@pytest.mark.parametrize("action", [0, 1, 2])
async def test_an_owner_is_a_part_or_a_change_order_of_the_project(
    database: Database, action: int, owner: dict[str, str], path: str
) -> None:
    await imported(database, make_rich())
    commands: list[Command] = [
        AddProjectTransactions(project_id="project-1", owner=owner, transactions=[{}]),
        UpdateProjectTransactions(
            project_id="project-1", owner=owner, transactions=[{"id": "money-0"}]
        ),
        RemoveProjectTransactions(project_id="project-1", owner=owner, transaction_ids=["money-0"]),
    ]

    outcome = await change(writing(database), commands[action])

    assert told(outcome) == [("INVALID_VALUE" if path == "owner" else "NOT_FOUND", path)]


CALCULATED = ["value", "budgetValue", "budgetDeviation", "budgetDeviationPercent"]


async def test_what_is_calculated_cannot_be_set(database: Database) -> None:
    """Neither of a transaction, wherever it is given, nor the value of a project that has any."""
    await imported(database, make_rich())
    fields = ["value", "budget_value", "budget_deviation", "budget_deviation_percent"]
    money: dict[str, Any] = {"revenue": Decimal(1)} | dict.fromkeys(fields, Decimal(1))
    places: dict[str, Command] = {
        "transactions.0": AddProjectTransactions(project_id="project-1", transactions=[money]),
        "parts.0.transactions.0": AddProjectParts(
            project_id="project-1", parts=[{"transactions": [money]}]
        ),
        "changeOrders.0.transactions.0": PatchProject(
            project_id="project-1", given={"change_orders": [{"transactions": [money]}]}
        ),
    }
    before = await dump(database)

    for path, command in places.items():
        outcome = await change(writing(database), command)
        expected = {("CALCULATED_FIELD", f"{path}.{name}") for name in CALCULATED}
        assert set(told(outcome)) == expected
    values = PatchProject(
        project_id="project-1",
        given={"project_value": Decimal(1), "project_budget_value": Decimal(1)},
    )
    assert told(await change(writing(database), values)) == [
        ("CALCULATED_FIELD", "projectValue"),
        ("CALCULATED_FIELD", "projectBudgetValue"),
    ]
    assert await dump(database) == before


async def test_money_stays_exact_to_18_digits_before_and_10_after_the_point(
    database: Database,
) -> None:
    await imported(database, make_project(project_value=Decimal(7)))
    large, small = Decimal("999999999999999999.9999999999"), Decimal("0.0000000001")
    new = [{"revenue": large}, {"revenue": large, "cost": small, "budget_revenue": large}]
    add = AddProjectTransactions(project_id="project-1", transactions=new)

    assert (await change(writing(database), add)).faults == []

    row: Any = (await stored(database)).row
    assert row.project_value == Decimal("1999999999999999999.9999999997")
    assert row.project_budget_value == large
    too_long = [{"cost": Decimal("1e18")}, {"cost": Decimal("1e-11")}]
    refused = AddProjectTransactions(project_id="project-1", transactions=too_long)
    assert told(await change(writing(database), refused)) == [
        ("INVALID_VALUE", "transactions.0.cost"),
        ("INVALID_VALUE", "transactions.1.cost"),
    ]


async def test_the_value_goes_with_the_last_transaction_and_can_then_be_given(
    database: Database,
) -> None:
    """It becomes what is added by hand; a value given in the same write stands."""
    money = {"id": "t", "revenue": Decimal(50), "budget_revenue": Decimal(40)}
    project = make_project(transactions=[money], project_additional_value=Decimal(3))
    await imported(database, project, make_project(id="project-2", transactions=[money]))

    async def values(name: str = "project-1") -> tuple[Any, Any]:
        row: Any = (await stored(database, name)).row
        return row.project_value, row.project_budget_value

    assert await values() == (53, 40)
    remove = RemoveProjectTransactions(project_id="project-1", transaction_ids=["t"])
    outcome = await change(writing(database), remove)
    assert {"projectValue", "projectBudgetValue"} <= set(changed_paths(outcome))
    assert await values() == (3, 0)
    give = PatchProject(project_id="project-1", given={"project_value": Decimal(9)})
    await change(writing(database), give)
    assert await values() == (9, 0)
    both = {"transactions": [], "project_value": Decimal(50)}
    await change(writing(database), PatchProject(project_id="project-2", given=both))
    assert await values("project-2") == (50, 0)


async def test_parts_and_change_orders_say_when_they_were_made_and_last_changed(
    database: Database,
) -> None:
    """Unless the write says it itself; what is left alone keeps its time."""
    old = NOON.replace(year=2020)
    there = [{"id": name, "created": old, "modified": old} for name in ("a", "b", "c")]
    await imported(database, make_project(project_parts=there))
    clock = Clock()

    async def send(command: Command) -> dict[str, Any]:
        await change(writing(database, clock=clock), command)
        project: Project = (await stored(database)).project
        return {part.id: (part.created, part.modified) for part in project.project_parts or ()}

    changes: list[dict[str, Any]] = [
        {"id": "a", "title": "x"},
        {"id": "b", "title": "x", "modified": NOON},
    ]
    times = await send(UpdateProjectParts(project_id="project-1", parts=changes))
    assert times == {"a": (old, clock.now), "b": (old, NOON), "c": (old, old)}
    money: list[dict[str, Any]] = [{"cost": Decimal(1)}]
    times = await send(
        AddProjectTransactions(project_id="project-1", owner={"part_id": "c"}, transactions=money)
    )
    assert times["c"] == (old, clock.now)
    times = await send(AddProjectParts(project_id="project-1", parts=[{"title": "new"}]))
    (new,) = set(times) - {"a", "b", "c"}
    assert times[new] == (clock.now, clock.now)


async def test_the_lists_of_a_part_are_replaced_when_given_and_kept_when_not(
    database: Database,
) -> None:
    """Tasks and transactions with an id are those that are there."""
    await imported(database, make_rich())
    given: dict[str, Any] = {
        "id": "part-0",
        "title": "x",
        "tasks": [{"text": "new"}, {"id": "part-0-task", "comment": "kept"}],
    }

    await change(writing(database), UpdateProjectParts(project_id="project-1", parts=[given]))

    part, other = (await stored(database)).project.project_parts or []
    assert [task.text for task in part.tasks or ()] == ["new", "do"]
    assert ids(part.transactions) == ["part-0-money"]
    assert ids(other.tasks) == ["part-1-task"]
    foreign: dict[str, Any] = {"id": "part-0", "tasks": [{"id": "part-1-task"}]}
    outcome = await change(
        writing(database), UpdateProjectParts(project_id="project-1", parts=[foreign])
    )
    assert told(outcome) == [("NOT_FOUND", "parts.0.tasks.0.id")]

"""Project documents for tests: one whole one, the example documents, and many different ones from a number."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, select

from projectgate.data import graphs
from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS, Project

DOCUMENTS = Path(__file__).parents[1] / "data" / "documents"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def make_project(**changes: Any) -> Project:
    """A whole and valid project; a test names only what it is about. Nested documents may be dicts."""
    values: dict[str, Any] = {
        "id": "project-1",
        "project_number": "P-1",
        "name": "Bathroom of the Hansens",
        "type": "bathroom",
        "project_type_name": "Bathroom",
        "project_category": "Service",
        "status": "Active",
        "created": NOON,
        "modified": NOON,
        "store_id": "store-oslo",
        "version_id": "v1",
    }
    project = Project.new(**(values | changes))
    identify(project)
    project.recalculate()
    return project


def identify(project: Project) -> None:
    """Gives an id to each line, part, task and transaction that has none."""
    owners = [*(project.project_parts or ()), *(project.change_orders or ())]
    for kind, items in (
        ("line", project.products or ()),
        ("owner", owners),
        ("transaction", project.transactions or ()),
        *(("task", owner.tasks or ()) for owner in owners),
        *(("transaction", owner.transactions or ()) for owner in owners),
    ):
        for number, item in enumerate(items, 1):
            item.id = item.id or f"{project.id}-{kind}-{number}"


def example_projects() -> list[Project]:
    """The example documents of the order system."""
    text = (DOCUMENTS / "projects.json").read_text()
    projects = [Project.of(one) for one in json.loads(text, parse_float=Decimal)["result"]]
    for project in projects:
        identify(project)
    return projects


# Words that differ in case, accents, script, length and code points.
NAMES = [
    None,
    "",
    "Åse Ærlig",
    "ase aerlig",
    "Østby & Sønner",
    "ostby",
    "Zoë",
    "zoe\u0301",
    "STRASSE",
    "Straße",
    "éa",
    "e",
    "E",
    "😀 smil",
    "\uffff",
    "\U0001f6bf dusj",
    "O'Brien",
    '"quoted" OR x',
    "a-b_c*",
    "مرحبا",
    "İstanbul",
]
STATUSES = [
    None,
    "New",
    "Active",
    "OnHold",
    "Completed",
    "WorkflowCompleted",
    "CancelledByCustomer",
    "CancelledByPartner",
    "cancelledbypartner",
    "Venter",
]
STORES = ["store-oslo", "store-bergen", "store-tromso"]
PARTNERS = ["partner-el", "partner-ror", "partner-flis"]
TAGS = ["haster", "Haster", "VIP", "gave"]
CODES = ["0001", "0150", "1299", "5003", "00100", "SW1A 1AA"]
MAILS = ["ola@example.test", "OLA@example.test", "kari+x@example.test", "\u00f8@example.test"]
PHONES = ["+47 92604698", "+4792604698", "22 33 44 55"]


def some_projects(count: int, seed: int = 1) -> list[Project]:
    """Many projects that differ in everything a search looks at; the same number, the same projects."""
    random = Random(seed)
    return [_some_project(random, number) for number in range(count)]


def _some_project(random: Random, number: int) -> Project:
    def some(values: list[Any], most: int = 2) -> list[Any]:
        return random.sample(values, random.randint(0, min(most, len(values))))

    def moment() -> datetime | None:
        days = random.randint(-5, 5)
        return (
            None if days == 0 else NOON + timedelta(days=days, microseconds=random.choice([0, 1]))
        )

    def money() -> Decimal:
        return Decimal(random.choice(["0", "-12.5", "0.0000000001", "999999999999999999", "7"]))

    def person() -> dict[str, Any]:
        return {
            "first_name": random.choice(NAMES),
            "last_name": random.choice(NAMES),
            "email": random.choice([None, *MAILS]),
            "phone": random.choice([None, *PHONES]),
        }

    def address() -> dict[str, Any]:
        return {
            "city": random.choice(NAMES),
            "postal_code": random.choice([None, *CODES]),
            "purposes": random.choice([None, ["Delivery"], ["Billing", "Delivery"]]),
        }

    def partner(partner_id: str) -> dict[str, Any]:
        return {"id": partner_id, "name": random.choice(NAMES)}

    def line() -> dict[str, Any]:
        return {
            "name": random.choice(NAMES),
            "sku_id": random.choice([None, "SKU-001", "sku-001", "SKU-002"]),
            "product_id": random.choice([None, "P1", "P2"]),
            "order_id": random.choice([None, "10207", "10208"]),
            "status": random.choice([None, "Active", "Cancelled", "Shipped"]),
            "cancellation_code": random.choice([None, "Defect", "Late"]),
        }

    def transaction() -> dict[str, Any]:
        return {"revenue": money(), "cost": money(), "budget_revenue": money()}

    def owner(kind: str, place: int) -> dict[str, Any]:
        transactions = [transaction() for _ in range(random.randint(0, 2))]
        return {"id": f"{kind}-{number}-{place}", "transactions": transactions}

    steps = [
        {"id": f"step-{place}", "name": name, "current": place == 0}
        for place, name in enumerate(some(NAMES))
    ]
    has_one_partner = random.random() < 0.3
    return make_project(
        # Ids differ in case and length, so that their order shows.
        id=f"{random.choice(['p', 'P', 'pé'])}{random.randint(0, 9)}-{number}",
        project_number=random.choice([None, "P-1", f"P-{number}"]),
        name=random.choice(NAMES),
        external_reference=random.choice([None, "EXT/1470"]),
        type=random.choice([None, "bathroom", "claim"]),
        project_type_name=random.choice(NAMES),
        project_category=random.choice([None, "Service", "Claim"]),
        status=random.choice(STATUSES),
        created=moment() or NOON,
        modified=moment() or NOON,
        deadline=moment(),
        project_date=moment(),
        external_ids=[
            {"id": random.choice(["1", "2"]), "provider_name": random.choice([None, "CRM", "ERP"])}
            for _ in range(random.randint(0, 2))
        ],
        tags=some(TAGS, 3),
        customer=random.choice(
            [
                None,
                {
                    "id": random.choice([None, "c-1", "c-2"]),
                    "name": random.choice(NAMES),
                    **person(),
                    "address": random.choice([None, address()]),
                    "addresses": random.choice([None, [address(), address()]]),
                },
            ]
        ),
        contact_persons=[person() for _ in range(random.randint(0, 2))],
        store_contact=random.choice([None, person()]),
        store_id=random.choice([None, *STORES]),
        stores=[{"store_id": store} for store in some(STORES)],
        addresses=[address() for _ in range(random.randint(0, 2))],
        partner=partner(random.choice(PARTNERS)) if has_one_partner else None,
        partners=[] if has_one_partner else [partner(one) for one in some(PARTNERS)],
        rejected_by_partners=some(PARTNERS),
        products=[line() for _ in range(random.randint(0, 3))],
        project_parts=[owner("part", place) for place in range(random.randint(0, 2))],
        change_orders=[owner("change", place) for place in range(random.randint(0, 2))],
        transactions=[transaction() for _ in range(random.randint(0, 2))],
        project_value=money(),
        workflow_steps=steps,
        form_data=[
            {"key": random.choice(["color", "size"]), "value": random.choice([None, "red", "L"])}
            for _ in range(random.randint(0, 3))
        ],
    )


def many_projects() -> list[Project]:
    """The example projects and many others."""
    return [*example_projects(), *some_projects(120)]


async def store(database: Database, projects: Iterable[Project]) -> None:
    """Writes projects as version 1."""
    async with database.transaction() as transaction:
        await graphs.insert_many(transaction, [(project, 1) for project in projects])


async def ids_of(database: Database, condition: ColumnElement[bool]) -> set[str]:
    """The ids of the projects that meet a condition."""
    return {row.id for row in await database.run(select(PROJECTS.c.id).where(condition))}

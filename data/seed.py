"""Made-up documents out of a number: the same number gives the same documents.

The first project is always `project-123`, which examples and documentation speak of.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from .catalogue import (
    EVERYTHING,
    GOODS,
    KINDS,
    REASONS,
    STORES,
    TAGS,
    Goods,
    Kind,
    check,
    step,
    type_document,
)
from .made_up import Pieces, Sum, money

# The newest project is made shortly before this.
START = datetime(2026, 11, 1, 12, tzinfo=UTC)
EXAMPLE = "project-123"


def types() -> Iterator[dict[str, Any]]:
    """The documents of the six project types."""
    return map(type_document, KINDS.values())


def documents(count: int, seed: int = 1, start: datetime = START) -> Iterator[dict[str, Any]]:
    """The documents of projects, the example first. Fewer are the beginning of more."""
    if count > 0:
        yield _example(start)
    maker = _Maker(seed, start)
    for number in range(1, count):
        yield maker.project(f"project-{1000 + number}")


def _example(start: datetime) -> dict[str, Any]:
    """The project of the documentation: two lines, both active. It does not depend on the number."""
    maker = _Maker(123, start)
    document = maker.project(EXAMPLE, KINDS["claim"], at_step=1)
    lines = [Goods("SKU-001", "Dusjdør 90 cm"), Goods("SKU-002", "Dusjhode")]
    return document | {
        "name": "Claim for order 10234",
        "status": "Active",
        "canceled": None,
        "cancellationCode": None,
        "cancellationReason": None,
        "storeId": "store-oslo",
        "stores": [],
        "products": [maker.pieces.line(goods, "10234", "ClaimOrder", "Active") for goods in lines],
    }


class _Maker:
    """Makes one document after the other, with all members of OmniumProject."""

    def __init__(self, seed: int, start: datetime) -> None:
        self._random = Random(seed)
        self._start = start
        self._project = ""
        self.pieces = Pieces(self._random, seed)

    def project(
        self, project_id: str, kind: Kind | None = None, at_step: int | None = None
    ) -> dict[str, Any]:
        """A whole document."""
        random, pieces = self._random, self.pieces
        self._project = project_id
        pieces.begin(project_id)
        if kind is None:
            # Every type occurs, the retired one seldom.
            (kind,) = random.choices(list(KINDS.values()), (20, 40, 15, 15, 15, 1))
        if at_step is None:
            at_step = random.randrange(len(kind.steps)) if kind.steps else 0
        created = self._start - timedelta(seconds=random.randrange(400 * 86_400))
        modified = created + timedelta(seconds=random.randrange(20 * 86_400), milliseconds=120)
        status = self._status(kind, at_step)
        canceled = status.startswith("Cancelled")
        code = random.choice(list(REASONS)) if canceled else None
        steps = self._steps(kind, at_step, created)
        store = random.choice(list(STORES))
        order = str(10_000 + random.randrange(90_000))
        customer = pieces.customer()
        partners = pieces.partners(kind)
        summary, total = Sum(), Sum()
        transactions = [
            pieces.transaction(summary, total) for _ in range(random.choice((0, 1, 1, 2, 3)))
        ]
        parts = [pieces.part(total, created) for _ in range(random.choice((0, 0, 0, 1, 2)))]
        changes = [pieces.change(total, created) for _ in range(random.choice((0, 0, 0, 0, 1)))]
        paid = transactions or any(owner["transactions"] for owner in [*parts, *changes])
        additional = money(random.choice((0, 0, 0, 9_995)))
        wish = money(random.randrange(1_000, 90_000) * 100)
        return {
            "id": project_id,
            "projectNumber": f"PN{random.randrange(1_000_000):06d}",
            "name": f"{kind.name} {customer['name'] or customer['lastName']}",
            "type": kind.id,
            "projectTypeName": kind.name,
            "projectCategory": kind.category,
            "subType": random.choice((None, "Standard")),
            "status": status,
            "created": pieces.time(created),
            "modified": pieces.time(modified),
            "canceled": pieces.time(modified) if canceled else None,
            "cancellationCode": code,
            "cancellationReason": REASONS[code] if code else None,
            "deadline": pieces.time(self._start + timedelta(hours=random.randrange(-480, 960)))
            if random.random() < 0.8
            else None,
            "projectDate": pieces.time(created + timedelta(days=random.randrange(60))),
            "externalReference": random.choice((None, f"EXT/{order}")),
            "externalIds": [{"id": order, "providerName": "CRM"}] if random.random() < 0.3 else [],
            "tags": random.sample(TAGS, random.choice((0, 1, 1, 2))),
            "publicUrl": f"https://prosjekt.example.test/{project_id}",
            "customer": customer,
            "contactPersons": [pieces.contact() for _ in range(random.choice((0, 1, 1, 2)))],
            "storeContact": pieces.contact() if random.random() < 0.9 else None,
            "storeId": store,
            "stores": [
                pieces.store(other)
                for other in random.sample(list(STORES), random.choice((0, 0, 0, 1)))
                if other != store
            ],
            "addresses": [pieces.address("Delivery")],
            "partner": None,
            "partners": partners,
            "hasMultiplePartners": len(partners) > 1,
            "rejectedByPartners": [],
            "partnerCheckList": [check("Nøkler mottatt")] if partners else [],
            "products": [
                self._line_of(kind, order)
                for _ in range(random.choice((1, 1, 2, 2, 3, 3, 4, 5, 8)))
            ],
            "projectParts": parts,
            "changeOrders": changes,
            "transactions": transactions,
            "transactionSummary": summary.document() if transactions else None,
            "projectTransactionTotal": total.document() if paid else None,
            "projectValue": total.value + additional if paid else wish,
            "projectBudgetValue": total.budget if paid else wish,
            "projectAdditionalValue": additional,
            "workflowStep": next((one for one in steps if one["current"]), None),
            "workflowSteps": steps,
            "logItems": self._log(steps, at_step, created),
            "comments": pieces.comments("ProjectInternalComment"),
            "customerComments": pieces.comments("ProjectCustomerComment"),
            "formData": [pieces.property("rom", random.choice(("bad", "stue", "kjøkken")))],
            "attachments": [],
            "attachmentsRootDirectory": f"projects/{project_id}",
            "errors": [],
            "versionId": pieces.new_id("v"),
        }

    def _line_of(self, kind: Kind, order: str) -> dict[str, Any]:
        status = self._random.choice(("Active", "Active", "Active", "Cancelled", "Shipped"))
        goods = self._random.choice(GOODS.get(kind.id, EVERYTHING))
        return self.pieces.line(goods, order, kind.order_type, status)

    def _status(self, kind: Kind, at_step: int) -> str:
        chance = self._random.random()
        if chance < 0.08:
            return self._random.choice(
                ("CancelledByCustomer", "CancelledByPartner", "CancelledByInternal")
            )
        if chance < 0.12:
            return "OnHold"
        if kind.finishes and at_step == len(kind.steps) - 1:
            return "Completed"
        return "Active" if at_step else "New"

    def _steps(self, kind: Kind, at_step: int, created: datetime) -> list[dict[str, Any]]:
        steps = [step(kind, place) for place in range(len(kind.steps))]
        for place, one in enumerate(steps[: at_step + 1]):
            one["startDate"] = self.pieces.time(created + timedelta(days=3 * place))
            if place < at_step:
                one["dateCompleted"] = self.pieces.time(created + timedelta(days=3 * place + 3))
            else:
                one["current"] = True
        return steps

    def _log(self, steps: list[Any], at_step: int, created: datetime) -> list[dict[str, Any]]:
        items = []
        for place in range(at_step, -1, -1):
            moved = place > 0
            items.append(
                {
                    "id": self.pieces.new_id("log"),
                    "projectId": self._project,
                    "date": self.pieces.time(created + timedelta(days=3 * place)),
                    "user": "butikk@example.test",
                    "text": "Trinn endret" if moved else "Prosjekt opprettet",
                    "comment": None,
                    "data": None,
                    "previousWorkflowStepName": steps[place - 1]["name"] if moved else None,
                    "newWorkflowStepName": steps[place]["name"] if steps else None,
                    "dueDate": None,
                    "dueText": None,
                    "hidden": False,
                    "hiddenFromCustomer": False,
                    "hiddenFromPartner": False,
                }
            )
        return items

"""Documents as the REST API has them: the examples, a bare one, and one that has everything at every depth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from projectgate.data import project_types
from projectgate.data.database import Database
from projectgate.data.project_types import ProjectType
from projectgate.data.projects import Project
from projectgate.resolvers.records import IMPORT, Write, record

FOLDER = Path(__file__).parents[1] / "data" / "documents"
IMPORTED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

JsonObject = dict[str, Any]


@cache
def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def project_documents() -> list[JsonObject]:
    """The example projects; their product lines have ids, which import would make."""
    answer = json.loads(_text("projects.json"), parse_float=Decimal)
    documents: list[JsonObject] = answer["result"]
    for document in documents:
        for place, line in enumerate(document.get("products") or ()):
            line["id"] = f"{document['id']}-line-{place}"
    return documents


def type_documents() -> list[JsonObject]:
    """The example project types."""
    documents: list[JsonObject] = json.loads(_text("project-types.json"), parse_float=Decimal)
    return documents


def make_document(project_id: str = "project-1", **changes: Any) -> JsonObject:
    """A project with what it must have, and what is given."""
    return {
        "id": project_id,
        "created": "2026-01-01T08:00:00Z",
        "modified": "2026-01-02T08:00:00Z",
        "status": "Active",
        "storeId": "store-oslo",
    } | changes


class _Full:
    """Makers of nested documents that have `each` of everything."""

    def __init__(self, each: int) -> None:
        self.each = each

    def every(self, make: Callable[[str], Any], owner: str) -> list[Any]:
        return [make(f"{owner}-{place}") for place in range(self.each)]

    def properties(self) -> list[JsonObject]:
        return self.every(lambda key: {"key": key, "value": "x", "valueType": "String"}, "key")

    def address(self, name: str) -> JsonObject:
        lists = {"purposes": ["Delivery"], "properties": self.properties()}
        return {"name": name, "city": "Oslo"} | lists

    def person(self, name: str) -> JsonObject:
        return {
            "id": name,
            "firstName": "Kari",
            "lastName": name,
            "roles": ["Owner"],
            "address": self.address(name),
            "externalIds": [{"id": name, "providerName": "crm"}],
            "properties": self.properties(),
        }

    def partner(self, name: str) -> JsonObject:
        return {
            "id": name,
            "name": f"Partner {name}",
            "address": self.address(name),
            "addresses": self.every(self.address, name),
            "contacts": self.every(self.person, name),
            "properties": self.properties(),
        }

    def transaction(self, name: str) -> JsonObject:
        amounts = {"revenue": "10.5", "cost": 3, "budgetRevenue": 12, "budgetCost": "2.25"}
        return {"id": name, "description": name} | amounts

    def task(self, name: str) -> JsonObject:
        return {"id": f"task-{name}", "text": name, "properties": self.properties()}

    def owner(self, name: str) -> JsonObject:
        return {
            "id": name,
            "title": name,
            "cartIds": ["cart-1"],
            "tasks": self.every(self.task, name),
            "transactions": self.every(self.transaction, name),
            "properties": self.properties(),
        }

    def step(self, name: str) -> JsonObject:
        ids = [{"id": name, "providerName": None}]
        return {"id": name, "name": name, "current": name.endswith("-1"), "externalIds": ids}

    def comment(self, name: str) -> JsonObject:
        return {"id": name, "detail": "x", "tags": ["a", "b"]}

    def store(self, name: str) -> JsonObject:
        return {"storeId": name, "address": self.address(name), "properties": self.properties()}

    def line(self, name: str) -> JsonObject:
        return {"id": name, "skuId": name, "quantity": 1, "properties": self.properties()}

    def customer(self, name: str) -> JsonObject:
        return {
            "customerId": name,
            "name": "Bad AS",
            "address": self.address(name),
            "addresses": self.every(self.address, name),
            "tags": ["a"],
        }


def make_full_document(project_id: str = "project-1", each: int = 2) -> JsonObject:
    """A project that has `each` of everything, at every depth."""
    full = _Full(each)

    def every(make: Callable[[str], Any]) -> list[Any]:
        return full.every(make, project_id)

    return make_document(
        project_id,
        tags=every(str),
        externalIds=every(lambda name: {"id": name, "providerName": "crm"}),
        customer=full.customer("customer"),
        contactPersons=every(full.person),
        storeContact=full.person("contact"),
        stores=every(full.store),
        addresses=every(full.address),
        partner={"customerId": "single", "name": "Alone AS", "contacts": every(full.person)},
        partners=every(full.partner),
        rejectedByPartners=every(str),
        partnerCheckList=every(lambda name: {"text": name, "isCompleted": True}),
        products=every(full.line),
        projectParts=every(full.owner),
        changeOrders=every(full.owner),
        transactions=every(full.transaction),
        workflowSteps=every(full.step),
        logItems=every(lambda name: {"id": name, "text": name}),
        comments=every(full.comment),
        customerComments=every(full.comment),
        formData=every(lambda name: {"key": name, "value": "x"}),
        attachments=every(lambda name: {"assetId": name, "properties": full.properties()}),
        errors=every(lambda name: {"key": name, "message": "x"}),
    )


async def store_documents(database: Database, documents: Iterable[JsonObject]) -> None:
    """Writes new projects as an import does: version 1 of each, with its log row."""
    writes = [Write(None, Project.of(document)) for document in documents]
    async with database.transaction() as transaction:
        await record(transaction, writes, actor="importer", operation=IMPORT, at=IMPORTED_AT)


async def store_types(database: Database, documents: Sequence[JsonObject]) -> None:
    """Writes project types in their order."""
    types = [ProjectType.of(document) for document in documents]
    async with database.transaction() as transaction:
        await project_types.replace_many(transaction, types, range(1, len(types) + 1))

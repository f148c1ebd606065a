"""The benchmark's data set: Omnium documents of 16 rows each, made from a number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from projectgate.data.base import dumps, loads

SEED = 1
PRODUCTS, PARTNERS, TRANSACTIONS = 8, 2, 5
ROWS = 1 + PRODUCTS + PARTNERS + TRANSACTIONS
NEWEST = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "var" / "benchmarks"
# Documents as the order system writes them, which are larger than those made here.
OMNIUM = ROOT / "tests" / "data" / "documents" / "projects.json"

_GOODS = ("Servantskap hvit 60 cm", "Dusjdør 90 cm", "Benkeplate laminat", "Kjøkkenfront eik")
_FIRMS = ("Fjellvik Bygg AS", "Nordlys Montering", "Rør og Flis AS", "Elvebakken Elektro")
_WORK = ("Arbeid og materiell", "Frakt til adresse", "Tillegg for demontering")
_STATUSES = ("New", "Active", "Active", "Completed", "OnHold")


def project_id(place: int) -> str:
    """The id of the project at a place of the data set."""
    return f"benchmark-{place:07d}"


def sku(place: int, line: int) -> str:
    """The sku of a line of a project, which no other line of it has."""
    return f"SKU-{place % 1000:03d}-{line}"


def documents(count: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """The documents of so many projects. Fewer are the beginning of more."""
    random = Random(seed)
    return (_document(random, place) for place in range(count))


def _document(random: Random, place: int) -> dict[str, Any]:
    created = NEWEST - timedelta(seconds=random.randrange(400 * 86_400), microseconds=1000 * place)
    order = str(10_000 + random.randrange(90_000))
    transactions = [_transaction(random, place, line) for line in range(TRANSACTIONS)]
    value = sum((row["revenue"] - row["cost"] for row in transactions), Decimal(0))
    return {
        "id": project_id(place),
        "projectNumber": f"PN{place:07d}",
        "name": f"Claim for order {order}",
        "type": "claim",
        "projectTypeName": "Claim",
        "status": random.choice(_STATUSES),
        "created": _time(created),
        "modified": _time(created + timedelta(seconds=random.randrange(20 * 86_400))),
        "deadline": _time(created + timedelta(days=random.randrange(60))),
        "storeId": f"store-{place % 40}",
        "products": [_product(random, place, line, order) for line in range(PRODUCTS)],
        "partners": [_partner(random, place, line) for line in range(PARTNERS)],
        "transactions": transactions,
        "projectValue": value,
    }


def _product(random: Random, place: int, line: int, order: str) -> dict[str, Any]:
    return {
        "name": random.choice(_GOODS),
        "skuId": sku(place, line),
        "quantity": random.choice((1, 1, 2, 4, Decimal("2.5"))),
        "status": random.choice(("Active", "Active", "Shipped", "Cancelled")),
        "orderId": order,
    }


def _partner(random: Random, place: int, line: int) -> dict[str, Any]:
    number = (place + 7 * line) % 500
    firm = random.choice(_FIRMS)
    return {
        "id": f"partner-{number:03d}-{line}",
        "name": f"{firm} {number}",
        "role": "Installer" if line else "Contractor",
    }


def _transaction(random: Random, place: int, line: int) -> dict[str, Any]:
    cents = random.randrange(50_000, 9_000_000)
    return {
        "id": f"{project_id(place)}-{line}",
        "description": random.choice(_WORK),
        "revenue": Decimal(cents).scaleb(-2),
        "cost": Decimal(cents * random.randrange(40, 110) // 100).scaleb(-2),
        "budgetRevenue": Decimal(cents).scaleb(-2),
        "budgetCost": Decimal(cents // 2).scaleb(-2),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def repeated(count: int) -> Iterator[dict[str, Any]]:
    """So many documents as the order system writes them: those of the tests, each time with other ids."""
    originals = loads(OMNIUM.read_bytes())["result"]
    for place in range(count):
        lap, index = divmod(place, len(originals))
        document = originals[index]
        yield document | {"id": f"{document['id']}-{lap}"}


def written(name: str, made: Iterator[dict[str, Any]]) -> Path:
    """A file with a document a line, in the folder that git ignores."""
    path = FOLDER / f"{name}.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(dumps(document) + b"\n" for document in made)
    return path

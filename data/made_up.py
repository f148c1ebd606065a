"""The pieces that made-up documents consist of: people, places, lines, money, parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from .catalogue import CHANGES, PARTNERS, PARTS, REASONS, REMARKS, STORES, TASKS, Goods, Kind
from .money import percent

# Names and streets that are made up once and then drawn from.
_POOL = 400
_COUNTRIES = (
    ("NO", "Norge"),
    ("NO", "Norge"),
    ("SE", "Sverige"),
    ("DK", "Danmark"),
    ("FI", "Finland"),
)


def money(cents: int) -> Decimal:
    """An amount out of cents."""
    return Decimal(cents).scaleb(-2)


def _amounts(revenue: int, cost: int, budget_revenue: int, budget_cost: int) -> dict[str, Any]:
    """The amounts of a transaction out of cents, with what is calculated from them."""
    value, budget = revenue - cost, budget_revenue - budget_cost
    return {
        "revenue": money(revenue),
        "cost": money(cost),
        "budgetRevenue": money(budget_revenue),
        "budgetCost": money(budget_cost),
        "value": money(value),
        "budgetValue": money(budget),
        "budgetDeviation": money(value - budget),
        "budgetDeviationPercent": percent(money(value - budget), money(budget)) or 0,
    }


class Sum:
    """A sum of transactions in cents."""

    def __init__(self) -> None:
        self.cents = [0, 0, 0, 0]

    def add(self, cents: list[int]) -> None:
        """Adds the four amounts of a transaction."""
        self.cents = [mine + others for mine, others in zip(self.cents, cents, strict=True)]

    def document(self) -> dict[str, Any]:
        """The summary: a transaction without id."""
        return {"id": None, "description": None, **_amounts(*self.cents)}

    @property
    def value(self) -> Decimal:
        """Revenue less cost."""
        return money(self.cents[0] - self.cents[1])

    @property
    def budget(self) -> Decimal:
        """Budgeted revenue less budgeted cost."""
        return money(self.cents[2] - self.cents[3])


class Pieces:
    """Makes the pieces of one project after the other, all out of one source of chance."""

    def __init__(self, random: Random, salt: int) -> None:
        # Slow to import, and only needed here.
        from mimesis import Address, Person
        from mimesis.locales import Locale

        self._random = random
        self._project = ""
        self._ids = 0
        self._people: list[tuple[str, str]] = []
        self._places: list[tuple[str, str, str, tuple[str, str]]] = []
        locales = (Locale.NO, Locale.NO, Locale.SV, Locale.DA, Locale.FI)
        for locale, country in zip(locales, _COUNTRIES, strict=True):
            seed = f"{salt} {len(self._people)}"
            person, address = Person(locale, seed=seed), Address(locale, seed=seed)
            for _ in range(_POOL // len(locales)):
                self._people.append((person.first_name(), person.last_name()))
                place = address.street_name(), address.postal_code(), address.city(), country
                self._places.append(place)

    def begin(self, project: str) -> None:
        """From now on the pieces are of this project."""
        self._project, self._ids = project, 0

    def line(self, goods: Goods, order: str, order_type: str, status: str) -> dict[str, Any]:
        """A line of a product list."""
        code = self._random.choice(list(REASONS)) if status == "Cancelled" else None
        return {
            "name": goods.name,
            "skuId": goods.sku,
            "productId": f"P-{goods.sku.partition('-')[0]}",
            "quantity": self._random.choice((1, 1, 1, 2, 4, Decimal("2.5"))),
            "status": status,
            "cancellationCode": code,
            "cancellationReason": REASONS[code] if code else None,
            "properties": [self.property("farge", "hvit")] if self._random.random() < 0.3 else [],
            "referenceType": self._random.choice((None, "Feil", "Mangel")),
            "orderType": order_type,
            "orderId": order,
        }

    def transaction(self, *sums: Sum) -> dict[str, Any]:
        """A transaction, added to sums. Source: OmniumProjectTransaction."""
        random = self._random
        revenue, budget = random.randrange(50_000, 9_000_000), random.randrange(50_000, 9_000_000)
        cents = [
            revenue,
            revenue * random.randrange(40, 110) // 100,
            budget,
            budget * random.randrange(50, 90) // 100,
        ]
        for one in sums:
            one.add(cents)
        return {"id": self.new_id("tr"), "description": "Arbeid og materiell", **_amounts(*cents)}

    def part(
        self, total: Sum, created: datetime, titles: tuple[str, ...] = PARTS
    ) -> dict[str, Any]:
        """A part of the work. Source: ProjectPart."""
        random, summary = self._random, Sum()
        transactions = [self.transaction(summary, total) for _ in range(random.choice((0, 1, 2)))]
        return {
            "id": self.new_id("part"),
            "title": random.choice(titles),
            "description": None,
            "status": random.choice(("Sent", "Approved", "Rejected", "Cancelled")),
            "cartIds": [self.new_id("cart")],
            "tasks": [self.task(created) for _ in range(random.choice((0, 1, 2)))],
            "transactions": transactions,
            "transactionSummary": summary.document(),
            "properties": [],
            "created": self.time(created),
            "modified": self.time(created),
        }

    def change(self, total: Sum, created: datetime) -> dict[str, Any]:
        """A change order, approved or not. Source: ChangeOrder."""
        part = self.part(total, created, CHANGES)
        approved = part["status"] == "Approved"
        part["approved"] = (
            self.time(created + timedelta(days=2)) if approved else "0001-01-01T00:00:00"
        )
        part["approvedBy"] = "butikk@example.test" if approved else None
        return part

    def task(self, created: datetime) -> dict[str, Any]:
        """Something to do. Source: Task."""
        done = self._random.random() < 0.5
        return {
            "id": self.new_id("task"),
            "text": self._random.choice(TASKS),
            "comment": None,
            "isCompleted": done,
            "completed": self.time(created + timedelta(days=1)) if done else None,
            "completedById": "u7" if done else None,
            "completedByName": "Aino" if done else None,
            "created": self.time(created),
            "properties": [],
        }

    def customer(self) -> dict[str, Any]:
        """A private person or a business. Source: OmniumProjectCustomer."""
        first, last = self._random.choice(self._people)
        number = self._random.randrange(100_000)
        business = self._random.random() < 0.2
        return {
            "customerId": f"customer-{number}",
            "customerNumber": f"K{number}",
            "firstName": None if business else first,
            "lastName": None if business else last,
            "email": f"kunde.{number}@example.test",
            "phone": self._phone(),
            "address": self.address("Billing"),
            "addresses": [],
            "tags": [],
            "fullName": None if business else f"{first} {last}",
            "name": f"{last} Bygg AS" if business else None,
            "taxId": f"{900_000_000 + number}" if business else None,
        }

    def contact(self) -> dict[str, Any]:
        """A person to talk to. Source: ContactPerson."""
        first, last = self._random.choice(self._people)
        return {
            "id": self.new_id("person"),
            "firstName": first,
            "lastName": last,
            "email": f"{self._random.randrange(100_000)}.post@example.test",
            "phone": self._phone(),
            "role": None,
            "roles": ["Eier"],
            "isPrimaryContact": False,
            "notify": True,
            "address": None,
            "privateCustomerId": None,
            "externalIds": [],
            "properties": [],
        }

    def partners(self, kind: Kind) -> list[dict[str, Any]]:
        """Partners that the type allows. Source: ProjectPartner."""
        allowed = list(PARTNERS) if kind.partners is None else kind.partners
        most = min(2 if kind.several_partners else 1, len(allowed))
        chosen = self._random.sample(allowed, self._random.randint(0, most))
        return [
            {
                "id": partner,
                "name": PARTNERS[partner][0],
                "email": f"{partner}@example.test",
                "phone": self._phone(),
                "role": PARTNERS[partner][1],
                "address": self.address(None),
                "addresses": [],
                "contacts": [],
                "properties": [],
            }
            for partner in chosen
        ]

    def store(self, store: str) -> dict[str, Any]:
        """An additional store. Source: ProjectStore."""
        name, line, code, city = STORES[store]
        return {
            "storeId": store,
            "name": name,
            "email": f"{store}@example.test",
            "phone": self._phone(),
            "role": "Levering",
            "address": {"line1": line, "postalCode": code, "city": city, "countryCode": "NO"},
            "properties": [],
        }

    def address(self, purpose: str | None) -> dict[str, Any]:
        """A postal address. Source: Address."""
        street, code, city, (country, country_name) = self._random.choice(self._places)
        return {
            "name": None,
            "line1": f"{street} {self._random.randrange(1, 100)}",
            "line2": None,
            "postalCode": code,
            "city": city,
            "countryCode": country,
            "countryName": country_name,
            "purposes": [purpose] if purpose else [],
            "properties": [],
        }

    def comments(self, kind: str) -> list[dict[str, Any]]:
        """A comment, or none. Source: Comment."""
        return [
            {
                "id": self.new_id("comment"),
                "objectId": self._project,
                "objectType": "Project",
                "type": kind,
                "title": "Spørsmål",
                "detail": self._random.choice(REMARKS),
                "creator": self._random.choice(self._people)[0],
                "userId": "u7",
                "parentId": None,
                "tags": [],
            }
            for _ in range(self._random.choice((0, 0, 1)))
        ]

    def property(self, key: str, value: str) -> dict[str, Any]:
        """A custom property. Source: PropertyItem."""
        return {"key": key, "value": value, "keyGroup": None, "valueType": "String"}

    def _phone(self) -> str:
        return f"+47 9{self._random.randrange(10_000_000):07d}"

    def new_id(self, kind: str) -> str:
        """An id that is this piece's own."""
        self._ids += 1
        return f"{self._project}-{kind}-{self._ids}"

    @staticmethod
    def time(moment: datetime) -> str:
        """A moment as documents have it."""
        return moment.isoformat().replace("+00:00", "Z")

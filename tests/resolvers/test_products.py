"""Lists of product lines replaced: what is kept, made and removed, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.resolvers.changes import change
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import ReplaceProducts
from tests.make.projects import make_project
from tests.make.writes import (
    changed_paths,
    dump,
    ids,
    imported,
    make_claim,
    make_line,
    stored,
    told,
    writing,
)

pytestmark = pytest.mark.anyio


async def replace(database: Database, products: Any, **options: Any) -> Outcome:
    """The outcome of giving project-1 a new product list."""
    command = ReplaceProducts(project_id="project-1", products=products, **options)
    return await change(writing(database), command)


async def test_a_replaced_list_keeps_lines_with_ids_makes_others_and_removes_the_rest(
    database: Database,
) -> None:
    """In the order given."""
    await imported(database, make_claim())
    outcome = await replace(
        database,
        [
            {"sku_id": "SKU-003", "name": "Tap"},
            {"id": "line-2", "quantity": Decimal("2.5")},
        ],
    )
    assert outcome.faults == []
    tap, chain = (await stored(database)).project.products or []
    assert outcome.details == {
        "added": [tap.id],
        "updated": ["line-2"],
        "removed": ["line-1"],
    }
    assert (tap.sku_id, tap.name, tap.status, tap.quantity) == (
        "SKU-003",
        "Tap",
        "Active",
        Decimal(1),
    )
    assert (chain.id, chain.name, chain.sku_id) == ("line-2", "Chain", "SKU-002")
    assert (chain.quantity, chain.status, chain.order_id) == (Decimal("2.5"), "Active", "10236")
    assert tap.id not in {"line-1", "line-2", ""}


async def test_an_empty_list_removes_all_lines(database: Database) -> None:
    """And says which."""
    await imported(database, make_claim())
    outcome = await replace(database, [])
    assert outcome.details == {"added": [], "updated": [], "removed": ["line-1", "line-2"]}
    assert (await stored(database)).project.products == []


async def test_the_order_of_lines_alone_is_a_change(database: Database) -> None:
    """It is one change, and no line counts as updated."""
    await imported(database, make_claim())
    outcome = await replace(database, [{"id": "line-2"}, {"id": "line-1"}])
    assert [tuple(change)[1:] for change in outcome.changes] == [
        (["line-1", "line-2"], ["line-2", "line-1"])
    ]
    assert changed_paths(outcome) == ["products[]"]
    assert outcome.details == {"added": [], "updated": [], "removed": []}
    assert ids((await stored(database)).project.products) == ["line-2", "line-1"]


async def test_the_list_as_it_is_changes_nothing(database: Database) -> None:
    """Ids alone name the lines as they are."""
    await imported(database, make_claim())
    before = await dump(database)
    outcome = await replace(database, [{"id": "line-1"}, {"id": "line-2", "status": "Active"}])
    assert (outcome.faults, outcome.changed) == ([], False)
    assert outcome.details == {"added": [], "updated": [], "removed": []}
    assert await dump(database) == before


async def test_null_clears_a_field_of_a_kept_line_and_absent_keeps_it(database: Database) -> None:
    """A new line is Active even when its status is null; a kept one then has none."""
    await imported(database, make_claim())
    outcome = await replace(
        database, [{"id": "line-1", "name": None, "status": None}, {"status": None, "name": "New"}]
    )
    assert outcome.faults == []
    kept, new = (await stored(database)).project.products or []
    assert (kept.name, kept.status, kept.sku_id) == (None, None, "SKU-001")
    assert (new.name, new.status, new.sku_id) == ("New", "Active", None)


async def test_all_faults_of_a_list_are_told_together_and_nothing_is_written(
    database: Database,
) -> None:
    """Several in one line among them; a line of another project is as unknown as any."""
    await imported(database, make_claim(), make_claim(id="project-2", products=[make_line(id="x")]))
    before = await dump(database)
    key = {"key": "color", "value": "white"}
    outcome = await replace(
        database,
        [
            {"id": "nope"},
            {"id": "x"},
            {"id": "line-1"},
            {"id": "line-1"},
            {"id": "line-2", "quantity": Decimal(-1), "status": " "},
            {"quantity": None},
            {"quantity": Decimal("1234567890123456789")},
            {"quantity": Decimal("0.12345678901"), "status": ""},
            {"properties": [key, key, {"key": " "}]},
            {"properties": None},
        ],
    )
    assert told(outcome) == [
        ("PRODUCT_NOT_FOUND", "products.0.id"),
        ("PRODUCT_NOT_FOUND", "products.1.id"),
        ("DUPLICATE_UPDATE", "products.3.id"),
        ("INVALID_VALUE", "products.4.status"),
        ("INVALID_VALUE", "products.4.quantity"),
        ("INVALID_VALUE", "products.5.quantity"),
        ("INVALID_VALUE", "products.6.quantity"),
        ("INVALID_VALUE", "products.7.quantity"),
        ("INVALID_VALUE", "products.7.status"),
        ("DUPLICATE_KEY", "products.8.properties.1.key"),
        ("INVALID_VALUE", "products.8.properties.2.key"),
        ("INVALID_VALUE", "products.9.properties"),
    ]
    assert "use [] to clear" in outcome.faults[-1].message
    assert "18 and 10" in outcome.faults[6].message
    assert outcome.project is None
    assert await dump(database) == before


@pytest.mark.parametrize("count", [1000, 1001])
async def test_a_list_has_up_to_1000_lines(database: Database, count: int) -> None:
    """One more is too many, and the message says both numbers."""
    await imported(database, make_claim())
    outcome = await replace(database, [{"sku_id": f"S{place}"} for place in range(count)])
    if count == 1000:
        lines = (await stored(database)).project.products or []
        assert [line.sku_id for line in lines] == [f"S{place}" for place in range(1000)]
        return
    assert told(outcome) == [("TOO_MANY", "products")]
    assert "1,001" in outcome.faults[0].message
    assert "1,000" in outcome.faults[0].message


async def test_a_list_that_is_null_is_refused(database: Database) -> None:
    """The way out is in the message."""
    await imported(database, make_claim())
    outcome = await replace(database, None)
    assert told(outcome) == [("INVALID_VALUE", "products")]
    assert "use [] to clear" in outcome.faults[0].message


async def test_only_what_is_given_is_judged(database: Database) -> None:
    """An imported line may have what a caller may not give; it can be kept as it is."""
    key = {"key": "color", "value": "white"}
    odd = make_line(quantity=-3, status="", properties=[key, key])
    await imported(database, make_project(products=[odd]))
    outcome = await replace(database, [{"id": "line-1", "name": "Other"}])
    assert changed_paths(outcome) == ["products[line-1].name"]
    (line,) = (await stored(database)).project.products or []
    assert (line.quantity, line.status, len(line.properties or [])) == (Decimal(-3), "", 2)


@pytest.mark.parametrize("quantity", ["0", "0.0000000001", "999999999999999999.9999999999", "2.50"])
async def test_quantities_are_exact(database: Database, quantity: str) -> None:
    """Up to 18 digits before and 10 after the point."""
    await imported(database, make_claim())
    await replace(database, [{"quantity": Decimal(quantity)}])
    (line,) = (await stored(database)).project.products or []
    assert line.quantity == Decimal(quantity)


async def test_members_of_a_line_that_the_schema_lacks_are_kept(database: Database) -> None:
    """A kept line is the same document, updated."""
    line = make_line(properties=[{"key": "color", "value": "white", "xNested": {"deep": [1]}}])
    project = make_project(products=[line | {"warehouse": "W1"}])
    await imported(database, project)
    await replace(database, [{"id": "line-1", "name": "Other"}])
    (kept,) = (await stored(database)).project.products or []
    assert kept.unknown == {"warehouse": "W1"}
    assert kept.json_object()["properties"][0]["xNested"] == {"deep": [1]}


async def test_lines_kept_as_they_are_are_not_told_as_updated(database: Database) -> None:
    """Also when the document had null where the input has an empty list."""
    await imported(database, make_project(products=[make_line(id="a", properties=None)]))
    outcome = await replace(database, [{"id": "a", "properties": []}])
    assert (outcome.changed, outcome.details["updated"]) == (False, [])

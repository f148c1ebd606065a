"""Statuses of product lines: which line a SKU means, what is kept, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.projects import Project
from projectgate.resolvers.changes import change
from projectgate.resolvers.errors import AmbiguousProduct
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.products import StatusUpdate, UpdateProductStatus
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


async def update(database: Database, *updates: StatusUpdate, **options: Any) -> Outcome:
    """The outcome of status updates to project-1."""
    command = UpdateProductStatus(project_id="project-1", product_status_updates=updates, **options)
    return await change(writing(database), command)


def make_ambiguous() -> Project:
    """A project with a sku on two orders, the same in other case, and with a blank."""
    return make_project(
        products=[
            make_line(id="a", sku_id="DUP-1", order_id="10207"),
            make_line(id="b", sku_id="DUP-1", order_id="10236"),
            make_line(id="c", sku_id="dup-1"),
            make_line(id="d", sku_id="DUP-1 "),
            make_line(id="e", sku_id=None, order_id=None),
        ]
    )


async def test_a_status_update_by_sku_changes_that_line_and_nothing_else(
    database: Database,
) -> None:
    """The example that REST documents."""
    await imported(database, make_claim())
    outcome = await update(
        database,
        StatusUpdate("Cancelled", "SKU-001", None, None, "Defect", "damaged on arrival"),
    )
    assert outcome.faults == []
    assert outcome.changed
    assert [(change.path, change.before, change.after) for change in outcome.changes] == [
        ("products[line-1].status", "Active", "Cancelled"),
        ("products[line-1].cancellationCode", None, "Defect"),
        ("products[line-1].cancellationReason", None, "damaged on arrival"),
    ]
    first, second = (await stored(database)).project.products or []
    assert (first.status, first.cancellation_code) == ("Cancelled", "Defect")
    assert first.cancellation_reason == "damaged on arrival"
    assert (first.name, first.quantity, first.order_id) == ("Shower wall", Decimal(1), "10207")
    assert (second.status, second.cancellation_code) == ("Active", None)


async def test_code_and_reason_of_a_status_update_are_kept_when_absent_and_cleared_by_null(
    database: Database,
) -> None:
    """Absent keeps, null clears, each field by itself."""
    line = make_line(cancellation_code="Defect", cancellation_reason="broken", status="Cancelled")
    await imported(database, make_project(products=[line]))
    outcome = await update(database, StatusUpdate("Returned", "SKU-001"))
    assert changed_paths(outcome) == ["products[line-1].status"]
    outcome = await update(database, StatusUpdate("Returned", "SKU-001", cancellation_reason=None))
    assert changed_paths(outcome) == ["products[line-1].cancellationReason"]
    (kept,) = (await stored(database)).project.products or []
    assert (kept.cancellation_code, kept.cancellation_reason) == ("Defect", None)


@pytest.mark.parametrize("word", ["absent", "ABSENT", ""])
async def test_a_code_that_reads_like_our_mark_for_absent_is_a_text(
    database: Database, word: str
) -> None:
    """The mark is no text, so a request with one is another request than one without."""
    await imported(database, make_claim())
    outcome = await update(
        database, StatusUpdate("Active", "SKU-001", cancellation_code=word), idempotency_key="k"
    )
    assert [change.after for change in outcome.changes] == [word]
    again = await update(database, StatusUpdate("Active", "SKU-001"), idempotency_key="k")
    assert told(again) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]


async def test_a_status_update_with_the_same_values_leaves_no_trace(database: Database) -> None:
    """Success, but no version and no log row."""
    await imported(database, make_claim())
    before = await dump(database)
    outcome = await update(database, StatusUpdate("Active", "SKU-001", cancellation_code=None))
    assert (outcome.faults, outcome.changed, outcome.changes) == ([], False, [])
    assert outcome.project is not None
    assert outcome.project.version == 1
    assert await dump(database) == before


async def test_all_faults_of_status_updates_are_told_together_and_nothing_is_written(
    database: Database,
) -> None:
    """One valid update among them changes nothing either."""
    await imported(database, make_ambiguous())
    before = await dump(database)
    outcome = await update(
        database,
        StatusUpdate("Shipped", line_id="c"),
        StatusUpdate("Shipped", "NO-SUCH"),
        StatusUpdate("Shipped", "DUP-1"),
        StatusUpdate("Shipped", "dup-1"),
        StatusUpdate("Shipped"),
        StatusUpdate("Shipped", "DUP-1", "a"),
        StatusUpdate("Shipped", line_id="zz"),
        StatusUpdate("  ", line_id="d"),
        StatusUpdate("Shipped", "DUP-1", None, "9"),
        StatusUpdate("Shipped", None, "a", "9"),
    )
    at = "productStatusUpdates"
    assert told(outcome) == [
        ("PRODUCT_NOT_FOUND", f"{at}.1.skuId"),
        ("AMBIGUOUS_PRODUCT", f"{at}.2.skuId"),
        ("DUPLICATE_UPDATE", f"{at}.3.skuId"),
        ("INVALID_VALUE", f"{at}.4"),
        ("INVALID_VALUE", f"{at}.5"),
        ("PRODUCT_NOT_FOUND", f"{at}.6.lineId"),
        ("INVALID_VALUE", f"{at}.7.status"),
        ("PRODUCT_NOT_FOUND", f"{at}.8.orderId"),
        ("PRODUCT_NOT_FOUND", f"{at}.9.orderId"),
    ]
    assert (outcome.project, outcome.changed, outcome.changes) == (None, False, [])
    assert await dump(database) == before


async def test_a_sku_on_several_lines_is_ambiguous_and_the_candidates_are_named(
    database: Database,
) -> None:
    """The order narrows it; the line's id always does."""
    await imported(database, make_ambiguous())
    (fault,) = (await update(database, StatusUpdate("Shipped", "DUP-1"))).faults
    assert isinstance(fault, AmbiguousProduct)
    assert ids(fault.candidates) == ["a", "b"]
    assert "orderId" in fault.message
    outcome = await update(
        database,
        StatusUpdate("Shipped", "DUP-1", None, "10236"),
        StatusUpdate("Returned", None, "e"),
    )
    assert changed_paths(outcome) == ["products[b].status", "products[e].status"]


async def test_a_sku_on_two_lines_of_one_order_is_ambiguous_within_the_order(
    database: Database,
) -> None:
    """Then only the line's id is left."""
    lines = [make_line(id="a"), make_line(id="b"), make_line(id="c", order_id="9")]
    await imported(database, make_project(products=lines))
    (fault,) = (await update(database, StatusUpdate("Shipped", "SKU-001", None, "10207"))).faults
    assert isinstance(fault, AmbiguousProduct)
    assert ids(fault.candidates) == ["a", "b"]
    assert "lineId" in fault.message


@pytest.mark.parametrize(
    ("sku", "near"),
    [("Dup-1", "'DUP-1' or 'DUP-1 ' or 'dup-1'"), (" DUP-1", "'DUP-1'"), ("DUP-2", None)],
)
async def test_skus_are_compared_exactly_and_a_near_match_is_named(
    database: Database, sku: str, near: str | None
) -> None:
    """Case and blanks count."""
    await imported(database, make_ambiguous())
    (fault,) = (await update(database, StatusUpdate("Shipped", sku))).faults
    assert fault.code == "PRODUCT_NOT_FOUND"
    assert repr(sku) in fault.message
    assert (near in fault.message) if near else ("did you mean" not in fault.message)


async def test_a_sku_of_another_order_is_not_found_and_its_orders_are_named(
    database: Database,
) -> None:
    """The message says where the sku is."""
    await imported(database, make_ambiguous())
    (fault,) = (await update(database, StatusUpdate("Shipped", "DUP-1", None, "1"))).faults
    assert fault.code == "PRODUCT_NOT_FOUND"
    assert "10207" in fault.message
    assert "10236" in fault.message


@pytest.mark.parametrize(("count", "code"), [(0, "EMPTY_INPUT"), (1000, None), (1001, "TOO_MANY")])
async def test_status_updates_are_1_to_1000(
    database: Database, count: int, code: str | None
) -> None:
    """The message says both numbers."""
    lines = [make_line(id=f"l{place}", sku_id=f"S{place}") for place in range(1001)]
    await imported(database, make_project(products=lines))
    updates = [StatusUpdate("Shipped", f"S{place}") for place in range(count)]
    outcome = await update(database, *updates)
    if code is None:
        assert len(outcome.changes) == count
        return
    assert told(outcome) == [(code, "productStatusUpdates")]
    if code == "TOO_MANY":
        assert "1,001" in outcome.faults[0].message
        assert "1,000" in outcome.faults[0].message


async def test_a_status_has_up_to_300_characters(database: Database) -> None:
    """A longer one is told with the other faults of its update; the reason can be as long as it likes."""
    await imported(database, make_claim())
    outcome = await update(database, StatusUpdate("x" * 301, "NO-SUCH"))
    assert told(outcome) == [
        ("INVALID_VALUE", "productStatusUpdates.0.status"),
        ("PRODUCT_NOT_FOUND", "productStatusUpdates.0.skuId"),
    ]
    assert outcome.faults[0].message == "status has 301 characters; the limit is 300"
    outcome = await update(
        database, StatusUpdate("x" * 300, "SKU-001", cancellation_reason="y" * 5000)
    )
    assert outcome.changed
    assert ((await stored(database)).project.products or [])[0].status == "x" * 300


async def test_the_candidates_of_a_sku_are_shown_as_they_are_stored(database: Database) -> None:
    """Not as the refused request would have made them; the same question again does not repeat them."""
    await imported(database, make_ambiguous())
    outcome = await update(
        database,
        StatusUpdate("Cancelled", line_id="a"),
        StatusUpdate("Cancelled", sku_id="DUP-1"),
        StatusUpdate("Cancelled", sku_id="DUP-1"),
    )
    first, again = outcome.faults
    assert isinstance(first, AmbiguousProduct)
    assert isinstance(again, AmbiguousProduct)
    assert {line.status for line in first.candidates} == {"Active"}
    assert again.candidates == []
    assert "see element 1" in again.message


async def test_a_message_stays_short_however_long_what_it_quotes_is(database: Database) -> None:
    lines = [make_line(id=f"line-{place}", sku_id="SAME") for place in range(50)]
    await imported(database, make_project(products=lines))
    outcome = await update(
        database, StatusUpdate("X", sku_id="SAME"), StatusUpdate("X", sku_id="S" * 100_000)
    )
    assert "and 45 more" in outcome.faults[0].message
    assert all(len(fault.message) < 1_100 for fault in outcome.faults)

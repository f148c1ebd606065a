"""The two product writes REST is known for: the status of single lines, and the whole list anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from ..data.products import ProductRow
from ..data.projects import Project
from .commands import Applied, Command, Draft
from .elements import content, some
from .errors import AmbiguousProduct, NotFound, Refused
from .inputs import ABSENT, Faults, Given, Path, Text, listed, made, matched, stated
from .situations import Situation

ACTIVE = "Active"
# How many lines a message names.
NAMED = 5
ONE = Decimal(1)
NO_LINES = "the project has no product lines"


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """The new status of one line, found by its id or its sku; code and reason: ABSENT keeps, None clears."""

    status: str
    sku_id: str | None = None
    line_id: str | None = None
    order_id: str | None = None
    cancellation_code: Text = ABSENT
    cancellation_reason: Text = ABSENT


@dataclass(frozen=True, kw_only=True)
class UpdateProductStatus(Command):
    """Sets the status of single lines. Source: POST UpdateProjectProductStatus."""

    operation: ClassVar[str] = "updateProjectProductStatus"

    product_status_updates: Sequence[StatusUpdate]

    @classmethod
    def of(cls, given: Given) -> Self:
        """The command of an input."""
        updates = [StatusUpdate(**update) for update in given["product_status_updates"]]
        return cls(**given | {"product_status_updates": updates})

    @classmethod
    def guard(cls, situation: Situation) -> Refused | None:
        """There must be a line."""
        if situation.products:
            return None
        return NotFound(NO_LINES, ["productStatusUpdates"], code="PRODUCT_NOT_FOUND")

    def require(self, draft: Draft) -> None:
        """Lets every command pass: a line that is not there is told at its place in the input."""

    def apply(self, draft: Draft) -> Applied:
        """Sets them all."""
        set_statuses(draft.project, self.product_status_updates, draft.faults)
        return Applied()


@dataclass(frozen=True, kw_only=True)
class ReplaceProducts(Command):
    """Replaces the product list. Source: PATCH /api/Projects with `products`."""

    operation: ClassVar[str] = "replaceProjectProducts"

    products: list[Given]

    def apply(self, draft: Draft) -> Applied:
        """The details are the ids of lines `added`, `updated` and `removed`."""
        before = list(draft.project.products or ())
        draft.project.products = replaced(before, self.products, draft.faults)
        return Applied(difference(before, draft.project.products))


def set_statuses(project: Project, updates: Sequence[StatusUpdate], faults: Faults) -> None:
    """Puts status updates onto a project's lines, or adds all that is wrong with them to the faults."""
    path = "productStatusUpdates"
    updates = some(updates, [path], faults)
    lines = project.products or []
    found: dict[str, int] = {}
    # Nothing is set before all is judged: a fault may show lines as they are.
    edits: list[tuple[ProductRow, Given]] = []
    named: dict[tuple[str | None, str | None], int] = {}
    for place, update in enumerate(updates):
        first = named.setdefault((update.sku_id, update.order_id), place)
        if not update.status.strip():
            faults.invalid("status is blank; give the new status", [path, place, "status"])
        given = stated(update, ("status", "cancellation_code", "cancellation_reason"))
        values = made(ProductRow, given, [path, place], faults)
        line = _line(lines, update, [path, place], faults, None if first == place else first)
        if line is None:
            continue
        if line.id in found:
            key = "lineId" if update.line_id is not None else "skuId"
            faults.invalid(
                f"the line {line.id!r} is already updated by element {found[line.id]}",
                [path, place, key],
                "DUPLICATE_UPDATE",
            )
            continue
        found[line.id] = place
        if values is not None:
            edits.append((line, {name: getattr(values, name) for name in given}))
    for line, values_given in edits if not faults.found else ():
        for name, value in values_given.items():
            setattr(line, name, value)


def _line(
    lines: Sequence[ProductRow],
    update: StatusUpdate,
    path: Path,
    faults: Faults,
    asked_before: int | None,
) -> ProductRow | None:
    """The line an update names; None, with a fault, when it names none or several.

    `asked_before` is the element that named the same sku and order: the candidates are told once.
    """
    if (update.sku_id is None) == (update.line_id is None):
        given = "neither" if update.sku_id is None else "both"
        faults.invalid(f"{given} of skuId and lineId given; give exactly one", path)
        return None
    if update.line_id is not None:
        return _line_by_id(lines, update, path, faults)
    with_sku = [line for line in lines if line.sku_id == update.sku_id]
    matches = [line for line in with_sku if update.order_id in (None, line.order_id)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        ids = ", ".join(repr(line.id) for line in matches[:NAMED])
        if len(matches) > NAMED:
            ids += f" and {len(matches) - NAMED} more"
        narrow = (
            "name one by lineId"
            if update.order_id
            else "narrow it by orderId, or name one by lineId"
        )
        same = "" if asked_before is None else f"; for the candidates see element {asked_before}"
        faults.add(
            AmbiguousProduct(
                f"the sku {update.sku_id!r} is on {len(matches)} lines ({ids}); {narrow}{same}",
                [*path, "skuId"],
                matches if asked_before is None else [],
            )
        )
        return None
    faults.add(_no_line(lines, with_sku, update, path))
    return None


def _line_by_id(
    lines: Sequence[ProductRow], update: StatusUpdate, path: Path, faults: Faults
) -> ProductRow | None:
    line = next((line for line in lines if line.id == update.line_id), None)
    if line is None:
        faults.add(
            NotFound(
                f"the project has no line {update.line_id!r}" if lines else NO_LINES,
                [*path, "lineId"],
                code="PRODUCT_NOT_FOUND",
            )
        )
    elif update.order_id not in (None, line.order_id):
        faults.add(
            NotFound(
                f"the line {update.line_id!r} is of order {line.order_id!r}, not {update.order_id!r}",
                [*path, "orderId"],
                code="PRODUCT_NOT_FOUND",
            )
        )
        return None
    return line


def _no_line(
    lines: Sequence[ProductRow], with_sku: Sequence[ProductRow], update: StatusUpdate, path: Path
) -> NotFound:
    """The fault of a sku on no line, with what the caller may have meant."""
    message = f"no line has the sku {update.sku_id!r}" if lines else NO_LINES
    if with_sku:
        orders = ", ".join(sorted({repr(line.order_id) for line in with_sku}))
        message += f" of order {update.order_id!r}; it is on a line of order {orders}"
        return NotFound(message, [*path, "orderId"], code="PRODUCT_NOT_FOUND")
    wanted = (update.sku_id or "").strip().casefold()
    near = sorted(
        {
            line.sku_id
            for line in lines
            if (line.sku_id or "").strip().casefold() == wanted and line.sku_id
        }
    )
    if near:
        message += f"; skus are compared exactly, did you mean {' or '.join(map(repr, near))}?"
    return NotFound(message, [*path, "skuId"], code="PRODUCT_NOT_FOUND")


def replaced(before: Sequence[ProductRow], given: Any, faults: Faults) -> list[ProductRow]:
    """The product list that an input asks for; faults are added, never raised."""

    def finish(line: ProductRow | None, element: Given, path: Path) -> None:
        # Only what is given is judged: a line that is kept may have come otherwise from an import.
        status, quantity = element.get("status"), element.get("quantity")
        if status is not None and not status.strip():
            faults.invalid("status is blank; leave it out for Active", [*path, "status"])
        if quantity is not None and quantity < 0:
            faults.invalid(f"quantity is {quantity}; it must be 0 or more", [*path, "quantity"])
        if line is not None and element.get("id") is None:
            # What a new line leaves out: REST's lists have active lines, and a line is of something.
            line.status = ACTIVE if line.status is None else line.status
            if "quantity" not in element:
                line.quantity = ONE

    elements = listed(given, ["products"], faults)
    return matched(
        ProductRow,
        before,
        elements,
        ["products"],
        faults,
        missing="PRODUCT_NOT_FOUND",
        finish=finish,
    )


def difference(before: Sequence[ProductRow], after: Sequence[ProductRow]) -> dict[str, list[str]]:
    """The ids of lines that were `added`, `updated` and `removed`, in list order."""
    old = {line.id: content(line) for line in before}
    kept = {line.id for line in after}
    return {
        "added": [line.id for line in after if line.id not in old],
        "updated": [line.id for line in after if line.id in old and content(line) != old[line.id]],
        "removed": [line.id for line in before if line.id not in kept],
    }

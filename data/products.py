"""The lines of a project's product list."""

from __future__ import annotations

from decimal import Decimal

from .collections import Collection
from .documents import Amount, Document, Key, Word
from .properties import Property


class ProductRow(Document):
    """A product line; its id is ours and stays with the line. Source: OmniumProjectProduct."""

    id: Key = ""
    name: Word | None = None
    sku_id: Key | None = None
    product_id: Key | None = None
    quantity: Amount = Decimal(0)
    status: Key | None = None
    cancellation_code: Word | None = None
    cancellation_reason: Word | None = None
    properties: list[Property] | None = None
    reference_type: Word | None = None
    order_type: Word | None = None
    order_id: Key | None = None


PRODUCTS = Collection(
    "project_product", ProductRow, indexes=("sku_id", "product_id", "order_id", "status")
)

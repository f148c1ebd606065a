"""The lines of a project's product list."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from ..data.properties import Property as PropertyDocument
from .nested import documents_field
from .properties import Property


@strawberry.type(
    description=(
        "A line of a project's product list. The same sku can stand on several lines, for instance of two orders. "
        "A field that is null was not given."
    )
)
class ProjectProduct:
    """Served from rows of `data.products.PRODUCTS`."""

    id: strawberry.ID = strawberry.field(
        description="The id of the line, made here. It stays with the line as long as the line is there."
    )
    name: str | None = strawberry.field(description="The name of the product.")
    sku_id: str | None = strawberry.field(
        description="The sku, upper and lower case as given. A line without one is named by its `id` only."
    )
    product_id: str | None = strawberry.field(description="The id of the product.")
    quantity: Decimal = strawberry.field(description="How many; 0 or more, fractions are allowed.")
    status: str | None = strawberry.field(
        description=(
            "The status: Active, Cancelled, or one of the tenant's own. A string, because tenants configure it."
        )
    )
    cancellation_code: str | None = strawberry.field(
        description="The code of the reason for the status, mostly for cancelled lines."
    )
    cancellation_reason: str | None = strawberry.field(
        description="The reason for the status in words."
    )
    properties: list[Property] = documents_field(
        "properties",
        PropertyDocument,
        description="Custom properties of the line, in their order.",
    )
    reference_type: str | None = strawberry.field(
        description="What the line refers to; the project's type says which values there are."
    )
    order_type: str | None = strawberry.field(description="The type of the order.")
    order_id: str | None = strawberry.field(description="The id of the order the product is from.")

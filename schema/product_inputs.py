"""Inputs of the product list and of the two mutations that write it."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from ..resolvers.many import ErrorPolicy
from .enums import described
from .given import KeyInput, WriteInput, optional
from .property_inputs import PropertyInput

_PROJECT_ID = "The id of the project."

described(
    ErrorPolicy,
    {
        "REJECT_ALL": "Nothing is written where any item is refused.",
        "REJECT_FAILED": "What can be written is; a refused item leaves nothing behind, and the others alone.",
    },
    "What becomes of the other items where one is refused.",
)


@strawberry.input(
    description="The new status of one product line, named by exactly one of `skuId` and `lineId`."
)
class ProductStatusUpdateInput:
    """Becomes `resolvers.products.StatusUpdate`."""

    sku_id: str | None = optional(
        "The sku of the line, compared exactly: case and blanks count. A sku on several lines is AMBIGUOUS_PRODUCT."
    )
    line_id: strawberry.ID | None = optional("The `id` of the line.")
    order_id: str | None = optional(
        "The order of the line, which tells lines with one sku apart. Absent or null: of any order."
    )
    status: str = strawberry.field(
        description="The new status: Active, Cancelled, or any other text that is not blank, up to 300 characters."
    )
    cancellation_code: strawberry.Maybe[str | None] = optional(
        "The code of the reason. Absent keeps the code that is there, null clears it."
    )
    cancellation_reason: strawberry.Maybe[str | None] = optional(
        "The reason in words. Absent keeps the reason that is there, null clears it."
    )


@strawberry.input(description="New statuses of product lines. All of them are written, or none.")
class UpdateProjectProductStatusInput(WriteInput):
    """Becomes `resolvers.products.UpdateProductStatus`."""

    project_id: strawberry.ID = strawberry.field(description=_PROJECT_ID)
    product_status_updates: list[ProductStatusUpdateInput] = strawberry.field(
        description="The new statuses, 1 to 1,000, each line once."
    )


@strawberry.input(
    description=(
        "A line of a product list. With the `id` of a line of the project it is that line: absent fields are kept and "
        "null clears. Without `id` it is new."
    )
)
class ProjectProductInput:
    """Becomes `data.products.ProductRow`."""

    id: strawberry.ID | None = optional(
        "The id of a line of this project. Absent or null: a new line, which gets an id of its own."
    )
    name: strawberry.Maybe[str | None] = optional("The name of the product. Null clears.")
    sku_id: strawberry.Maybe[str | None] = optional("The sku, up to 300 characters. Null clears.")
    product_id: strawberry.Maybe[str | None] = optional(
        "The id of the product, up to 300 characters. Null clears."
    )
    quantity: strawberry.Maybe[Decimal | None] = optional(
        "How many: 0 or more, up to 18 digits before and 10 after the point; 1 for a new line. Null is refused."
    )
    status: strawberry.Maybe[str | None] = optional(
        "The status: Active, Cancelled, or any other text that is not blank, up to 300 characters; Active for a new "
        "line. Null clears."
    )
    cancellation_code: strawberry.Maybe[str | None] = optional(
        "The code of the reason for the status. Null clears."
    )
    cancellation_reason: strawberry.Maybe[str | None] = optional(
        "The reason for the status in words. Null clears."
    )
    properties: strawberry.Maybe[list[PropertyInput] | None] = optional(
        "Custom properties of the line, each key once; they replace those before. Null is refused; `[]` clears."
    )
    reference_type: strawberry.Maybe[str | None] = optional(
        "What the line refers to; the project's type says which values there are. Null clears."
    )
    order_type: strawberry.Maybe[str | None] = optional("The type of the order. Null clears.")
    order_id: strawberry.Maybe[str | None] = optional(
        "The id of the order the product is from, up to 300 characters. Null clears."
    )


@strawberry.input(description="A new product list for a project, which replaces the one before.")
class ReplaceProjectProductsInput(WriteInput):
    """Becomes `resolvers.products.ReplaceProducts`."""

    project_id: strawberry.ID = strawberry.field(description=_PROJECT_ID)
    products: list[ProjectProductInput] = strawberry.field(
        description=(
            "The lines in their order, 1,000 at most. Lines that are left out are removed; `[]` removes all. The same "
            "`id` twice is refused, and so is the id of a line of another project."
        )
    )


@strawberry.input(description="New statuses of product lines of one of several projects.")
class ProjectProductStatusItemInput:
    """Becomes `resolvers.products.UpdateProductStatus`."""

    project_id: strawberry.ID = strawberry.field(
        description="The id of the project, once in the request."
    )
    expected_version: int | None = optional(
        "The `version` of the project that the change was made for; when it is no longer current the item is refused "
        "with VERSION_CONFLICT. Absent or null: whatever the version is."
    )
    product_status_updates: list[ProductStatusUpdateInput] = strawberry.field(
        description="The new statuses, 1 to 1,000, each line once."
    )


@strawberry.input(
    description="New statuses of product lines of several projects, written in one transaction."
)
class UpdateManyProjectProductStatusInput(KeyInput):
    """Becomes `resolvers.many.UpdateManyProductStatus`."""

    items: list[ProjectProductStatusItemInput] = strawberry.field(
        description="What to write, 1 to 100 items, each project once."
    )
    error_policy: ErrorPolicy | None = optional(
        "What becomes of the other items where one is refused. Absent or null: REJECT_ALL."
    )

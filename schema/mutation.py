"""The root of mutations. Every one of them needs the role ProjectAdmin."""

from __future__ import annotations

from typing import Annotated

import strawberry

from ..resolvers import creation, products
from .info import Info
from .payloads import (
    CreateProjectPayload,
    PatchProjectPayload,
    ReplaceProjectProductsPayload,
    UpdateProjectProductStatusPayload,
)
from .product_inputs import ReplaceProjectProductsInput, UpdateProjectProductStatusInput
from .project_inputs import CreateProjectInput, PatchProjectInput

_INPUT = strawberry.argument(description="What to write.")


@strawberry.type(
    description=(
        "What can be written. Every mutation needs the role ProjectAdmin, writes all it was asked to or nothing, "
        "and adds one version and one log row."
    )
)
class Mutation:
    """One line per root field: the command of the input, and the payload of its outcome."""

    @strawberry.field(
        description=(
            "Sets the status of single product lines, each named by its sku or its id. Quantity, name and all else of "
            "the lines stay as they are."
        )
    )
    async def update_project_product_status(
        self,
        info: Info,
        input: Annotated[UpdateProjectProductStatusInput, _INPUT],  # noqa: A002
    ) -> UpdateProjectProductStatusPayload:
        """Source: POST UpdateProjectProductStatus."""
        return UpdateProjectProductStatusPayload.of(
            await products.update_product_status(info.context, input.command())
        )

    @strawberry.field(
        description=(
            "Replaces the product list of a project: lines with an `id` are kept and updated, lines without one are "
            "new, lines left out are removed. Give `expectedVersion`, so that a stale list cannot wipe out newer lines."
        )
    )
    async def replace_project_products(
        self,
        info: Info,
        input: Annotated[ReplaceProjectProductsInput, _INPUT],  # noqa: A002
    ) -> ReplaceProjectProductsPayload:
        """Source: PATCH /api/Projects with `products`."""
        return ReplaceProjectProductsPayload.of(
            await products.replace_products(info.context, input.command())
        )

    @strawberry.field(
        description="Changes the fields of a project that are given and leaves the others alone."
    )
    async def patch_project(
        self,
        info: Info,
        input: Annotated[PatchProjectInput, _INPUT],  # noqa: A002
    ) -> PatchProjectPayload:
        """Source: PATCH /api/Projects."""
        return PatchProjectPayload.of(await creation.patch_project(info.context, input.command()))

    @strawberry.field(
        description="Makes a project of a type, at the first step of the type's workflow."
    )
    async def create_project(
        self,
        info: Info,
        input: Annotated[CreateProjectInput, _INPUT],  # noqa: A002
    ) -> CreateProjectPayload:
        """Source: GET /api/Projects/Create, POST /api/Projects."""
        return CreateProjectPayload.of(await creation.create_project(info.context, input.command()))

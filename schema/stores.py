"""Additional stores of a project."""

from __future__ import annotations

import strawberry

from ..data.addresses import Address as AddressDocument
from ..data.properties import Property as PropertyDocument
from .addresses import Address
from .nested import document_field, documents_field
from .properties import Property


@strawberry.type(
    description=(
        "A store that has access to the project beside its main store. A field that is null was not given."
    )
)
class ProjectStore:
    """Served from rows of `data.stores.STORES`."""

    store_id: str = strawberry.field(description="The id of the store.")
    name: str | None = strawberry.field(description="The name of the store.")
    email: str | None = strawberry.field(description="The email address.")
    phone: str | None = strawberry.field(description="The phone number.")
    role: str | None = strawberry.field(description="What the store does in the project.")
    address: Address | None = document_field(
        "address", AddressDocument, description="The address; null when not given."
    )
    properties: list[Property] = documents_field(
        "properties",
        PropertyDocument,
        description="Custom properties of the store, in their order.",
    )

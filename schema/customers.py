"""The customer of a project."""

from __future__ import annotations

from enum import Enum

import strawberry

from ..data import customers
from ..data.addresses import Address as AddressDocument
from .addresses import Address
from .nested import document_field, documents_field, words_field


@strawberry.enum(description="What kind of customer it is.")
class CustomerKind(Enum):
    """Told by the fields that only a business has."""

    PRIVATE = strawberry.enum_value("PRIVATE", description="A person.")
    BUSINESS = strawberry.enum_value(
        "BUSINESS", description="A business: it has a business name or a tax id."
    )


@strawberry.type(
    description=(
        "The customer as it was when the project got it: a copy inside the project, not the customer of today. "
        "A field that is null was not given."
    )
)
class ProjectCustomer:
    """Served from rows of `data.customers.CUSTOMERS`."""

    first_name: strawberry.Private[str | None]
    last_name: strawberry.Private[str | None]
    full_name: strawberry.Private[str | None]
    name: strawberry.Private[str | None]
    tax_id: strawberry.Private[str | None]

    id: strawberry.ID | None = strawberry.field(
        description="The id of the customer in the order system."
    )
    number: str | None = strawberry.field(description="The customer number people use.")

    @strawberry.field(description="Whether the customer is a person or a business.")
    def kind(self) -> CustomerKind:
        """Told by the name and the tax id."""
        return CustomerKind.BUSINESS if self.name or self.tax_id else CustomerKind.PRIVATE

    @strawberry.field(
        description=(
            "The name to show: that of the business, else the full name, else first and last name. "
            "Null when there is none. The sort orders CUSTOMER_… go by it."
        )
    )
    def display_name(self) -> str | None:
        """As the sort key has it, but not folded."""
        return customers.display_name(self)

    email: str | None = strawberry.field(description="The email address.")
    phone: str | None = strawberry.field(description="The phone number.")
    address: Address | None = document_field(
        "address", AddressDocument, description="The main address; null when not given."
    )
    addresses: list[Address] = documents_field(
        "addresses", AddressDocument, description="All addresses given, in their order."
    )
    tags: list[str] = words_field(
        "tags", description="Words that mark the customer, in their order."
    )

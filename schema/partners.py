"""Partners that work on a project."""

from __future__ import annotations

import strawberry

from ..data.addresses import Address as AddressDocument
from ..data.contact_persons import ContactPerson as ContactPersonDocument
from ..data.properties import Property as PropertyDocument
from .addresses import Address
from .contact_persons import ContactPerson
from .nested import document_field, documents_field
from .properties import Property


@strawberry.type(
    description="A business that works on the project, such as a carpenter. A field that is null was not given."
)
class ProjectPartner:
    """Served from rows of `data.partners`, the list's and the single one's."""

    id: strawberry.ID = strawberry.field(
        description="The id of the partner as a business customer of the order system."
    )
    name: str | None = strawberry.field(description="The name of the business.")
    email: str | None = strawberry.field(description="The email address.")
    phone: str | None = strawberry.field(description="The phone number.")
    role: str | None = strawberry.field(
        description="What the partner does in the project, such as Carpenter."
    )
    address: Address | None = document_field(
        "address", AddressDocument, description="The main address; null when not given."
    )
    addresses: list[Address] = documents_field(
        "addresses", AddressDocument, description="All addresses given, in their order."
    )
    contacts: list[ContactPerson] = documents_field(
        "contacts",
        ContactPersonDocument,
        description="Persons to talk to at the partner, in their order.",
    )
    properties: list[Property] = documents_field(
        "properties",
        PropertyDocument,
        description="Custom properties of the partner, in their order.",
    )

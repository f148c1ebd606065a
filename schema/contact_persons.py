"""Persons to talk to."""

from __future__ import annotations

import strawberry

from ..data.addresses import Address as AddressDocument
from ..data.properties import ExternalId as ExternalIdDocument
from ..data.properties import Property as PropertyDocument
from .addresses import Address
from .nested import document_field, documents_field, words_field
from .properties import ExternalId, Property


@strawberry.type(description="A person to talk to. A field that is null was not given.")
class ContactPerson:
    """Served from `data.contact_persons.ContactPerson` and its rows."""

    id: strawberry.ID | None = strawberry.field(
        description="The id of the person; null when there is none."
    )
    first_name: str | None = strawberry.field(description="The first name.")
    last_name: str | None = strawberry.field(description="The last name.")
    email: str | None = strawberry.field(description="The email address.")
    phone: str | None = strawberry.field(description="The phone number.")
    role: str | None = strawberry.field(
        description="The role, as older documents have it. Newer ones use `roles`."
    )
    roles: list[str] = words_field("roles", description="The roles of the person, in their order.")
    is_primary_contact: bool = strawberry.field(description="Whether to ask this person first.")
    notify: bool = strawberry.field(description="Whether the person gets notifications.")
    address: Address | None = document_field(
        "address", AddressDocument, description="The person's address; null when not given."
    )
    private_customer_id: str | None = strawberry.field(
        description="The id of the person as a private customer."
    )
    external_ids: list[ExternalId] = documents_field(
        "external_ids",
        ExternalIdDocument,
        description="Ids that other systems have for the person.",
    )
    properties: list[Property] = documents_field(
        "properties",
        PropertyDocument,
        description="Custom properties of the person, in their order.",
    )

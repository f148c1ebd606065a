"""Inputs of those who take part in a project: its customer, contact persons, partners and stores."""

from __future__ import annotations

import strawberry

from .address_inputs import AddressInput
from .given import optional
from .property_inputs import ExternalIdInput, PropertyInput

_PROPERTIES = (
    "Custom properties, each key once; they replace those before. Null is refused; `[]` clears."
)
_ADDRESS = "The main address, which replaces the one before as a whole. Null clears."
_ADDRESSES = "All addresses; they replace those before. Null is refused; `[]` clears."


@strawberry.input(
    description=(
        "A person to talk to. For a person with an `id` that is there already, absent fields are kept and null clears; "
        "anybody else is new."
    )
)
class ContactPersonInput:
    """Becomes `data.contact_persons.ContactPerson`."""

    id: strawberry.Maybe[strawberry.ID | None] = optional(
        "The id of the person, once in its list. Null: none."
    )
    first_name: strawberry.Maybe[str | None] = optional("The first name. Null clears.")
    last_name: strawberry.Maybe[str | None] = optional("The last name. Null clears.")
    email: strawberry.Maybe[str | None] = optional("The email address. Null clears.")
    phone: strawberry.Maybe[str | None] = optional("The phone number. Null clears.")
    role: strawberry.Maybe[str | None] = optional(
        "The role, as older documents have it; `roles` is newer. Null clears."
    )
    roles: strawberry.Maybe[list[str] | None] = optional(
        "The roles; they replace those before. Null is refused; `[]` clears."
    )
    is_primary_contact: strawberry.Maybe[bool | None] = optional(
        "Whether to ask this person first; false for a new one. Null is refused."
    )
    notify: strawberry.Maybe[bool | None] = optional(
        "Whether the person gets notifications; false for a new one. Null is refused."
    )
    address: strawberry.Maybe[AddressInput | None] = optional(_ADDRESS)
    private_customer_id: strawberry.Maybe[str | None] = optional(
        "The id of the person as a private customer. Null clears."
    )
    external_ids: strawberry.Maybe[list[ExternalIdInput] | None] = optional(
        "Ids that other systems have for the person; they replace those before. Null is refused; `[]` clears."
    )
    properties: strawberry.Maybe[list[PropertyInput] | None] = optional(_PROPERTIES)


@strawberry.input(
    description=(
        "The customer of a project, a copy inside it. Absent fields are kept and null clears; with another `id` than "
        "the customer that is there it is somebody else, who keeps nothing."
    )
)
class ProjectCustomerInput:
    """Becomes `data.customers.ProjectCustomer`."""

    id: strawberry.Maybe[strawberry.ID | None] = optional(
        "The id of the customer in the order system, up to 300 characters. Null: none."
    )
    number: strawberry.Maybe[str | None] = optional("The customer number people use. Null clears.")
    name: strawberry.Maybe[str | None] = optional("The name of a business. Null clears.")
    full_name: strawberry.Maybe[str | None] = optional("The full name of a person. Null clears.")
    first_name: strawberry.Maybe[str | None] = optional("The first name of a person. Null clears.")
    last_name: strawberry.Maybe[str | None] = optional("The last name of a person. Null clears.")
    email: strawberry.Maybe[str | None] = optional("The email address. Null clears.")
    phone: strawberry.Maybe[str | None] = optional("The phone number. Null clears.")
    address: strawberry.Maybe[AddressInput | None] = optional(_ADDRESS)
    addresses: strawberry.Maybe[list[AddressInput] | None] = optional(_ADDRESSES)
    tags: strawberry.Maybe[list[str] | None] = optional(
        "Words that mark the customer; they replace those before. Null is refused; `[]` clears."
    )
    tax_id: strawberry.Maybe[str | None] = optional("The tax id of a business. Null clears.")


@strawberry.input(
    description=(
        "A business that works on the project. For a partner with an `id` that is there already, absent fields are "
        "kept and null clears; any other is new."
    )
)
class ProjectPartnerInput:
    """Becomes `data.partners.ProjectPartner`, or the single partner."""

    id: strawberry.ID = strawberry.field(
        description="The id of the partner as a business customer, not blank, up to 300 characters, once in its list."
    )
    name: strawberry.Maybe[str | None] = optional("The name of the business. Null clears.")
    email: strawberry.Maybe[str | None] = optional("The email address. Null clears.")
    phone: strawberry.Maybe[str | None] = optional("The phone number. Null clears.")
    role: strawberry.Maybe[str | None] = optional(
        "What the partner does in the project, such as Carpenter. Null clears."
    )
    address: strawberry.Maybe[AddressInput | None] = optional(_ADDRESS)
    addresses: strawberry.Maybe[list[AddressInput] | None] = optional(_ADDRESSES)
    contacts: strawberry.Maybe[list[ContactPersonInput] | None] = optional(
        "Persons to talk to at the partner; they replace those before as a whole. Null is refused; `[]` clears."
    )
    properties: strawberry.Maybe[list[PropertyInput] | None] = optional(_PROPERTIES)


@strawberry.input(
    description=(
        "A store with access to the project beside its main store. For a store that is there already, absent fields "
        "are kept and null clears; any other is new."
    )
)
class ProjectStoreInput:
    """Becomes `data.stores.ProjectStore`."""

    store_id: str = strawberry.field(
        description=(
            "The id of the store, not blank, up to 300 characters, once in its list. It must be one of your stores, or "
            "be there already."
        )
    )
    name: strawberry.Maybe[str | None] = optional("The name of the store. Null clears.")
    email: strawberry.Maybe[str | None] = optional("The email address. Null clears.")
    phone: strawberry.Maybe[str | None] = optional("The phone number. Null clears.")
    role: strawberry.Maybe[str | None] = optional(
        "What the store does in the project. Null clears."
    )
    address: strawberry.Maybe[AddressInput | None] = optional(_ADDRESS)
    properties: strawberry.Maybe[list[PropertyInput] | None] = optional(_PROPERTIES)

"""Inputs of postal addresses."""

from __future__ import annotations

import strawberry

from .given import optional
from .property_inputs import PropertyInput


@strawberry.input(
    description="A postal address. It replaces the one before as a whole: a field that is absent or null has no value."
)
class AddressInput:
    """Becomes `data.addresses.Address`."""

    name: str | None = optional("Who or what is at the address.")
    line1: str | None = optional("The first line, mostly the street.")
    line2: str | None = optional("The second line.")
    street_number: str | None = optional("The number in the street, where it is kept apart.")
    apartment_number: str | None = optional("The number of the apartment.")
    postal_code: str | None = optional("The postal code.")
    city: str | None = optional("The city or town.")
    state: str | None = optional("The state or province.")
    region_code: str | None = optional("The code of the region.")
    region_name: str | None = optional("The name of the region.")
    country_code: str | None = optional("The code of the country.")
    country_name: str | None = optional("The name of the country.")
    location_name: str | None = optional("The name of the place, such as a building.")
    email: str | None = optional("An email address to reach someone there.")
    phone: str | None = optional("A phone number to reach someone there.")
    external_id: str | None = optional("The id of the address in another system.")
    purposes: list[str] = strawberry.field(
        default_factory=list, description="What the address is for, such as Delivery."
    )
    properties: list[PropertyInput] = strawberry.field(
        default_factory=list,
        description="Custom properties of the address, each key once; 1,000 at most.",
    )

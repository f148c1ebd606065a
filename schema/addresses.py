"""Postal addresses."""

from __future__ import annotations

import strawberry

from ..data.properties import Property as PropertyDocument
from .nested import documents_field, words_field
from .properties import Property


@strawberry.type(description="A postal address. A field that is null was not given.")
class Address:
    """Served from `data.addresses.Address` and its rows."""

    name: str | None = strawberry.field(description="Who or what is at the address.")
    line1: str | None = strawberry.field(description="The first line, mostly the street.")
    line2: str | None = strawberry.field(description="The second line.")
    street_number: str | None = strawberry.field(
        description="The number in the street, where it is kept apart."
    )
    apartment_number: str | None = strawberry.field(description="The number of the apartment.")
    postal_code: str | None = strawberry.field(description="The postal code.")
    city: str | None = strawberry.field(description="The city or town.")
    state: str | None = strawberry.field(description="The state or province.")
    region_code: str | None = strawberry.field(description="The code of the region.")
    region_name: str | None = strawberry.field(description="The name of the region.")
    country_code: str | None = strawberry.field(description="The code of the country.")
    country_name: str | None = strawberry.field(description="The name of the country.")
    location_name: str | None = strawberry.field(
        description="The name of the place, such as a building."
    )
    email: str | None = strawberry.field(description="An email address to reach someone there.")
    phone: str | None = strawberry.field(description="A phone number to reach someone there.")
    external_id: str | None = strawberry.field(
        description="The id of the address in another system."
    )
    purposes: list[str] = words_field(
        "purposes", description="What the address is for, such as Delivery."
    )
    properties: list[Property] = documents_field(
        "properties",
        PropertyDocument,
        description="Custom properties of the address, in their order.",
    )

"""Postal addresses: a project's own, and those inside customers, contacts, partners and stores."""

from __future__ import annotations

from .collections import Collection
from .documents import Document, Word
from .properties import Property


class Address(Document):
    """A postal address. Source: Address, 18 fields."""

    name: Word | None = None
    line1: Word | None = None
    line2: Word | None = None
    street_number: Word | None = None
    apartment_number: Word | None = None
    postal_code: Word | None = None
    city: Word | None = None
    state: Word | None = None
    region_code: Word | None = None
    region_name: Word | None = None
    country_code: Word | None = None
    country_name: Word | None = None
    location_name: Word | None = None
    email: Word | None = None
    phone: Word | None = None
    external_id: Word | None = None
    purposes: list[Word] | None = None
    properties: list[Property] | None = None


ADDRESSES = Collection("project_address", Address)

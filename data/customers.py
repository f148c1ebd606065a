"""The customer of a project: a snapshot inside the project, private or business."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from .addresses import Address
from .collections import Collection
from .documents import Document, Key, Word


class ProjectCustomer(Document):
    """The fields of a customer that the gateway shows; the others are kept. Source: OmniumProjectCustomer."""

    id: Key | None = Field(None, alias="customerId")
    number: Word | None = Field(None, alias="customerNumber")
    first_name: Word | None = None
    last_name: Word | None = None
    email: Word | None = None
    phone: Word | None = None
    address: Address | None = None
    addresses: list[Address] | None = None
    tags: list[Word] | None = None
    full_name: Word | None = None
    name: Word | None = None
    tax_id: Word | None = None


def display_name(customer: ProjectCustomer | Any | None) -> str | None:
    """The name to show of a customer or its row: the business's, else the full one, else first and last.

    None when there is no name, or no customer.
    """
    if customer is None:
        return None
    parts = (customer.first_name, customer.last_name)
    return customer.name or customer.full_name or " ".join(part for part in parts if part) or None


CUSTOMERS = Collection("project_customer", ProjectCustomer, indexes=("id",))

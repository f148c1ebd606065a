"""Contact persons of a project, and the one of its store."""

from __future__ import annotations

from .addresses import Address
from .collections import Collection
from .documents import Document, Word
from .properties import ExternalId, Property


class ContactPerson(Document):
    """A person to talk to. Source: ContactPerson."""

    id: Word | None = None
    first_name: Word | None = None
    last_name: Word | None = None
    email: Word | None = None
    phone: Word | None = None
    role: Word | None = None
    roles: list[Word] | None = None
    is_primary_contact: bool = False
    notify: bool = False
    address: Address | None = None
    private_customer_id: Word | None = None
    external_ids: list[ExternalId] | None = None
    properties: list[Property] | None = None

    @property
    def full_name(self) -> str | None:
        """First and last name, as the sort by store contact has it; None when both are missing."""
        return " ".join(name for name in (self.first_name, self.last_name) if name) or None


CONTACT_PERSONS = Collection("project_contact_person", ContactPerson)
STORE_CONTACTS = Collection("project_store_contact", ContactPerson)

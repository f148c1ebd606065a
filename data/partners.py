"""Partners of a project: the list of newer types, the single one of older types, and who turned it down."""

from __future__ import annotations

from pydantic import Field

from .addresses import Address
from .collections import Collection
from .contact_persons import ContactPerson
from .documents import Document, Key, Word
from .properties import Property


class ProjectPartner(Document):
    """A partner that works on the project; the id is that of the business customer. Source: ProjectPartner."""

    id: Key = ""
    name: Word | None = None
    email: Word | None = None
    phone: Word | None = None
    role: Word | None = None
    address: Address | None = None
    addresses: list[Address] | None = None
    contacts: list[ContactPerson] | None = None
    properties: list[Property] | None = None


class SinglePartner(ProjectPartner):
    """The partner of a type that allows one, whose id REST calls `customerId`. Source: BusinessCustomer."""

    id: Key = Field("", alias="customerId")


class RejectingPartner(Document):
    """The id of a partner that turned the project down. Source: `rejectedByPartners`."""

    value: Key


PARTNERS = Collection("project_partner", ProjectPartner, indexes=("id",))
SINGLE_PARTNERS = Collection("project_single_partner", SinglePartner, indexes=("id",))
REJECTING_PARTNERS = Collection("project_rejecting_partner", RejectingPartner, indexes=("value",))

"""Inputs of whole projects: patching one, updating one and making one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from .address_inputs import AddressInput
from .given import KeyInput, WriteInput, optional
from .part_inputs import ChangeOrderInput, ProjectPartInput, TransactionInput
from .people_inputs import (
    ContactPersonInput,
    ProjectCustomerInput,
    ProjectPartnerInput,
    ProjectStoreInput,
)
from .product_inputs import ProjectProductInput
from .property_inputs import ExternalIdInput, FormEntryInput
from .record_inputs import AssetInput, CheckListItemInput, EntityErrorInput

_REPLACED = "the list replaces the one before, 1,000 at most. Null is refused; `[]` clears."
_AMOUNT = "Up to 18 digits before and 10 after the point. Null is refused."


@strawberry.input
class UpdateFields:
    """The fields of a project that an update has. Source: OmniumProjectUpdateRequest, and the products."""

    project_number: strawberry.Maybe[str | None] = optional(
        "The number people use, up to 300 characters; it need not be unique. Null clears."
    )
    name: strawberry.Maybe[str | None] = optional("The name of the project. Null clears.")
    cancellation_code: strawberry.Maybe[str | None] = optional(
        "The code of the reason why it was cancelled. Null clears."
    )
    cancellation_reason: strawberry.Maybe[str | None] = optional(
        "The reason why it was cancelled, in words. Null clears."
    )
    deadline: strawberry.Maybe[datetime | None] = optional(
        "When the current workflow step is to be done. Null clears."
    )
    external_reference: strawberry.Maybe[str | None] = optional(
        "What another system calls the project. Null clears."
    )
    external_ids: strawberry.Maybe[list[ExternalIdInput] | None] = optional(
        f"Ids that other systems have for the project; {_REPLACED}"
    )
    tags: strawberry.Maybe[list[str] | None] = optional(
        f"Words that mark the project, up to 300 characters each; {_REPLACED}"
    )
    public_url: strawberry.Maybe[str | None] = optional(
        "The address of the project's public page. Null clears."
    )
    customer: strawberry.Maybe[ProjectCustomerInput | None] = optional(
        "The customer. Null: the project has none."
    )
    contact_persons: strawberry.Maybe[list[ContactPersonInput] | None] = optional(
        f"Persons to talk to; {_REPLACED}"
    )
    store_contact: strawberry.Maybe[ContactPersonInput | None] = optional(
        "The person at the store who handles the project; with another `id` it is somebody else, who keeps nothing. "
        "Null: there is none."
    )
    store_id: strawberry.Maybe[str | None] = optional(
        "The id of the main store, one of your stores or the one that is there. Null clears, if another store of the "
        "project is yours."
    )
    stores: strawberry.Maybe[list[ProjectStoreInput] | None] = optional(
        f"Stores that have access beside the main store; {_REPLACED}"
    )
    addresses: strawberry.Maybe[list[AddressInput] | None] = optional(
        f"Addresses of the project; {_REPLACED}"
    )
    partner: strawberry.Maybe[ProjectPartnerInput | None] = optional(
        "The partner of a project whose type allows one. Null: there is none."
    )
    partners: strawberry.Maybe[list[ProjectPartnerInput] | None] = optional(
        f"The partners of a project whose type allows several; {_REPLACED}"
    )
    products: strawberry.Maybe[list[ProjectProductInput] | None] = optional(
        f"The product lines, those with an `id` kept and updated; {_REPLACED}"
    )
    project_parts: strawberry.Maybe[list[ProjectPartInput] | None] = optional(
        f"Pieces of the work, those with an `id` kept and updated; {_REPLACED}"
    )
    change_orders: strawberry.Maybe[list[ChangeOrderInput] | None] = optional(
        f"Changes to the agreed work, those with an `id` kept and updated; {_REPLACED}"
    )
    transactions: strawberry.Maybe[list[TransactionInput] | None] = optional(
        f"The money of the project itself, transactions with an `id` kept and updated; {_REPLACED}"
    )
    project_value: strawberry.Maybe[Decimal | None] = optional(
        f"The value of the project. CALCULATED_FIELD while it has any transaction. {_AMOUNT}"
    )
    form_data: strawberry.Maybe[list[FormEntryInput] | None] = optional(
        f"Entries of the public form; {_REPLACED}"
    )


@strawberry.input
class ProjectFields(UpdateFields):
    """The fields of a project that a caller may give."""

    project_category: strawberry.Maybe[str | None] = optional(
        "The category, such as Claim or Service. Null clears."
    )
    sub_type: strawberry.Maybe[str | None] = optional("A finer kind within the type. Null clears.")
    status: strawberry.Maybe[str | None] = optional(
        "Any text that is not blank, up to 300 characters. No workflow step moves. Null clears."
    )
    project_date: strawberry.Maybe[datetime | None] = optional(
        "When the main activity takes place. Null clears."
    )
    partner_check_list: strawberry.Maybe[list[CheckListItemInput] | None] = optional(
        f"The check list of the partners; {_REPLACED}"
    )
    project_budget_value: strawberry.Maybe[Decimal | None] = optional(
        f"The budgeted value of the project. CALCULATED_FIELD while it has any transaction. {_AMOUNT}"
    )
    project_additional_value: strawberry.Maybe[Decimal | None] = optional(
        f"What is added to the value by hand. {_AMOUNT}"
    )
    attachments: strawberry.Maybe[list[AssetInput] | None] = optional(
        f"Files that belong to the project; {_REPLACED}"
    )
    errors: strawberry.Maybe[list[EntityErrorInput] | None] = optional(
        f"What went wrong with the project in the order system; {_REPLACED}"
    )


@strawberry.input(
    description=(
        "Changes to a project. A field that is absent stays as it is; null clears it where it can be null. Products "
        "are replaced as a whole when given."
    )
)
class PatchProjectInput(ProjectFields, WriteInput):
    """Becomes `resolvers.updates.PatchProject`."""

    id: strawberry.ID = strawberry.field(description="The id of the project.")
    type: strawberry.Maybe[strawberry.ID | None] = optional(
        "The id of an active project type; its name comes along, the workflow stays. Null is refused."
    )


@strawberry.input(
    description=(
        "All the fields of an update. A field that is absent is cleared: a list becomes empty, anything else null, the "
        "value 0 where there are no transactions. Products are the one exception: absent, the list stays. Inside a "
        "list an element with the `id` of one that is there keeps what is not given of it."
    )
)
class UpdateProjectInput(UpdateFields, WriteInput):
    """Becomes `resolvers.updates.UpdateProject`."""

    id: strawberry.ID = strawberry.field(description="The id of the project.")


@strawberry.input(
    description=(
        "A new project. Its status is New and its workflow a copy of the type's, at the first step, unless the fields "
        "given say otherwise."
    )
)
class CreateProjectInput(ProjectFields, KeyInput):
    """Becomes `resolvers.creation.CreateProject`."""

    project_type_id: strawberry.ID = strawberry.field(
        description="The id of an active project type."
    )
    store_id: strawberry.Maybe[str | None] = optional(
        "The id of the main store, one of your stores. Absent or null: your only store; none if you may see all stores."
    )

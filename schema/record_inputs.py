"""Inputs of what is kept with a project: check list lines, files and recorded errors."""

from __future__ import annotations

from datetime import datetime

import strawberry

from .given import optional
from .property_inputs import PropertyInput


@strawberry.input(
    description="A line of the partners' check list. The list is replaced as a whole: absent or null is no value."
)
class CheckListItemInput:
    """Becomes `data.check_list.CheckListItem`."""

    text: str | None = optional("What is to be checked.")
    comment: str | None = optional("A remark on it.")
    is_completed: bool = strawberry.field(default=False, description="Whether it is ticked off.")
    completed: datetime | None = optional("When it was ticked off.")
    completed_by_id: str | None = optional("The id of who ticked it off.")
    completed_by_name: str | None = optional("The name of who ticked it off.")


@strawberry.input(
    description=(
        "An error to record on the project. The list is replaced as a whole: absent or null is no value."
    )
)
class EntityErrorInput:
    """Becomes `data.entity_errors.EntityError`."""

    key: str | None = optional("What kind of error it is, for programs.")
    message: str | None = optional("What happened, in one sentence.")
    details: str | None = optional("What happened, at length.")
    comment: str | None = optional("A remark on it.")
    severity: str | None = optional("Error, Warning or Information.")
    status: str | None = optional("New, Solved or Deleted.")
    occurred: datetime | None = optional("When it happened.")
    reference_id: str | None = optional("The id of what it is about.")


@strawberry.input(
    description=(
        "A file of the project. For a file with an `assetId` that is there already, absent fields are kept and null "
        "clears; any other is new. Its url, media type and size come from the order system."
    )
)
class AssetInput:
    """Becomes `data.attachments.Asset`."""

    asset_id: strawberry.Maybe[str | None] = optional(
        "The id of the file in the order system, once in the list. Null: none."
    )
    name: strawberry.Maybe[str | None] = optional("The name to show. Null clears.")
    file_name: strawberry.Maybe[str | None] = optional("The name of the file. Null clears.")
    description: strawberry.Maybe[str | None] = optional("What the file is or shows. Null clears.")
    alt_text: strawberry.Maybe[str | None] = optional(
        "The text for readers who cannot see the picture. Null clears."
    )
    asset_type: strawberry.Maybe[str | None] = optional(
        "The kind of file, such as Image or Document. Null clears."
    )
    purpose: strawberry.Maybe[str | None] = optional("What the file is for. Null clears.")
    is_main_image: strawberry.Maybe[bool | None] = optional(
        "Whether this is the picture to show first; false for a new file. Null is refused."
    )
    sort_order: strawberry.Maybe[int | None] = optional(
        "The place among the files, smallest first; 0 for a new file. Null is refused."
    )
    external_url: strawberry.Maybe[str | None] = optional(
        "Where the file is when another system keeps it. Null clears."
    )
    force_upload: strawberry.Maybe[bool | None] = optional(
        "Whether the order system is to upload the file again although it has it; "
        "false for a new file. Null is refused."
    )
    parent_id: strawberry.Maybe[str | None] = optional(
        "The id of what the file belongs to. Null clears."
    )
    created: strawberry.Maybe[datetime | None] = optional("When the file was added. Null clears.")
    modified: strawberry.Maybe[datetime | None] = optional(
        "When the file was last changed. Null clears."
    )
    properties: strawberry.Maybe[list[PropertyInput] | None] = optional(
        "Custom properties of the file, each key once; they replace those before. Null is refused; `[]` clears."
    )

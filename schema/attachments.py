"""Files that belong to a project."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from ..data.properties import Property as PropertyDocument
from .nested import documents_field
from .properties import Property


@strawberry.type(
    description="A file that belongs to a project, and where it is. A field that is null was not given."
)
class Asset:
    """Served from rows of `data.attachments.ATTACHMENTS`."""

    asset_id: str | None = strawberry.field(description="The id of the file in the order system.")
    name: str | None = strawberry.field(description="The name to show.")
    file_name: str | None = strawberry.field(description="The name of the file.")
    description: str | None = strawberry.field(description="What the file is or shows.")
    alt_text: str | None = strawberry.field(
        description="The text for readers who cannot see the picture."
    )
    asset_type: str | None = strawberry.field(
        description="The kind of file, such as Image or Document."
    )
    purpose: str | None = strawberry.field(description="What the file is for.")
    is_main_image: bool = strawberry.field(description="Whether this is the picture to show first.")
    sort_order: int = strawberry.field(description="The place among the files, smallest first.")
    url: str | None = strawberry.field(
        description="Where the file can be read, as the order system worked it out."
    )
    external_url: str | None = strawberry.field(
        description="Where the file is when another system keeps it."
    )
    content_type: str | None = strawberry.field(description="The media type, such as `image/jpeg`.")
    length: Decimal = strawberry.field(description="The size in bytes; 0 when not known.")
    force_upload: bool = strawberry.field(
        description="Whether the order system is to upload the file again although it has it."
    )
    parent_id: str | None = strawberry.field(description="The id of what the file belongs to.")
    created: datetime | None = strawberry.field(description="When the file was added.")
    modified: datetime | None = strawberry.field(description="When the file was last changed.")
    properties: list[Property] = documents_field(
        "properties", PropertyDocument, description="Custom properties of the file, in their order."
    )

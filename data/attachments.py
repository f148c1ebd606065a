"""Files that belong to a project."""

from __future__ import annotations

from decimal import Decimal

from .collections import Collection
from .documents import Amount, Document, Time, Whole, Word
from .properties import Property


class Asset(Document):
    """A file and where it is. `length` is in bytes. Source: Asset."""

    asset_id: Word | None = None
    name: Word | None = None
    file_name: Word | None = None
    description: Word | None = None
    alt_text: Word | None = None
    asset_type: Word | None = None
    purpose: Word | None = None
    is_main_image: bool = False
    sort_order: Whole = 0
    url: Word | None = None
    external_url: Word | None = None
    content_type: Word | None = None
    length: Amount = Decimal(0)
    force_upload: bool = False
    parent_id: Word | None = None
    created: Time = None
    modified: Time = None
    properties: list[Property] | None = None


ATTACHMENTS = Collection("project_attachment", Asset)

"""Tags and external ids of a project."""

from __future__ import annotations

from .collections import Collection
from .documents import Document, Key
from .properties import ExternalId


class Tag(Document):
    """A word that marks a project. Source: `tags`."""

    value: Key


TAGS = Collection("project_tag", Tag, indexes=("value",))
EXTERNAL_IDS = Collection("project_external_id", ExternalId, indexes=("id",))

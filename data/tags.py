"""Tags and external ids of a project."""

from __future__ import annotations

from .collections import Collection
from .documents import Document, Word
from .properties import ExternalId


class Tag(Document):
    """A word that marks a project. Source: `tags`."""

    value: Word


TAGS = Collection("project_tag", Tag, indexes=("value",))
EXTERNAL_IDS = Collection("project_external_id", ExternalId, indexes=("id",))

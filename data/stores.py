"""The additional stores of a project."""

from __future__ import annotations

from .addresses import Address
from .collections import Collection
from .documents import Document, Key, Word
from .properties import Property


class ProjectStore(Document):
    """A store with access to the project, beside its main store. Source: ProjectStore."""

    store_id: Key = ""
    name: Word | None = None
    email: Word | None = None
    phone: Word | None = None
    role: Word | None = None
    address: Address | None = None
    properties: list[Property] | None = None


STORES = Collection("project_store", ProjectStore, indexes=("store_id",))

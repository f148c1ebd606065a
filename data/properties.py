"""Key/value properties and external ids, which many documents carry inside."""

from __future__ import annotations

from .documents import Document, Key, Word


class Property(Document):
    """A custom property; the value is a string whatever its type. Source: PropertyItem."""

    key: Word | None = None
    value: Word | None = None
    key_group: Word | None = None
    value_type: Word | None = None


class ExternalId(Document):
    """An id that another system has for something, and which system. Source: ExternalId."""

    id: Key | None = None
    provider_name: Word | None = None

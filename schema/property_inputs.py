"""Inputs of key/value pairs and of ids that other systems have."""

from __future__ import annotations

import strawberry

from .given import optional

_VALUE = "The value: a string, whatever `valueType` says. Absent or null: none."
_KEY_GROUP = "The group it is shown in. Absent or null: none."
_VALUE_TYPE = (
    "How to read `value`: String, Number, Boolean, DateTime, Xhtml or a type of the tenant's own. Absent or null: not "
    "said."
)


@strawberry.input(description="A custom property.")
class PropertyInput:
    """Becomes `data.properties.Property`."""

    key: str = strawberry.field(
        description="The name of the property, not blank and only once in its list."
    )
    value: str | None = optional(_VALUE)
    key_group: str | None = optional(_KEY_GROUP)
    value_type: str | None = optional(_VALUE_TYPE)


@strawberry.input(description="An entry of the public form, or other custom data. Keys may repeat.")
class FormEntryInput:
    """Becomes `data.form_data.FormEntry`."""

    key: str = strawberry.field(description="The name of the entry.")
    value: str | None = optional(_VALUE)
    key_group: str | None = optional(_KEY_GROUP)
    value_type: str | None = optional(_VALUE_TYPE)


@strawberry.input(description="An id that another system has for something.")
class ExternalIdInput:
    """Becomes `data.properties.ExternalId`."""

    id: str = strawberry.field(description="The id in the other system, up to 300 characters.")
    provider_name: str | None = optional("The name of the other system. Absent or null: not said.")

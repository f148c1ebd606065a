"""Key/value properties and external ids, which many types carry."""

from __future__ import annotations

import strawberry


@strawberry.type(description="A custom property. A field that is null was not given.")
class Property:
    """Served from `data.properties.Property`."""

    key: str | None = strawberry.field(description="The name of the property.")
    value: str | None = strawberry.field(
        description="The value: a string, whatever `valueType` says."
    )
    key_group: str | None = strawberry.field(description="The group the property is shown in.")
    value_type: str | None = strawberry.field(
        description="How to read `value`: String, Number, Boolean, DateTime, Xhtml or a type of the tenant's own."
    )


@strawberry.type(description="An id that another system has for the same thing.")
class ExternalId:
    """Served from `data.properties.ExternalId`."""

    id: str | None = strawberry.field(
        description="The id in the other system; null when not given."
    )
    provider_name: str | None = strawberry.field(
        description="The name of the other system; null when not given."
    )

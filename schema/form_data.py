"""Entries of the public form."""

from __future__ import annotations

import strawberry


@strawberry.type(
    description=(
        "A key with a value, from the public form or another source of custom data. A key may occur more than "
        "once. A field that is null was not given."
    )
)
class FormEntry:
    """Served from rows of `data.form_data.FORM_DATA`."""

    key: str | None = strawberry.field(description="The name of the entry.")
    value: str | None = strawberry.field(
        description="The value: a string, whatever `valueType` says."
    )
    key_group: str | None = strawberry.field(description="The group the entry is shown in.")
    value_type: str | None = strawberry.field(
        description="How to read `value`: String, Number, Boolean, DateTime, Xhtml or a type of the tenant's own."
    )

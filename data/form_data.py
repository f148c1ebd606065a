"""Form entries: custom data from the public form."""

from __future__ import annotations

from .collections import Collection
from .properties import Property


class FormEntry(Property):
    """A key with a value from a form; keys may repeat. Source: FormEntry."""


FORM_DATA = Collection("project_form_entry", FormEntry)

"""Inputs as commands take them: dicts of the fields that were given, so that absent and null differ."""

from __future__ import annotations

import dataclasses
from typing import Any

import strawberry


def optional(description: str) -> Any:
    """A field of an input that may be absent; as a `Maybe`, absent and null differ."""
    return strawberry.field(default=None, description=description)


def given(value: Any) -> Any:
    """An input as a dict of the fields that were given, by name; null is None.

    A field that is no `Maybe` is left out when it is null, which for it means the same as absent.
    """
    if isinstance(value, list):
        return [given(item) for item in value]
    if not dataclasses.is_dataclass(value):
        return value
    fields = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    return {
        name: given(part.value if isinstance(part, strawberry.Some) else part)
        for name, part in fields
        if part is not None
    }


@strawberry.input
class KeyInput:
    """What every input of a mutation has."""

    idempotency_key: str | None = optional(
        "A text of 1 to 200 characters that names this request, so that it can be sent again. The same key with the "
        "same input, from the same caller within 24 hours, writes nothing and gives the stored outcome; with another "
        "input it is IDEMPOTENCY_KEY_REUSED. Only a write is remembered: a refused request and a dry run leave the "
        "key free. Absent or null: every request is a new one."
    )
    dry_run: bool = strawberry.field(
        default=False,
        description=(
            "Whether to answer as if it were written, and then leave nothing behind. The payload is that of the real "
            "run but for ids made and times."
        ),
    )


@strawberry.input
class WriteInput(KeyInput):
    """What every input of a mutation of an existing project has."""

    expected_version: int | None = optional(
        "The `version` of the project that the change was made for. When it is no longer current the answer is "
        "VERSION_CONFLICT and nothing is written. Absent or null: whatever the version is."
    )

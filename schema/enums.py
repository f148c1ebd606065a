"""Enums of the layers below, in the schema."""

from __future__ import annotations

from typing import Any

import strawberry


def described(enum: Any, descriptions: dict[str, str], description: str) -> Any:
    """An enum of a layer below as one of the schema, every value described."""
    made = strawberry.enum(enum, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = descriptions[value.name]
    return made

"""Values made plain, so that those of one type are told from those of another."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> Any:
    """A value with its types, and a decimal with its digits."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    # A half of a character has no form of its own.
    return type(value), repr(value)

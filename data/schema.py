"""All tables together, for migrations and for the test that compares them with a migrated database."""

from __future__ import annotations

from typing import Any

from . import feed, graphs, idempotency, project_types, texts, versions
from .base import METADATA

__all__ = ["METADATA", "is_ours"]

# Imported so that their tables are in the metadata.
_MODULES = (feed, graphs, idempotency, project_types, texts, versions)


def is_ours(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Whether a comparison looks at a table: not at the full-text tables, which differ by database."""
    return not (kind == "table" and (name or "").startswith("project_text"))

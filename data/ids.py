"""Ids made here: opaque, and made by the program, so that no database has to number anything."""

from __future__ import annotations

import os


def new_id() -> str:
    """An id that nothing else has."""
    return os.urandom(16).hex()

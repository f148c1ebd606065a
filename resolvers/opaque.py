"""Cursors as callers get them: a list of values that means nothing to them, as a text that fits into a URL."""

from __future__ import annotations

import base64
from typing import Any

import orjson

_SHOWN = 60


def written(*parts: Any) -> str:
    """The cursor of some values."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def read(cursor: str) -> list[Any]:
    """The values of a cursor, whoever made it. Raises: ValueError when it is none."""
    text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    parts = orjson.loads(text)
    if not isinstance(parts, list):
        raise ValueError("no cursor")  # noqa: TRY004 - one error for all that a cursor can be wrong in
    return parts


def quoted(cursor: str) -> str:
    """A cursor as a message shows it: of a long one the beginning."""
    return repr(cursor if len(cursor) <= _SHOWN else f"{cursor[:_SHOWN]}…")

"""Automatic persisted queries, as Apollo defined them: a text is sent once, and its hash from then on.

A client sends the SHA-256 of its document; where that is not known it is told so, and sends the
text beside the hash. The draft's `documentId` finds a text by its hash too.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict

from projectgate.parameters import Operation

# How many texts are kept, how many bytes they may have in memory together, and the longest in characters.
KEPT = 5_000
KEPT_BYTES = 10_000_000
LONGEST_KEPT = 20_000


class TextRefused(Exception):
    """An operation whose document is not found or not taken: code for programs, message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class PersistedQueries:
    """The texts that clients sent with their hashes; those not used for longest are forgotten first."""

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0

    def text(self, asked: Operation) -> str:
        """The text of what is asked for. Raises: TextRefused."""
        text = asked.query
        if asked.sha256 is None and asked.document_id is None and text is not None:
            return text
        if not self._on:
            raise TextRefused("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
        if text is not None:
            return verified(text, asked.sha256)
        text = self._texts.get(asked.sha256 or "")
        if text is None:
            raise TextRefused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        self._texts.move_to_end(asked.sha256 or "")
        return text

    def keep(self, asked: Operation) -> None:
        """Keeps a text that came with its hash and was found good."""
        text, digest = asked.query, asked.sha256
        if text is None or digest is None or len(text) > LONGEST_KEPT or digest in self._texts:
            return
        self._texts[digest] = text
        self._bytes += sys.getsizeof(text)
        while len(self._texts) > KEPT or self._bytes > KEPT_BYTES:
            _, forgotten = self._texts.popitem(last=False)
            self._bytes -= sys.getsizeof(forgotten)


def verified(text: str, digest: str | None) -> str:
    """The text, if the hash that came with it is its own. Raises: TextRefused."""
    if digest is not None and sha256(text) != digest:
        raise TextRefused(
            "BAD_REQUEST",
            "`sha256Hash` is not the hash of `query`: send the SHA-256 of its UTF-8 bytes in "
            "lower-case hexadecimal digits",
        )
    return text


def sha256(text: str) -> str:
    """The hash of a text as clients send it; half a surrogate pair is three bytes, as in WTF-8."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

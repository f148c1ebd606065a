"""Trusted documents: a manifest of all that may be run, in the format of Apollo's persisted query manifest.

A client names a document by its `id` or its hash, or sends the very text that stands there.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from projectgate.parameters import Operation
from projectgate.persisted import TextRefused, sha256, verified
from projectgate.settings import PREFIX, SettingsRefused


class ManifestRefused(Exception):
    """A file that is no manifest; the message says why, and what to do."""


class Entry(BaseModel):
    """An operation of a manifest."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    type: Literal["query", "mutation", "subscription"]
    body: str


class Manifest(BaseModel):
    """A manifest as its file has it; what else its maker wrote there is passed over."""

    model_config = ConfigDict(frozen=True)

    format: Literal["apollo-persisted-query-manifest"] = "apollo-persisted-query-manifest"
    version: Literal[1] = 1
    operations: tuple[Entry, ...]


class TrustedDocuments:
    """The documents of a manifest, and no others."""

    def __init__(self, manifest: Manifest) -> None:
        self._by_id = {entry.id: entry.body for entry in manifest.operations}
        self._by_hash = {sha256(entry.body): entry.body for entry in manifest.operations}
        self._texts = frozenset(self._by_hash.values())

    def text(self, asked: Operation) -> str:
        """The text of what is asked for. Raises: TextRefused."""
        if asked.query is not None:
            text = verified(asked.query, asked.sha256)
            found = text if text in self._texts else None
        else:
            found = self._by_id.get(asked.document_id or "") or self._by_hash.get(
                asked.sha256 or ""
            )
        if found is None:
            raise TextRefused(
                "DOCUMENT_NOT_TRUSTED",
                "only the documents of a manifest are run here, and this is none of them: have it added "
                "with `projectgate trusted build`",
            )
        return found

    def keep(self, asked: Operation) -> None:
        """Keeps nothing: what may be run is known at the start."""


def trusted_documents(path: Path) -> TrustedDocuments:
    """The documents of the manifest in a file. Raises: SettingsRefused."""
    setting = f"{PREFIX}TRUSTED_DOCUMENTS"
    try:
        return TrustedDocuments(read(path))
    except OSError as error:
        raise SettingsRefused(f"{setting}: {path} cannot be read: {error.strerror}") from None
    except ManifestRefused as error:
        raise SettingsRefused(f"{setting}: {error}") from None


def read(path: Path) -> Manifest:
    """The manifest in a file. Raises: OSError, ManifestRefused."""
    try:
        manifest = Manifest.model_validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        at = f" at `{place}`" if place else ""
        raise ManifestRefused(
            f"{path} is no manifest{at}: {fault['msg']}; make it with `projectgate trusted build DIR`"
        ) from None
    for name, times in Counter(entry.id for entry in manifest.operations).items():
        if times > 1:
            raise ManifestRefused(f"{path} has {times} operations with the id {name[:100]!r}")
    return manifest

"""Import and export for tests: documents in, with what was told of them; documents out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from sqlalchemy import select

from projectgate.data import files
from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from projectgate.resolvers.exports import Format, export
from projectgate.resolvers.imports import Bad, Counts, Superseded, import_documents
from projectgate.resolvers.incoming import Documents

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


def loads(text: str | bytes) -> Any:
    """JSON with exact numbers."""
    return json.loads(text, parse_float=Decimal)


def source(name: str, documents: bytes | Iterable[Any]) -> Documents:
    """A source of the bytes of a file, or of documents."""
    if isinstance(documents, bytes):
        stream = BytesIO(documents)
        return Documents(name, lambda: files.read(stream), lambda: files.read(stream, exact=False))
    listed = list(documents)
    return Documents(name, lambda: enumerate(listed, 1))


class Imported:
    """What came of an import."""

    def __init__(self, counts: Counts, told: list[Bad | Superseded]) -> None:
        self.counts = counts
        self.bad = [one for one in told if isinstance(one, Bad)]
        self.superseded = [one for one in told if isinstance(one, Superseded)]

    @property
    def new_changed_equal(self) -> tuple[int, int, int]:
        """How many were new, changed and equal."""
        return self.counts.new, self.counts.changed, self.counts.equal


async def imported(
    database: Database, *sources: bytes | Iterable[Any], strict: bool = False
) -> Imported:
    """Imports sources named `file 1`, `file 2` and so on."""
    told: list[Bad | Superseded] = []
    counts = await import_documents(
        database,
        [source(f"file {number}", one) for number, one in enumerate(sources, 1)],
        actor="importer",
        clock=lambda: NOW,
        strict=strict,
        report=told.append,
    )
    return Imported(counts, told)


async def exported(database: Database, form: Format = Format.JSON) -> bytes:
    """The whole export."""
    return b"".join([part async for part in export(database, form)])


async def versions_of(database: Database) -> dict[str, int]:
    """The version of every project, by its id."""
    rows = await database.run(select(PROJECTS.c.id, PROJECTS.c.version).order_by(PROJECTS.c.id))
    return {row.id: row.version for row in rows}

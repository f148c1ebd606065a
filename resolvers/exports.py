"""Export: all project types and projects as the documents that import reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from enum import StrEnum
from typing import Any

from ..data import exchange, graphs, project_types
from ..data.base import dumps
from ..data.collections import Source
from ..data.database import Database
from ..data.omnium import document_of
from .records import IMPORT

PAGE = 200


class Format(StrEnum):
    """How the documents of an export follow one another: as one JSON array, or a line each."""

    JSON = "json"
    NDJSON = "ndjson"


async def export(
    database: Database,
    form: Format = Format.JSON,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> AsyncGenerator[bytes, None]:
    """The bytes of all documents as they are now: types in their order, then projects by id, a document a line.

    `progress` is told how many of how many projects are done.
    """
    opening, between, end = (
        (b"[\n", b",\n", b"\n]\n") if form is Format.JSON else (b"", b"\n", b"\n")
    )
    first = True
    async with database.snapshot() as snapshot:
        async for document in _documents(snapshot, progress):
            yield (opening if first else between) + dumps(document)
            first = False
    if not first:
        yield end
    elif form is Format.JSON:
        yield b"[]\n"


async def _documents(
    source: Source, progress: Callable[[int, int], None]
) -> AsyncIterator[dict[str, Any]]:
    for row in await project_types.every(source):
        yield project_types.document(row).json_object()
    done, total = 0, await exchange.count(source)
    last: str | None = None
    while page := await exchange.after(source, last, PAGE):
        progress(done, total)
        stored = await graphs.read(source, page)
        ours = await exchange.our_log(source, list(stored), IMPORT)
        for row in page:
            yield document_of(stored[row.id].project, ours.get(row.id, ()))
        last = page[-1].id
        done += len(page)
    progress(done, total)

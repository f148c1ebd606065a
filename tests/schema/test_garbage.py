"""What an operation has read goes with it: it leaves nothing that only the garbage collector could find."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.execution.documents import Documents
from projectgate.resolvers.context import Context
from projectgate.schema.build import schema
from tests.make.documents import make_full_document, store_documents
from tests.schema.conftest import READER

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[1] / "queries"


@contextmanager
def left_behind() -> Iterator[Counter[str]]:
    """The classes of what a block leaves to the collector, counted."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found.update(type(one).__name__ for one in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.enable()
        gc.garbage.clear()
        gc.collect()


@pytest.mark.parametrize(
    ("name", "variables"), [("page", {}), ("one", {"id": "project-7"}), ("flat", {}), ("whole", {})]
)
async def test_an_operation_leaves_nothing_to_the_collector(
    database: Database, name: str, variables: dict[str, Any]
) -> None:
    await store_documents(database, [make_full_document(f"project-{place}") for place in range(10)])
    document = Documents(schema).document((FOLDER / f"{name}.graphql").read_text("utf-8"))
    values = variables or {"id": "project-7"} if name == "whole" else variables

    async def run() -> Any:
        return await document.execute(None, values, Context(database, READER))

    for _ in range(3):
        assert (await run()).errors is None
    with left_behind() as found:
        await run()
    assert found == Counter()

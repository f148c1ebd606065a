"""Documents that are kept answer as the schema does with their text."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import orjson
import pytest
import strawberry

from projectgate.execution.documents import Documents
from projectgate.execution.executor import LONGEST_KEPT, Engine
from tests.execution import world

pytestmark = pytest.mark.anyio

TEXT = """query A($names: [String!] = ["you"], $skip: Boolean!) {
    hello(names: $names) @skip(if: $skip)
    ...Q
}
query B { b: things(first: 1) { made } ...Q }
fragment Q on Query { things(first: 2) { made number } }"""


def made() -> strawberry.Schema:
    """The world with an engine of its own."""
    schema = strawberry.Schema(
        world.Query,
        types=[world.Book, world.Tool],
        execution_context_class=Engine().executor_class(),
    )
    schema.process_errors = lambda *_: None  # type: ignore[method-assign]
    return schema


def told(result: Any) -> tuple[bytes, list[Any]]:
    """An answer as it is sent."""
    errors = [error.formatted for error in result.errors or ()]
    return orjson.dumps(result.data, option=orjson.OPT_UTC_Z).replace(b"+00:00", b"Z"), errors


GIVEN: list[tuple[str | None, dict[str, Any]]] = [
    ("A", {"skip": True}),
    ("A", {"skip": False}),
    ("A", {"skip": False, "names": ["a", "b"]}),
    ("A", {"names": [None, 1]}),
    ("A", {"skip": False, "names": [{}] * 80}),
    ("A", {"skip": False, "names": None}),
    ("B", {}),
    ("B", {"skip": True}),
]


async def test_a_document_answers_each_operation_as_the_schema_does_however_often_it_was_used() -> (
    None
):
    """Also variables with very many faults, of which only so many are told."""
    schema = made()
    document = Documents(schema).document(TEXT)
    for lap in range(3):
        for name, variables in GIVEN:
            expected = await schema.execute(
                TEXT, variables, context_value=world.Context(), operation_name=name
            )
            found = await document.execute(name, variables, world.Context())
            assert told(found) == told(expected), (lap, name, variables)


@pytest.mark.parametrize("text", ["{ things { id } }", "{ things(first: -1) { id } }"])
async def test_a_document_that_is_kept_keeps_nothing_of_its_callers(text: str) -> None:
    """Not by the errors of the first of them either."""
    document = Documents(made()).document(text)
    context = world.Context()
    await document.execute(None, {}, context)
    left = weakref.ref(context)
    del context
    gc.collect()
    assert left() is None


async def test_neither_a_long_text_nor_its_plan_is_kept() -> None:
    engine = Engine()
    schema = strawberry.Schema(world.Query, execution_context_class=engine.executor_class())
    documents = Documents(schema)
    for length, kept in ((LONGEST_KEPT, 1), (LONGEST_KEPT + 1, 0)):
        text = "{ things { id } }".ljust(length)
        before = len(engine._choices)
        for _ in range(2):
            result = await documents.document(text).execute(None, {}, world.Context())
            assert result.errors is None
        assert (len(engine._choices), len(documents._kept)) == (before + kept, before + kept)
    assert (engine.counters.runs, engine.counters.fallbacks) == (2, 2)

"""Operations on real projects by a plan and by graphql-core, and what each of the two reads for them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple

import orjson

from projectgate.data import seed
from projectgate.data.database import Database
from projectgate.execution.documents import Documents
from projectgate.resolvers.access import Caller
from projectgate.resolvers.context import Context
from projectgate.resolvers.hearing import BATCHES, Batch
from projectgate.schema.build import engine, schema
from tests.conftest import recorded
from tests.execution.compared import Answer, Pair
from tests.make.documents import (
    make_full_document,
    project_documents,
    store_documents,
    store_types,
)
from tests.make.operations import Made
from tests.make.projects import NOON
from tests.make.writes import Clock, dump, ids_of, writing
from tests.schema.conftest import READER

PAIR = Pair(schema, engine)


class Wide(Context):
    """A context whose loaders read whole rows, whatever is told to it."""

    def narrow(self, needs: Any) -> None:
        """Does nothing."""


class Twin:
    """A database that is written to with the ids and the times of another one to which the same is done."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._ids = Random(1)
        self._clock = Clock()

    @contextmanager
    def writing(self, caller: Caller | None = None) -> Iterator[Context]:
        """The context of a mutation."""
        with ids_of(self._ids):
            yield writing(self.database, caller, self._clock)


class Read(NamedTuple):
    """What was read for an operation: the statements sent, and the batches of each loader."""

    statements: list[str]
    batches: list[Batch]

    def hold(self, judged: Read, told: object) -> None:
        """Fails unless each loader read as many keys as it did for graphql-core, in no more batches."""
        assert len(self.statements) <= len(judged.statements), told
        assert self._keys() == judged._keys(), told
        assert self._count() <= judged._count(), told

    def _keys(self) -> Counter[str]:
        keys: Counter[str] = Counter()
        for batch in self.batches:
            keys[batch.loader] += batch.keys
        return keys

    def _count(self) -> Counter[str]:
        return Counter(batch.loader for batch in self.batches)


@contextmanager
def reading(database: Database) -> Iterator[Read]:
    """What a block reads."""
    batches: list[Batch] = []
    with (
        BATCHES.heard_by(batches.append),
        recorded(database) as statements,
    ):
        yield Read(statements, batches)


async def fill(database: Database, made_up: int, full: int) -> list[str]:
    """Puts in the types and projects of the demo, the examples, and projects with two of everything. Gives the ids."""
    await store_types(database, list(seed.types()))
    documents = [
        *seed.documents(made_up),
        *project_documents(),
        *(make_full_document(f"project-full{place or ''}") for place in range(full)),
    ]
    by_id = {document["id"]: document for document in reversed(documents)}
    await store_documents(database, by_id.values())
    return sorted(by_id)


async def compare(database: Database, made: Made, caller: Caller = READER) -> str:
    """Holds what a plan answers to a query against what graphql-core does, and says how it was answered.

    The plan must not read more, whether it is new or not, and the answer is the same if it reads whole rows.
    """
    before = asyncio.all_tasks()
    with reading(database) as judged:
        expected = await PAIR.judged(made, _context(Context, database, caller))
        await _ended(before)
    ways = set()
    for lap in ("new", "kept"):
        with reading(database) as read:
            found, how = await PAIR.compiled(made, _context(Context, database, caller))
            left = await _ended(before)
        assert found == expected, (lap, how, made, caller)
        if how == "plan":
            assert not left, made
            read.hold(judged, (lap, made))
        ways.add(how)
    (way,) = ways
    wide = await PAIR.compiled(made, _context(Wide, database, caller))
    assert wide == (expected, way), made
    assert await _served(made, _context(Context, database, caller)) == expected, made
    await _ended(before)
    return way


async def compare_writes(
    planned: Twin, judged: Twin, made: Made, caller: Caller | None = None
) -> tuple[Answer, str]:
    """Holds what a plan answers to a mutation and leaves in all tables against what graphql-core does.

    Gives the answer, and how it was made. What a plan reads for it is no more.
    """
    with judged.writing(caller) as context, reading(judged.database) as most:
        expected = await PAIR.judged(made, context)
    with planned.writing(caller) as context, reading(planned.database) as read:
        found, how = await PAIR.compiled(made, context)
    assert found == expected, (how, made)
    if how == "plan":
        read.hold(most, made)
    assert await dump(planned.database) == await dump(judged.database), (how, made)
    return found, how


async def _ended(before: Collection[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """Waits for the tasks that began since: graphql-core leaves some behind where an error ends an operation."""
    left = [task for task in asyncio.all_tasks() if task not in before]
    await asyncio.gather(*left, return_exceptions=True)
    return left


def _context(kind: type[Context], database: Database, caller: Caller) -> Context:
    return kind(database, caller, lambda: NOON)


async def _served(made: Made, context: Context) -> Answer:
    """The answer as a document that is kept gives it, which is what the program serves."""
    result = await Documents(schema).document(made.text).execute(None, made.variables, context)
    errors = sorted(orjson.dumps(error.formatted) for error in result.errors or ())
    # Moments may be left to the writer of JSON, which is told to write them as the scalar does.
    return Answer(orjson.dumps(result.data, option=orjson.OPT_UTC_Z), errors)

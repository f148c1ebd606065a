"""Operations on real projects by a plan and by graphql-core, and what each of the two reads for them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import combinations
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
from projectgate.schema.errors import formatted
from tests.conftest import recorded
from tests.execution.compared import Answer, Pair, errors_of
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

ALONG, BESIDE = "read along", "read joined"
# Where one of several reads begins that are one statement, and how one begins that reads a project first.
READ = "array(SELECT ARRAY["
ALONG_WITH_PROJECT = re.compile(r"select array\(SELECT ARRAY\[project\.")


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

    @property
    def joins(self) -> set[str]:
        """How one statement had several batches: read along with the project that they are nested in, or beside it."""
        joined = [text for text in self.statements if _reads(text) > 1]
        return {ALONG if ALONG_WITH_PROJECT.match(text) else BESIDE for text in joined}

    def hold(self, judged: Read, told: object, *, missing: bool, roots: int) -> None:
        """Fails unless a plan had its loaders read what they did for graphql-core, in the same batches.

        `roots`: how many fields of the root went on side by side. What is nested in one of them graphql-core begins
        when that is there, so a loader may have one batch for each; a plan waits for all, and its batch is of all.
        `missing`: there is no such project. What is read along with it has then been read for nothing, but by the
        statement that looks for it.
        """
        assert len(self.statements) <= len(judged.statements), told
        batches, of = self._sizes(), judged._sizes()
        if missing and ALONG in self.joins:
            assert of == {"project": [1]}, told
            assert set(map(tuple, batches.values())) == {(1,)}, told
            assert len(self.statements) == 1, told
        elif roots > 1:
            assert batches.keys() == of.keys(), told
            assert all(are_sums(batches[name], of[name]) for name in of), told
        else:
            assert batches == of, told
            assert self._reads() == judged._reads(), told

    def _sizes(self) -> dict[str, list[int]]:
        """How many keys the batches of each loader have, in an order that is not that of time.

        Of batches that go on side by side any may be the first.
        """
        sizes: dict[str, list[int]] = {}
        for batch in self.batches:
            sizes.setdefault(batch.loader, []).append(batch.keys)
        return {name: sorted(found) for name, found in sizes.items()}

    def _reads(self) -> int:
        return sum(map(_reads, self.statements))


def _reads(text: str) -> int:
    """How many reads a statement is."""
    return text.count(READ) or 1


def are_sums(sizes: list[int], of: list[int]) -> bool:
    """Whether each size is the sum of some of others, each of which is in one of them."""
    if not sizes:
        return not of
    places = range(len(of))
    return any(
        sum(of[place] for place in chosen) == sizes[0]
        and are_sums(sizes[1:], [of[place] for place in places if place not in chosen])
        for count in range(1, len(of) + 1)
        for chosen in combinations(places, count)
    )


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


class Compared(NamedTuple):
    """How a plan answered, and how it had batches read together: see `Read.joins`."""

    way: str
    joins: set[str]


async def compare(database: Database, made: Made, caller: Caller = READER) -> Compared:
    """Holds what a plan answers to a query against what graphql-core does, and says how it was answered.

    The plan must read the same, whether it is new or not, and the answer is the same if it reads whole rows.
    """
    before = asyncio.all_tasks()
    with reading(database) as judged:
        expected = await PAIR.judged(made, _context(Context, database, caller))
        await _ended(before)
    data = orjson.loads(expected.data)
    ways = set()
    for lap in ("new", "kept"):
        with reading(database) as read:
            found, how = await PAIR.compiled(made, _context(Context, database, caller))
            left = await _ended(before)
        assert found == expected, (lap, how, made, caller)
        if how == "plan":
            assert not left, made
            missing = list(data.values()) == [None]
            read.hold(judged, (lap, made), missing=missing, roots=len(data))
        ways.add(how)
    (way,) = ways
    wide = await PAIR.compiled(made, _context(Wide, database, caller))
    assert wide == (expected, way), made
    served = await _served(made, _context(Context, database, caller))
    assert served is None or served == expected, made
    await _ended(before)
    return Compared(way, read.joins)


async def compare_writes(
    planned: Twin, judged: Twin, made: Made, caller: Caller | None = None
) -> tuple[Answer, str]:
    """Holds what a plan answers to a mutation and leaves in all tables against what graphql-core does.

    Gives the answer, and how it was made. What a plan reads for it is the same.
    """
    with judged.writing(caller) as context, reading(judged.database) as most:
        expected = await PAIR.judged(made, context)
    with planned.writing(caller) as context, reading(planned.database) as read:
        found, how = await PAIR.compiled(made, context)
    assert found == expected, (how, made)
    if how == "plan":
        # Fields of the root of mutations are done one after the other.
        read.hold(most, made, missing=False, roots=1)
    assert await dump(planned.database) == await dump(judged.database), (how, made)
    return found, how


async def _ended(before: Collection[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """Waits for the tasks that began since: graphql-core leaves some behind where an error ends an operation."""
    left = [task for task in asyncio.all_tasks() if task not in before]
    await asyncio.gather(*left, return_exceptions=True)
    return left


def _context(kind: type[Context], database: Database, caller: Caller) -> Context:
    return kind(database, caller, lambda: NOON)


async def _served(made: Made, context: Context) -> Answer | None:
    """The answer as a document that is kept gives it, which is what the program serves.

    None where it is not executed, since it takes too long to find out whether it may be.
    """
    document = Documents(schema).document(made.text)
    if document.faults:
        assert {formatted(fault)["extensions"]["code"] for fault in document.faults} == {
            "QUERY_TOO_COMPLEX"
        }
        return None
    result = await document.execute(None, made.variables, context)
    # Moments may be left to the writer of JSON, which is told to write them as the scalar does.
    return Answer(orjson.dumps(result.data, option=orjson.OPT_UTC_Z).decode(), errors_of(result))

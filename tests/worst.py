"""Looks for the document within the limits that holds the event loop for longest: `python -m tests.worst [seconds]`.

A document is made of parts, each a number of times: what is known to make a parser, a validator or a planner work hard,
right and wrong. Hill climbing changes the numbers and keeps what took longer; limits and the parts' own variety keep it
from running into one corner. What is measured is CPU time of this thread for all that comes before the first statement
is sent: reading, limits, validation, the telling of errors, cost, variables, the plan, and what is answered about the
schema, which graphql-core gives at once; of several measurements the least, and without the collector, which is
switched off meanwhile: what it takes depends on what else there is.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections.abc import Callable, Mapping
from inspect import isawaitable
from typing import Any, NamedTuple

from projectgate.admission import Admission
from projectgate.execution.documents import Document
from projectgate.parameters import Operation
from projectgate.refusals import RequestError
from projectgate.resolvers.access import ADMIN, READ, Caller
from projectgate.schema.build import engine, schema
from projectgate.settings import Settings
from tests.schema.whole import selection

CALLER = Caller("worst", frozenset({READ, ADMIN}), None)
# What a field that cannot merge, one that is not there, or a list of literals is repeated in.
PROJECT = 'project(id: "1")'


class Part(NamedTuple):
    """What a part puts where: before the document, into variables, the root, a project, and after the operation."""

    before: str = ""
    variables: str = ""
    root: str = ""
    project: str = ""
    after: str = ""


def _each(count: int, text: str) -> str:
    return " ".join(text.replace("#", str(number)) for number in range(count))


PARTS: Mapping[str, Callable[[int], Part]] = {
    "lines": lambda n: Part(before="\n" * n * 10),
    "blanks": lambda n: Part(before=" " * n * 200),
    "commas": lambda n: Part(before="," * n * 200),
    "comments": lambda n: Part(before="#x\n" * n * 5),
    "long comment": lambda n: Part(before="#" + "x" * n * 200 + "\n"),
    "block string": lambda n: Part(root='b: project(id: """' + "x \n" * n * 5 + '""") { id }'),
    "string": lambda n: Part(root='s: project(id: "' + "\\u0041" * n * 30 + '") { id }'),
    "leaves": lambda n: Part(project=_each(n, "id name status")),
    "names of one field": lambda n: Part(project=_each(n, "a#: id")),
    "one name": lambda n: Part(project=_each(n, "products { id name skuId }")),
    "one name with arguments": lambda n: Part(project=_each(n, "log(first: 1) { nodes { id } }")),
    "one name deep": lambda n: Part(
        project=_each(n, "projectParts { transactions { id id } tasks { id } }")
    ),
    "conflicts": lambda n: Part(project=_each(n, "c: id c: name c: status")),
    "deep conflicts": lambda n: Part(
        project=_each(n, "products { d: id e: id } products { d: name e: name }")
    ),
    "unknown fields": lambda n: Part(project=_each(n, "projectNam# producs# { id }")),
    "unknown arguments": lambda n: Part(
        project=_each(n, "log(firs#: 1, afte#: 2) { nodes { id } }")
    ),
    "unknown types": lambda n: Part(after=_each(n, "fragment U# on Projct# { id }")),
    "unused variables": lambda n: Part(variables=_each(n, "$u#: ID")),
    "variables twice": lambda n: Part(variables=_each(n, "$t: ID")),
    "used variables": lambda n: Part(
        variables=_each(n, "$v#: ID!"), root=_each(n, "v#: project(id: $v#) { id }")
    ),
    "operations": lambda n: Part(after=_each(n, "query Q# { viewer { name } }")),
    "operations of a fragment": lambda n: Part(
        after="fragment O on Query { projects(first: $o) { nodes { id } } } "
        + _each(n, "query O#($o: Int) { ...O }")
    ),
    "fragments": lambda n: Part(
        project=_each(n, "...F#"), after=_each(n, "fragment F# on Project { id name tags }")
    ),
    "fragments of objects": lambda n: Part(
        project=_each(n, "...G#"),
        after=_each(n, "fragment G# on Project { products { id } partners { id } }"),
    ),
    "a chain of fragments": lambda n: Part(
        project="...C0",
        after=" ".join(f"fragment C{i} on Project {{ id ...C{i + 1} }}" for i in range(n))
        + f" fragment C{n} on Project {{ id }}",
    ),
    "a cycle of fragments": lambda n: Part(
        project="...R0",
        after=" ".join(f"fragment R{i} on Project {{ ...R{(i + 1) % n} ...R0 }}" for i in range(n)),
    ),
    "spreads": lambda n: Part(
        project=_each(n, "...S"), after="fragment S on Project { id name products { id } }"
    ),
    "spreads in objects": lambda n: Part(
        project=_each(n, "products { ...P }"),
        after="fragment P on ProjectProduct { id name skuId }",
    ),
    "inline fragments": lambda n: Part(project=_each(n, "... on Project { id name }")),
    "impossible fragments": lambda n: Part(project=_each(n, "... on Customer { id }")),
    "directives": lambda n: Part(project="id " + _each(n, "@include(if: true)")),
    "choices": lambda n: Part(
        variables=_each(n, "$i#: Boolean!"), project=_each(n, "name @include(if: $i#)")
    ),
    "nested lists": lambda n: Part(
        root="n: projects(filter: { projectIds: " + "[" * n + "]" * n + " }) { totalCount }"
    ),
    "nested filters": lambda n: Part(
        root="f: projects(filter: " + "{ not: " * n + "{}" + "}" * n + ") { totalCount }"
    ),
    "list of filters": lambda n: Part(
        root="l: projects(filter: { or: ["
        + _each(n, '{ tags: { any: ["a"] } }')
        + "] }) { totalCount }"
    ),
    "unknown input fields": lambda n: Part(
        root="u: projects(filter: { " + _each(n, "statuse#: 1") + " }) { totalCount }"
    ),
    "wrong literals": lambda n: Part(
        root="w: projects(filter: { statuses: [" + _each(n, "WRONG#") + "] }) { totalCount }"
    ),
    "wrong enums": lambda n: Part(
        root=_each(n, "e: projects(sortOrder: CREATED_ASCENDIN#) { totalCount }")
    ),
    "whole projects": lambda n: Part(root=_each(n, f"w#: {PROJECT} {selection('Project')}")),
    "introspection": lambda n: Part(
        root=_each(n, "i: __schema { types { fields { type { name } } } }")
    ),
    "schemas": lambda n: Part(
        root=_each(n, "i#: __schema { types { fields { type { fields { name } } } } }")
    ),
    "types of types": lambda n: Part(
        root="t: __schema { types { inputFields { type { "
        + _each(n, "t#: ofType { name kind }")
        + " } } } }"
    ),
}
Numbers = Mapping[str, int]


def document(numbers: Numbers) -> str:
    """The document of so many of each part."""
    parts = [PARTS[name](count) for name, count in numbers.items() if count]
    variables = " ".join(part.variables for part in parts)
    head = f"query W ({variables}) " if variables.strip() else "query W "
    inside = " ".join(part.project for part in parts)
    project = f"{PROJECT} {{ id {inside} }}" if inside.strip() else "__typename"
    root = " ".join(part.root for part in parts)
    return (
        "".join(part.before for part in parts)
        + f"{head}{{ {project} {root} }} "
        + " ".join(part.after for part in parts)
    )


class Held(NamedTuple):
    """How long a document held the loop, in ms of CPU, and what came of it; None: it is beyond the limits.

    Between the two, others have their turn.
    """

    prepared: float
    planned: float
    outcome: str | None

    @property
    def longest(self) -> float:
        """What others had to wait."""
        return max(self.prepared, self.planned)


def held(text: str, variables: Mapping[str, Any] | None = None) -> Held:
    """How long an operation holds the loop that was never seen before."""
    admission = Admission(schema, Settings(rate_limit=0))
    engine._choices.clear()
    asked = Operation(text, "W", dict(variables or {}), {})
    begun = time.thread_time()
    try:
        prepared = admission.prepared(asked, CALLER)
    except RequestError as error:
        taken = (time.thread_time() - begun) * 1000
        within = not str(error).startswith("the document has ")
        return Held(taken, 0, str(error)[:100] if within else None)
    between = time.thread_time()
    outcome = asyncio.run(_planned(prepared.document, prepared.name, prepared.variables))
    return Held((between - begun) * 1000, (time.thread_time() - between) * 1000, outcome)


async def _planned(document: Document, name: str | None, variables: dict[str, Any]) -> str:
    executor = document._executor(name, variables, None)
    if isinstance(executor, list):
        return executor[0].message[:100]
    executor.native = True
    plan = executor._plan()
    if document.introspects:
        result = executor.execute_operation()
        if isawaitable(result):
            await result
    return type(plan).__name__


def climbed(chance: random.Random, seconds: float) -> tuple[Held, Numbers]:
    """The worst document that is found from a random one in some seconds."""
    best: Numbers = {}
    worst, stuck, end = Held(0, 0, ""), 0, time.monotonic() + seconds
    while time.monotonic() < end and stuck < 150:
        gc.collect()
        tried = dict(best)
        for _ in range(chance.choice([1, 1, 2, 3])):
            name = chance.choice(list(PARTS))
            before = tried.get(name, 0)
            tried[name] = max(
                0,
                chance.choice(
                    [0, before + 1, before - 3, before * 2, before // 2, chance.randint(1, 250)]
                ),
            )
        found = held(document(tried))
        if found.outcome is None:
            continue
        if found.longest > worst.longest:
            # Noise may make it look worse than it is, and never better.
            again = [held(document(tried)) for _ in range(4)]
            found = min(found, *again, key=lambda one: one.longest)
        if found.longest > worst.longest:
            best, worst, stuck = tried, found, 0
        else:
            stuck += 1
    return worst, best


def told(line: str) -> None:
    """Writes a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Searches, and tells the worst that was found."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 300
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None)
    held("query W { viewer { name } }")
    gc.collect()
    gc.freeze()
    gc.disable()
    end, found = time.monotonic() + seconds, []
    while (left := end - time.monotonic()) > 0:
        found.append(climbed(chance, min(left, 60)))
        worst, numbers = found[-1]
        told(
            f"{worst.longest:6.1f} ms: {worst.prepared:.1f} + {worst.planned:.1f}, {worst.outcome}"
        )
        told(f"  { ({name: count for name, count in numbers.items() if count}) }")
    worst, numbers = max(found, key=lambda one: one[0].longest)
    text = document(numbers)
    told(
        f"The worst of {len(found)} climbs: {worst.longest:.1f} ms of CPU for {len(text):,} characters."
    )


if __name__ == "__main__":
    main()

"""A database with the model beside it: each mutation is done to both, its answer and what it leaves are compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from random import Random
from typing import Any

from sqlalchemy import func, select
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from projectgate.data.database import Database
from projectgate.data.log import LOG
from projectgate.data.projects import PROJECTS
from projectgate.data.transactions import TRANSACTIONS
from projectgate.data.versions import VERSIONS
from projectgate.resolvers.access import Caller
from projectgate.resolvers.context import Context
from projectgate.schema.build import Schema
from projectgate.schema.mutation import Mutation
from projectgate.schema.query import Query
from projectgate.schema.scalars import SCALARS
from projectgate.schema.user_errors import USER_ERRORS
from tests.make.documents import store_types
from tests.make.inputs.chance import UNKNOWN, happens
from tests.make.inputs.kinds import TYPES, kinds
from tests.make.mutations import text_of
from tests.make.projects import NOON
from tests.make.writes import admin
from tests.model.drafts import Fault, Given, State, named
from tests.model.shown import SELECTED, sort_keys
from tests.model.world import CREATE, MANY, Answer, Told, World, real
from tests.schema.whole import fields

ERRORS = """userErrors { code path ... on AmbiguousProduct { candidates { id } }
    ... on VersionConflict { currentVersion changedPaths } ... on InvalidState { allowedActions } }"""
CHANGES = "changed changes { path before after }"
DETAILS = ("added", "updated", "removed")
# What the program serves; each text is parsed and validated once.
SCHEMA = Schema(
    query=Query,
    mutation=Mutation,
    types=USER_ERRORS,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[ParserCache, ValidationCache],
)
# So many projects, or versions of one, are read at once.
AT_ONCE = 4
READ = f"""query ({", ".join(f"$id{n}: ID!, $at{n}: Int" for n in range(AT_ONCE))}) {{
    {" ".join(f"read{n}: project(id: $id{n}, atVersion: $at{n}) {{ ...all }}" for n in range(AT_ONCE))}
}} fragment all on Project {{ {SELECTED} }}"""


async def filled(database: Database) -> None:
    """Puts in the types that inputs are made for."""
    await store_types(database, TYPES)


class Compared:
    """Some projects in a database and in the model. `counts` has what came of every mutation."""

    def __init__(self, database: Database, counts: Counter[tuple[str, str]] | None = None) -> None:
        self.database = database
        self.world = World(kinds())
        self.now: datetime = NOON + timedelta(days=30)
        self.counts = Counter[tuple[str, str]]() if counts is None else counts
        self.sent: list[tuple[str, Given]] = []
        # What else is asked of every payload.
        self.beside = ""

    @property
    def ids(self) -> list[str]:
        """The ids of the projects, in the order they were made."""
        return list(self.world.projects)

    def context(self, caller: Caller | None = None) -> Context:
        """One operation, by somebody who may do everything unless another caller is named."""
        return Context(self.database, caller or admin(), lambda: self.now)

    async def send(self, mutation: str, given: Given, caller: Caller | None = None) -> Any:
        """The payload of a mutation."""
        text = text_of(mutation, _selected(mutation, self.beside))
        answer = await SCHEMA.execute(text, {"input": given}, context_value=self.context(caller))
        assert answer.errors is None
        assert answer.data is not None
        return answer.data[mutation]

    async def begin(self, kind: str, random: Random) -> None:
        """Makes a project of a type, with something of everything."""
        await self.do(CREATE, {"projectTypeId": kind})
        given: Given = {
            "id": self.ids[-1],
            "products": [{"skuId": "SKU-1", "orderId": one} for one in ("10207", "10208")],
            "transactions": [{"revenue": "10"}, {"cost": "0.1"}],
            "projectParts": [{"tasks": [{"text": "Measure"}], "transactions": [{"revenue": "5"}]}],
            "changeOrders": [{"tasks": [{}, {}], "transactions": [{"budgetCost": "7"}]}],
        }
        if kind == "claim":
            # Both kinds of partner, as documents may have them: the single one comes first.
            given["partner"] = {"id": "partner-4", "name": "Zoë"}
            given["partners"] = [{"id": "partner-1", "name": "Anna"}]
        if happens(random, 70):
            await self.do("patchProject", given)

    async def do(self, mutation: str, given: Given) -> Told:
        """Does a mutation to both, and compares what it answers with what it must."""
        self.now += timedelta(minutes=1)
        return self.compare(mutation, given, await self.send(mutation, given))

    def compare(self, mutation: str, given: Given, payload: State) -> Told:
        """Does to the model what was done to the database; the payload must be the one that the model expects."""
        told = self.world.told(mutation, given, self.now)
        results = payload["results"] if mutation == MANY else [payload]
        names: dict[str, str] = {}
        for answer, result in zip(told.answers, results, strict=False):
            named([answer.shown, answer.details], [_project(result["project"]), result], names)
        assert len(set(names.values())) == len(names), "an id was made twice"
        told = real(told, names)
        assert _faults(payload["userErrors"]) == _expected(told.faults)
        if mutation == MANY:
            refused_whole = any(len(fault.path) == 1 for fault in told.faults)
            assert len(results) == (0 if refused_whole else len(given["items"]))
            assert payload["changed"] == any(answer.changed for answer in told.answers)
        for place, (answer, result) in enumerate(zip(told.answers, results, strict=False)):
            assert result.get("index", 0) == place
            _compare(answer, result, told.faults if mutation != MANY else answer.faults)
        self.world.keep(mutation, given, self.now, told)
        if given.get("idempotencyKey") and told.remembers:
            self.sent.append((mutation, given))
        self.counts[mutation, _came(given, told)] += 1
        return told

    async def check(self, *, read: bool = True) -> None:
        """Compares all that is stored of the projects: in the tables and, unless told not to, as readers see it."""
        ids = self.ids
        if read:
            await self._check_read([(one, None) for one in ids])
        versions = await self._by_project(select(VERSIONS.c.project_id, func.count()), ids)
        log = LOG.table
        rows = await self._by_project(select(log.c.project_id, func.count()), ids)
        found = await self.database.run(select(PROJECTS).where(PROJECTS.c.id.in_(ids)))
        totals = await self._totals({row.id: row.project_additional_value for row in found})
        assert len(found) == len(ids)
        for row in found:
            history, state = self.world.projects[row.id], self.world.state(row.id)
            assert row.version == versions[row.id] == rows[row.id] == len(history)
            keys = sort_keys(state)
            assert {name: getattr(row, name) for name in keys} == keys
            if row.id in totals:
                assert (row.project_value, row.project_budget_value) == totals[row.id]

    async def check_history(self, project_id: str) -> None:
        """Compares a project at each of its versions with what the write of it returned."""
        history = self.world.projects[project_id]
        await self._check_read([(project_id, number) for number in range(1, len(history) + 1)])

    async def _check_read(self, asked: Sequence[tuple[str, int | None]]) -> None:
        for first in range(0, len(asked), AT_ONCE):
            some = asked[first : first + AT_ONCE]
            variables: dict[str, Any] = {f"id{place}": UNKNOWN for place in range(AT_ONCE)}
            for place, (project_id, at) in enumerate(some):
                variables |= {f"id{place}": project_id, f"at{place}": at}
            answer = await SCHEMA.execute(READ, variables, context_value=self.context())
            assert answer.errors is None
            assert answer.data is not None
            for place, (project_id, at) in enumerate(some):
                version = self.world.projects[project_id][-1 if at is None else at - 1]
                assert _project(answer.data[f"read{place}"]) == version.shown

    async def _by_project(self, counted: Any, ids: list[str]) -> dict[str, int]:
        table = counted.selected_columns[0].table
        statement = counted.where(table.c.project_id.in_(ids)).group_by(table.c.project_id)
        return dict(map(tuple, await self.database.run(statement)))

    async def _totals(self, added: dict[str, Decimal]) -> dict[str, tuple[Decimal, Decimal]]:
        """Value and budget of the projects that have transactions, added up from the rows."""
        table = TRANSACTIONS.table
        found: dict[str, list[Any]] = defaultdict(list)
        for row in await self.database.run(select(table).where(table.c.project_id.in_(added))):
            found[row.project_id].append(row)
        with localcontext(prec=60):
            return {
                project_id: (
                    sum((row.revenue - row.cost for row in rows), added[project_id]),
                    sum((row.budget_revenue - row.budget_cost for row in rows), Decimal(0)),
                )
                for project_id, rows in found.items()
            }


def _selected(mutation: str, beside: str) -> str:
    one = f"project {{ {SELECTED} }} {CHANGES} {ERRORS} {beside}"
    if mutation == MANY:
        return f"changed results {{ index {one} }} {ERRORS}"
    payload = fields(f"{mutation[0].upper()}{mutation[1:]}Payload")
    return f"{one} {' '.join(name for name in DETAILS if name in payload)}"


def _project(project: Any) -> Any:
    """A project with its actions by name, as the model shows it."""
    if project is None:
        return None
    actions = {one["name"]: one["allowed"] for one in project["availableActions"]}
    return project | {"availableActions": actions}


def _faults(errors: list[State]) -> list[Any]:
    """The errors of a payload in an order of their own."""
    return sorted(map(_fault, errors), key=repr)


def _fault(error: State) -> Any:
    told = {name: value for name, value in error.items() if name not in ("code", "path")}
    if "candidates" in told:
        told["candidates"] = [line["id"] for line in told["candidates"]]
    for name in ("changedPaths", "allowedActions"):
        if name in told:
            assert len(set(told[name])) == len(told[name])
            told[name] = sorted(told[name])
    return error["code"], error["path"], told


def _expected(faults: list[Fault]) -> list[Any]:
    return sorted(((one.code, list(one.path), dict(one.told)) for one in faults), key=repr)


def _compare(answer: Answer, result: State, faults: list[Fault]) -> None:
    assert _faults(result["userErrors"]) == _expected(faults)
    assert _project(result["project"]) == answer.shown
    assert result["changed"] == answer.changed
    for name in DETAILS:
        if name in result:
            assert result[name] == answer.details.get(name, []), name
    created = answer.changed and answer.shown is not None and answer.shown["version"] == 1
    if not created:
        told = {one["path"]: (one["before"], one["after"]) for one in result["changes"]}
        assert len(told) == len(result["changes"])
        assert told.keys() == answer.changes.keys()
        for path, (before, after) in answer.changes.items():
            assert before is ... or told[path] == (before, after), path


def _came(given: Given, told: Told) -> str:
    """What came of a mutation, in a word."""
    if any(answer.faults for answer in told.answers):
        return "refused"
    if any(answer.version for answer in told.answers):
        return "dry run" if given.get("dryRun") else "written"
    return "recalled" if any(answer.changed for answer in told.answers) else "unchanged"

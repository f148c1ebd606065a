"""What tests of writes need: projects imported, who writes and when, and everything that a database holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from projectgate.data import access, graphs, project_types, projects
from projectgate.data.base import METADATA
from projectgate.data.database import Database
from projectgate.data.graphs import Stored
from projectgate.data.project_types import ProjectType
from projectgate.data.projects import Project
from projectgate.resolvers.access import ADMIN, READ, Caller
from projectgate.resolvers.changes import change
from projectgate.resolvers.context import Context
from projectgate.resolvers.outcomes import Outcome
from projectgate.resolvers.records import IMPORT, Write, record
from projectgate.resolvers.revisions import Revision
from projectgate.resolvers.updates import PatchProject
from tests.make.projects import NOON, make_project


class Clock:
    """A clock that a test sets; each look at it moves it by a second."""

    def __init__(self, now: datetime = NOON + timedelta(days=30)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The next second."""
        self.now += timedelta(seconds=1)
        return self.now


def admin(name: str = "anna", *stores: str) -> Caller:
    """A caller who may write; without stores named: in all of them."""
    return Caller(name, frozenset({READ, ADMIN}), frozenset(stores) if stores else None)


def writing(database: Database, caller: Caller | None = None, clock: Any = None) -> Context:
    """The context of a mutation."""
    return Context(database, caller or admin(), clock or Clock())


@contextmanager
def ids_of(random: Random) -> Iterator[None]:
    """Makes the ids of a block those that a seed decides."""
    with pytest.MonkeyPatch.context() as context:
        # For ids alone: who else asks for random bytes, and when, is not decided by the seed.
        context.setattr("projectgate.data.ids.os", SimpleNamespace(urandom=random.randbytes))
        yield


async def imported(database: Database, *new: Project) -> None:
    """Puts projects into a database as an import does: version 1 of each, with its log row."""
    async with database.transaction() as transaction:
        await record(
            transaction,
            [Write(None, project) for project in new],
            actor="importer",
            operation=IMPORT,
            at=datetime(2026, 1, 1, tzinfo=UTC),
        )


async def imported_types(database: Database, *types: ProjectType) -> None:
    """Puts project types into a database."""
    async with database.transaction() as transaction:
        await project_types.replace_many(transaction, types, range(1, len(types) + 1))


def make_line(**values: Any) -> dict[str, Any]:
    """A product line of a document; a test names only what it is about."""
    return {
        "id": "line-1",
        "name": "Shower wall",
        "sku_id": "SKU-001",
        "product_id": "P-1",
        "quantity": 1,
        "status": "Active",
        "order_id": "10207",
    } | values


def make_claim(**changes: Any) -> Project:
    """A project with two product lines, SKU-001 and SKU-002."""
    lines = [make_line(), make_line(id="line-2", sku_id="SKU-002", name="Chain", order_id="10236")]
    return make_project(**({"products": lines} | changes))


def make_type(**changes: Any) -> ProjectType:
    """An active project type with several partners and two workflow steps, the first one last in its list."""
    values: dict[str, Any] = {
        "id": "claim",
        "name": "Claim",
        "project_category": "Service",
        "active": True,
        "can_have_multiple_partners": True,
        "workflow_steps": [
            {"id": "claim-2", "index": 1, "name": "Decide", "accept_text": "Next"},
            {"id": "claim-1", "index": 0, "name": "Receive", "external_ids": [{"id": "x"}]},
        ],
        "partner_check_list": [{"text": "Keys received"}],
        "public_url": "https://example.test/claim",
    }
    return ProjectType.new(**(values | changes))


async def stored(database: Database, project_id: str = "project-1") -> Stored:
    """A project as it stands in the database."""
    rows = await projects.by_id(database, [project_id], access.visible(None))
    return (await graphs.read(database, rows.values()))[project_id]


async def dump(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    names = set(METADATA.tables)
    if database.dialect == "sqlite":
        names |= {"project_text", "project_text_index"}
    rows = {
        name: [tuple(row) for row in await database.run(text(f"select * from {name}"))]
        for name in sorted(names)
    }
    return {name: sorted(found, key=repr) for name, found in rows.items()}


async def patched(database: Database, **given: Any) -> Outcome:
    """The outcome of a patch of project-1."""
    return await change(writing(database), PatchProject(project_id="project-1", given=given))


def told(outcome: Outcome) -> list[tuple[str, str]]:
    """The faults of an outcome: code and path, in their order."""
    return [(fault.code, ".".join(fault.path)) for fault in outcome.faults]


def changed_paths(outcome: Outcome) -> list[str]:
    """The paths of what an outcome changed, in their order."""
    return [change.path for change in outcome.changes]


def ids(lines: Iterable[Any] | None) -> list[str]:
    """The ids of elements, in their order."""
    return [line.id for line in lines or ()]


def whole(revision: Revision) -> Any:
    """Everything that readers see of a revision: its row, its version, and the rows nested in it."""
    tables = {name: revision.rows(name) for name in sorted(graphs.rows_of(revision.project))}
    return _seen(revision.row), revision.version, _seen(tables)


def _seen(value: Any) -> Any:
    """What readers see of a value: `extra` is for exports, and in JSON null and [] are as good as absent."""
    if hasattr(value, "_asdict"):
        return _seen(value._asdict() | {"project_id": None, "extra": None})
    if isinstance(value, dict):
        return {name: _seen(item) for name, item in value.items() if item not in (None, [])}
    return [_seen(item) for item in value] if isinstance(value, list) else value

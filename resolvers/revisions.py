"""A project at one of its versions, whole and in memory: what a write returns, and what `atVersion` asks for.

A revision stands in for the project id as the key of loaders. What is nested in the project is then taken from
the revision, never from a later writer's rows.
"""

from __future__ import annotations

from typing import Any

from ..data import graphs, versions
from ..data.collections import Source
from ..data.graphs import Stored
from ..data.log import LOG
from ..data.projects import Project, ProjectRow


class Revision:
    """A project as a version left it, and how it is `stored` where that is known.

    `log` and `pending` are rows of a dry run, which no table has.
    """

    def __init__(
        self,
        project: Project,
        version: int,
        *,
        stored: Stored | None = None,
        log: Any = None,
        pending: versions.Version | None = None,
    ) -> None:
        self.project = project
        self.id = project.id
        self.version = version
        self._stored = stored
        self.log = log
        self.pending = pending

    @property
    def row(self) -> ProjectRow:
        """The project's own row."""
        # A new one each time. If this held what holds it, only the collector would free them, with all of the project.
        return ProjectRow.of(self.stored.row, key=self)

    @property
    def stored(self) -> Stored:
        """How it is, or was, stored."""
        if self._stored is None:
            self._stored = graphs.taken_apart(self.project, self.version)
        return self._stored

    def rows(self, table: str) -> list[Any]:
        """The rows of a nested collection."""
        # A row finds what is nested in it by its project, the first of its keys; here that is this revision.
        return [row._make((self, *row[1:])) for row in self.stored.rows[table]]

    def history(self, table: str) -> tuple[list[Any], list[Any]]:
        """Rows of a history that are not to be read from its table: those before it and those after it."""
        if table == LOG.table.name:
            return [] if self.log is None else [self.log], self.rows(table)
        return [] if self.pending is None else [self.pending], []


async def at_version(source: Source, project_id: str, version: int) -> Revision | None:
    """The project as the write of a version left it; None when there is no such version."""
    state = await versions.state_at(source, project_id, version)
    return None if state is None else Revision(Project.of(state), version)

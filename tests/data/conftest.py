"""A database that has something to find."""

from __future__ import annotations

import pytest

from projectgate.data.database import Database
from projectgate.data.projects import Project
from tests.make.projects import many_projects, store


@pytest.fixture
async def filled(database: Database) -> tuple[Database, list[Project]]:
    """A database with many different projects, and these."""
    projects = many_projects()
    await store(database, projects)
    return database, projects

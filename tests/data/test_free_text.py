"""Free text and the caller's stores: the same projects on both databases and by plain Python."""

from __future__ import annotations

import pytest

from projectgate.data import access, conditions
from projectgate.data.database import Database
from projectgate.data.projects import Project
from tests.make.answers import has_words, searched, stores
from tests.make.projects import ids_of

pytestmark = pytest.mark.anyio

QUERIES = [
    "baderom",
    "OPPUSSING bad",
    "ase",
    "Åse ærlig",
    "strasse",
    "zoe",
    "SKU-001",
    "sku 001 haster",
    "001",
    "project-123",
    "p",
    "emoji 😀",
    "😀",
    '"',
    "'",
    "''' & | ! :*",
    "a & b | !c",
    "NEAR(a b)",
    "a AND b",
    "a OR b",
    "NOT a",
    "terms:a",
    "^a",
    "-a",
    "*",
    "a*",
    "\\",
    "% _",
    "\ue001ase",
    "مرحبا",
    "م",
    "istanbul",
    "İ",
    "ﬁ",
    "²",
    "½",
    "x" * 3000,
    "\n\t",
    "\x7f\x01",
    "e\u0301a",
    "\u0301",
    " ".join(["e"] * 300),
    "ola@example.test",
    "EXT/1470",
]


async def test_a_free_text_finds_the_same_on_both_databases_and_by_plain_python(
    filled: tuple[Database, list[Project]],
) -> None:
    database, projects = filled
    for query in QUERIES:
        expected = {project.id for project in projects if has_words(searched(project), query)}
        condition = conditions.free_text(query, database.dialect)
        assert await ids_of(database, condition) == expected, query


async def test_a_caller_finds_only_projects_of_a_store_in_scope(
    filled: tuple[Database, list[Project]],
) -> None:
    database, projects = filled
    for scope in (None, [], ["store-oslo"], ["store-bergen", "store-malmo"], ["nowhere"]):
        expected = {p.id for p in projects if scope is None or stores(p) & set(scope)}
        assert await ids_of(database, access.visible(scope)) == expected, scope

"""What PostgreSQL's statistics say of words, by which it chooses how a page of a search is read."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from projectgate.data.database import Database
from projectgate.data.projects import PROJECTS
from projectgate.data.texts import matching
from projectgate.data.words import Term

COUNT = 20_000
RARE = 2
_MAKE = f"""
insert into project (
  id, created, modified, project_value, project_budget_value, project_additional_value, version
)
select n::text, now(), now(), 0, 0, 0, 1 from generate_series(1, {COUNT}) as n
"""
# Ten words of 1,500 that are each in 133 projects, and one that is in two.
_WRITE = f"""
insert into project_text (project_id, terms)
select n::text, array_to_tsvector(
  array(select 'common' || (n * 10 + place) % 1500 || 'x' from generate_series(0, 9) as place)
  || ('rare' || n / {RARE} || 'x')
)
from generate_series(1, {COUNT}) as n
"""


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["postgresql"])
async def test_postgresql_knows_that_a_rare_word_is_rare(database: Database) -> None:
    """It knows too few words otherwise, and takes the others for half as frequent as the rarest of them."""
    for statement in (_MAKE, _WRITE, "analyze project_text"):
        await database.run(text(statement))
    assert await expected(database, "common17x") == pytest.approx(133, rel=0.5)
    for word in ("rare17x", "rare9000x", "unheard"):
        assert await expected(database, word) <= 2 * RARE, word


async def expected(database: Database, word: str) -> int:
    """How many projects PostgreSQL believes a word to be in."""
    asked = select(PROJECTS.c.id).where(matching(database.dialect, [Term(word)]))
    written = asked.compile(dialect=database.engine.dialect, compile_kwargs={"literal_binds": True})
    ((plan,),) = await database.run(text(f"explain (format json) {written}"))
    return int(plan[0]["Plan"]["Plan Rows"])

"""What tests of mutations share: the payload of one."""

from __future__ import annotations

from typing import Any

from projectgate.data.database import Database
from tests.make.mutations import text_of
from tests.make.writes import writing
from tests.schema.conftest import answered

CHANGES = "changes { path before after }"
ERRORS = "userErrors { code path message }"
LINES = "added updated removed"


async def payload(
    database: Database,
    mutation: str,
    selected: str = f"project {{ id version }} changed {ERRORS}",
    **given: Any,
) -> Any:
    """The payload of a mutation, which must not fail as a whole."""
    answer = await answered(writing(database), text_of(mutation, selected), {"input": given})
    assert answer.errors == []
    return answer.data[mutation]

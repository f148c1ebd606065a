"""Comments and log rows that people add."""

from __future__ import annotations

from typing import Any

import pytest

from projectgate.data.database import Database
from projectgate.data.log import LOG
from projectgate.resolvers.changes import change
from projectgate.resolvers.comments import AddProjectComment, AddProjectLogItem
from tests.make.projects import NOON, make_project
from tests.make.writes import Clock, dump, ids, imported, stored, told, writing

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("comment_type", "name"),
    [
        ("ProjectCustomerComment", "customer_comments"),
        ("ProjectInternalComment", "comments"),
        ("ProjectPartnerComment", "comments"),
    ],
)
async def test_the_type_of_a_comment_says_in_which_list_it_is(
    database: Database, comment_type: str, name: str
) -> None:
    """At its end, with the caller as its creator."""
    there = [{"id": "c-1", "detail": "first"}]
    await imported(database, make_project(comments=there, customer_comments=there))
    command = AddProjectComment(
        project_id="project-1", detail="When?", type=comment_type, parent_id="c-1", title="T"
    )

    outcome = await change(writing(database), command)

    project: Any = (await stored(database)).project
    other = "comments" if name == "customer_comments" else "customer_comments"
    assert ids(getattr(project, other)) == ["c-1"]
    first, new = getattr(project, name)
    assert (first.id, [new.id]) == ("c-1", outcome.details["added"])
    assert (new.detail, new.title, new.parent_id, new.type) == ("When?", "T", "c-1", comment_type)
    assert (new.creator, new.user_id) == ("anna", "anna")
    assert (new.object_id, new.object_type) == ("project-1", "Project")


async def test_a_bad_comment_is_refused_with_all_that_is_wrong(database: Database) -> None:
    """A comment of the other list cannot be answered."""
    await imported(database, make_project(comments=[{"id": "c-1", "detail": "x"}]))
    bad = AddProjectComment(project_id="project-1", detail=" ", type="Shout", parent_id="nobody")
    other = AddProjectComment(
        project_id="project-1", detail="x", type="ProjectCustomerComment", parent_id="c-1"
    )

    assert told(await change(writing(database), bad)) == [
        ("INVALID_VALUE", "detail"),
        ("INVALID_VALUE", "type"),
        ("NOT_FOUND", "parentId"),
    ]
    assert told(await change(writing(database), other)) == [("NOT_FOUND", "parentId")]


async def test_a_log_item_is_the_one_log_row_of_its_write(database: Database) -> None:
    """Nothing else of the project differs but when it was modified."""
    await imported(database, make_project())
    clock = Clock()
    command = AddProjectLogItem(
        project_id="project-1",
        text="Called",
        comment="no answer",
        data="{}",
        due_date=NOON,
        due_text="call again",
        hidden=True,
        hidden_from_partner=True,
    )

    outcome = await change(writing(database, clock=clock), command)

    assert (outcome.changed, outcome.changes) == (True, [])
    rows = await dump(database)
    assert len(rows["project_version"]) == 2
    (row,) = [row for row in rows["project_log"] if row[1] == 2]
    log = dict(zip(LOG.table.c.keys(), row, strict=True))
    assert (log["text"], log["comment"], log["data"]) == ("Called", "no answer", "{}")
    assert (log["user"], log["due_text"]) == ("anna", "call again")
    assert (bool(log["hidden"]), bool(log["hidden_from_customer"])) == (True, False)
    there = await stored(database)
    assert (there.row.version, there.project.modified) == (2, clock.now)


async def test_a_log_item_without_text_is_refused(database: Database) -> None:
    await imported(database, make_project())

    outcome = await change(writing(database), AddProjectLogItem(project_id="project-1", text=" "))

    assert told(outcome) == [("INVALID_VALUE", "text")]
    assert len((await dump(database))["project_log"]) == 1

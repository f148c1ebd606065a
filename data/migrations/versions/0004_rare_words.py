"""PostgreSQL looks at ten times as many words, so that a page by a rare one is read by the index of words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Raises the statistics of the words, and makes them when there are rows.

    A word that its statistics lack counts for half of the rarest one they have, at most for a two-hundredth of all
    projects. With 100,000 projects and more that can be enough to walk the sort order for it instead, through all of
    them when the word is in few.
    """
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute("alter table project_text alter column terms set statistics 1000")
    if connection.scalar(sa.text("select exists (select from project_text)")):
        op.execute("analyze project_text")

"""The change feed: a position for each version, which readers give, and the row that they take turns with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# What was written before is in the feed too, by time, a project's versions in their order.
_NUMBER = """
    update project_version set position = numbered.position
    from (
        select timed.project_id, timed.version,
            row_number() over (order by timed.latest, timed.project_id, timed.version) as position
        from (
            select v.project_id, v.version,
                max(v.at) over (partition by v.project_id order by v.version) as latest
            from project_version v
        ) as timed
    ) as numbered
    where project_version.project_id = numbered.project_id and project_version.version = numbered.version
"""


def upgrade() -> None:
    """Makes the column, the table with its row, and the indexes."""
    op.add_column("project_version", sa.Column("position", sa.BigInteger()))
    op.create_table(
        "change_feed",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change_feed"),
    )
    op.execute(_NUMBER)
    op.execute("insert into change_feed (id, last) select 1, count(*) from project_version")
    # Not unique: over several nodes an index can be unique only together with the project.
    op.create_index("ix_project_version_position", "project_version", ["position"])
    pending = sa.column("position").is_(None)
    for column, other in (("at", "project_id"), ("project_id", "version")):
        op.create_index(
            f"ix_project_version_{column}_{other}_pending",
            "project_version",
            [column, other],
            postgresql_where=pending,
            sqlite_where=pending,
        )

"""An index for each of the nine sort keys, with one for its nulls, and for the commonest filters of projects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the indexes."""
    for column in (
        "created",
        "modified",
        "project_type_name_key",
        "customer_key",
        "partner_key",
        "deadline",
        "project_value",
        "store_contact_key",
        "workflow_step_key",
        "project_number",
        "status",
        "store_id",
        "type",
        "workflow_step_id",
    ):
        op.create_index(f"ix_project_{column}_id", "project", [column, "id"])
    for table, column in (
        ("project_customer", "id"),
        ("project_single_partner", "id"),
        ("project_rejecting_partner", "value"),
    ):
        op.create_index(f"ix_{table}_{column}_project_id", table, [column, "project_id"])
    for column in (
        "project_type_name_key",
        "customer_key",
        "partner_key",
        "deadline",
        "store_contact_key",
        "workflow_step_key",
    ):
        null = sa.column(column).is_(None)
        op.create_index(
            f"ix_project_id_no_{column}",
            "project",
            ["id"],
            postgresql_where=null,
            sqlite_where=null,
        )

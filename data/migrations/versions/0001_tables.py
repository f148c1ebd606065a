"""The tables of projects, their versions and logs, project types, idempotency keys and the text index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0001"
down_revision = None

# Text compares by code points, a decimal is a text of fixed width on SQLite: see data/base.py.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
EXACT = sa.Numeric(38, 10).with_variant(sa.String(39), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON()


def _project_id() -> sa.Column[str]:
    return sa.Column(
        "project_id", TEXT, sa.ForeignKey("project.id", ondelete="CASCADE"), nullable=False
    )


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "project",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_number", TEXT),
        sa.Column("name", TEXT),
        sa.Column("type", TEXT),
        sa.Column("project_type_name", TEXT),
        sa.Column("project_category", TEXT),
        sa.Column("sub_type", TEXT),
        sa.Column("status", TEXT),
        sa.Column("created", TIME, nullable=False),
        sa.Column("modified", TIME, nullable=False),
        sa.Column("canceled", TIME),
        sa.Column("cancellation_code", TEXT),
        sa.Column("cancellation_reason", TEXT),
        sa.Column("deadline", TIME),
        sa.Column("project_date", TIME),
        sa.Column("external_reference", TEXT),
        sa.Column("public_url", TEXT),
        sa.Column("store_id", TEXT),
        sa.Column("project_value", EXACT, nullable=False),
        sa.Column("project_budget_value", EXACT, nullable=False),
        sa.Column("project_additional_value", EXACT, nullable=False),
        sa.Column("workflow_step", JSON),
        sa.Column("attachments_root_directory", TEXT),
        sa.Column("version_id", TEXT),
        sa.Column("extra", JSON),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("project_type_name_key", TEXT),
        sa.Column("customer_key", TEXT),
        sa.Column("partner_key", TEXT),
        sa.Column("store_contact_key", TEXT),
        sa.Column("workflow_step_key", TEXT),
        sa.Column("workflow_step_id", TEXT),
        sa.Column("workflow_step_name", TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("outcome", JSON, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_at", "idempotency_key", ["at"])
    op.create_table(
        "project_address",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", TEXT),
        sa.Column("line1", TEXT),
        sa.Column("line2", TEXT),
        sa.Column("street_number", TEXT),
        sa.Column("apartment_number", TEXT),
        sa.Column("postal_code", TEXT),
        sa.Column("city", TEXT),
        sa.Column("state", TEXT),
        sa.Column("region_code", TEXT),
        sa.Column("region_name", TEXT),
        sa.Column("country_code", TEXT),
        sa.Column("country_name", TEXT),
        sa.Column("location_name", TEXT),
        sa.Column("email", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("external_id", TEXT),
        sa.Column("purposes", JSON, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_address"),
    )
    op.create_table(
        "project_attachment",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("asset_id", TEXT),
        sa.Column("name", TEXT),
        sa.Column("file_name", TEXT),
        sa.Column("description", TEXT),
        sa.Column("alt_text", TEXT),
        sa.Column("asset_type", TEXT),
        sa.Column("purpose", TEXT),
        sa.Column("is_main_image", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("url", TEXT),
        sa.Column("external_url", TEXT),
        sa.Column("content_type", TEXT),
        sa.Column("length", EXACT, nullable=False),
        sa.Column("force_upload", sa.Boolean(), nullable=False),
        sa.Column("parent_id", TEXT),
        sa.Column("created", TIME),
        sa.Column("modified", TIME),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_attachment"),
    )
    op.create_table(
        "project_change_order",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("title", TEXT),
        sa.Column("description", TEXT),
        sa.Column("status", TEXT),
        sa.Column("cart_ids", JSON, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("created", TIME),
        sa.Column("modified", TIME),
        sa.Column("approved", TIME),
        sa.Column("approved_by", TEXT),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_change_order"),
    )
    op.create_table(
        "project_check_list_item",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", TEXT),
        sa.Column("comment", TEXT),
        sa.Column("is_completed", sa.Boolean(), nullable=False),
        sa.Column("completed", TIME),
        sa.Column("completed_by_id", TEXT),
        sa.Column("completed_by_name", TEXT),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_check_list_item"),
    )
    op.create_table(
        "project_comment",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("object_id", TEXT),
        sa.Column("object_type", TEXT),
        sa.Column("type", TEXT),
        sa.Column("title", TEXT),
        sa.Column("detail", TEXT),
        sa.Column("creator", TEXT),
        sa.Column("user_id", TEXT),
        sa.Column("parent_id", TEXT),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_comment"),
    )
    op.create_table(
        "project_contact_person",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT),
        sa.Column("first_name", TEXT),
        sa.Column("last_name", TEXT),
        sa.Column("email", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("role", TEXT),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("is_primary_contact", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("address", JSON),
        sa.Column("private_customer_id", TEXT),
        sa.Column("external_ids", JSON, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_contact_person"),
    )
    op.create_table(
        "project_customer",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT),
        sa.Column("number", TEXT),
        sa.Column("first_name", TEXT),
        sa.Column("last_name", TEXT),
        sa.Column("email", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("address", JSON),
        sa.Column("addresses", JSON, nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("full_name", TEXT),
        sa.Column("name", TEXT),
        sa.Column("tax_id", TEXT),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_customer"),
    )
    op.create_table(
        "project_customer_comment",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("object_id", TEXT),
        sa.Column("object_type", TEXT),
        sa.Column("type", TEXT),
        sa.Column("title", TEXT),
        sa.Column("detail", TEXT),
        sa.Column("creator", TEXT),
        sa.Column("user_id", TEXT),
        sa.Column("parent_id", TEXT),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_customer_comment"),
    )
    op.create_table(
        "project_error",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", TEXT),
        sa.Column("message", TEXT),
        sa.Column("details", TEXT),
        sa.Column("comment", TEXT),
        sa.Column("severity", TEXT),
        sa.Column("status", TEXT),
        sa.Column("occurred", TIME),
        sa.Column("reference_id", TEXT),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_error"),
    )
    op.create_table(
        "project_external_id",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT),
        sa.Column("provider_name", TEXT),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_external_id"),
    )
    op.create_index(
        "ix_project_external_id_id_project_id", "project_external_id", ["id", "project_id"]
    )
    op.create_table(
        "project_form_entry",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", TEXT),
        sa.Column("value", TEXT),
        sa.Column("key_group", TEXT),
        sa.Column("value_type", TEXT),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_form_entry"),
    )
    op.create_table(
        "project_log",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT),
        sa.Column("date", TIME),
        sa.Column("user", TEXT),
        sa.Column("text", TEXT),
        sa.Column("comment", TEXT),
        sa.Column("data", TEXT),
        sa.Column("previous_workflow_step_name", TEXT),
        sa.Column("new_workflow_step_name", TEXT),
        sa.Column("due_date", TIME),
        sa.Column("due_text", TEXT),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("hidden_from_customer", sa.Boolean(), nullable=False),
        sa.Column("hidden_from_partner", sa.Boolean(), nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_log"),
    )
    op.create_table(
        "project_part",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("title", TEXT),
        sa.Column("description", TEXT),
        sa.Column("status", TEXT),
        sa.Column("cart_ids", JSON, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("created", TIME),
        sa.Column("modified", TIME),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_part"),
    )
    op.create_table(
        "project_partner",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("email", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("role", TEXT),
        sa.Column("address", JSON),
        sa.Column("addresses", JSON, nullable=False),
        sa.Column("contacts", JSON, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_partner"),
    )
    op.create_index("ix_project_partner_id_project_id", "project_partner", ["id", "project_id"])
    op.create_table(
        "project_product",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("sku_id", TEXT),
        sa.Column("product_id", TEXT),
        sa.Column("quantity", EXACT, nullable=False),
        sa.Column("status", TEXT),
        sa.Column("cancellation_code", TEXT),
        sa.Column("cancellation_reason", TEXT),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("reference_type", TEXT),
        sa.Column("order_type", TEXT),
        sa.Column("order_id", TEXT),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_product"),
    )
    op.create_index(
        "ix_project_product_order_id_project_id", "project_product", ["order_id", "project_id"]
    )
    op.create_index(
        "ix_project_product_product_id_project_id", "project_product", ["product_id", "project_id"]
    )
    op.create_index(
        "ix_project_product_sku_id_project_id", "project_product", ["sku_id", "project_id"]
    )
    op.create_index(
        "ix_project_product_status_project_id", "project_product", ["status", "project_id"]
    )
    op.create_table(
        "project_rejecting_partner",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_rejecting_partner"),
    )
    op.create_table(
        "project_single_partner",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("email", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("role", TEXT),
        sa.Column("address", JSON),
        sa.Column("addresses", JSON, nullable=False),
        sa.Column("contacts", JSON, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_single_partner"),
    )
    op.create_table(
        "project_store",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("store_id", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("email", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("role", TEXT),
        sa.Column("address", JSON),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_store"),
    )
    op.create_index(
        "ix_project_store_store_id_project_id", "project_store", ["store_id", "project_id"]
    )
    op.create_table(
        "project_store_contact",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT),
        sa.Column("first_name", TEXT),
        sa.Column("last_name", TEXT),
        sa.Column("email", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("role", TEXT),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("is_primary_contact", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("address", JSON),
        sa.Column("private_customer_id", TEXT),
        sa.Column("external_ids", JSON, nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_store_contact"),
    )
    op.create_table(
        "project_tag",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_tag"),
    )
    op.create_index("ix_project_tag_value_project_id", "project_tag", ["value", "project_id"])
    op.create_table(
        "project_task",
        _project_id(),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("owner_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("text", TEXT),
        sa.Column("comment", TEXT),
        sa.Column("is_completed", sa.Boolean(), nullable=False),
        sa.Column("completed", TIME),
        sa.Column("completed_by_id", TEXT),
        sa.Column("completed_by_name", TEXT),
        sa.Column("created", TIME),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint(
            "project_id", "level", "owner_id", "position", name="pk_project_task"
        ),
    )
    op.create_table(
        "project_transaction",
        _project_id(),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("owner_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("description", TEXT),
        sa.Column("revenue", EXACT, nullable=False),
        sa.Column("cost", EXACT, nullable=False),
        sa.Column("budget_revenue", EXACT, nullable=False),
        sa.Column("budget_cost", EXACT, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint(
            "project_id", "level", "owner_id", "position", name="pk_project_transaction"
        ),
    )
    op.create_table(
        "project_type",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("description", TEXT),
        sa.Column("project_category", TEXT),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("workflow_steps", JSON, nullable=False),
        sa.Column("finish_on_last_step", sa.Boolean(), nullable=False),
        sa.Column("can_have_multiple_partners", sa.Boolean(), nullable=False),
        sa.Column("is_partner_disabled", sa.Boolean(), nullable=False),
        sa.Column("available_partner_ids", JSON, nullable=False),
        sa.Column("partner_check_list", JSON, nullable=False),
        sa.Column("internal_check_list", JSON, nullable=False),
        sa.Column("default_properties", JSON, nullable=False),
        sa.Column("default_order_type", TEXT),
        sa.Column("set_delivery_address_to_main_store_address", sa.Boolean(), nullable=False),
        sa.Column("terms", TEXT),
        sa.Column("public_url", TEXT),
        sa.Column("extra", JSON),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project_type"),
    )
    op.create_table(
        "project_version",
        _project_id(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("operation", TEXT, nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("modified", TIME, nullable=False),
        sa.Column("version_id", TEXT),
        sa.Column("snapshot", JSON),
        sa.PrimaryKeyConstraint("project_id", "version", name="pk_project_version"),
    )
    op.create_table(
        "project_workflow_step",
        _project_id(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("name", TEXT),
        sa.Column("description", TEXT),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("start_date", TIME),
        sa.Column("date_completed", TIME),
        sa.Column("accept_text", TEXT),
        sa.Column("decline_text", TEXT),
        sa.Column("date_text", TEXT),
        sa.Column("is_comments_disabled", sa.Boolean(), nullable=False),
        sa.Column("hidden_from_customer", sa.Boolean(), nullable=False),
        sa.Column("hidden_from_partner", sa.Boolean(), nullable=False),
        sa.Column("external_ids", JSON, nullable=False),
        sa.Column("extra", JSON),
        sa.PrimaryKeyConstraint("project_id", "position", name="pk_project_workflow_step"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.create_table(
            "project_text",
            sa.Column("number", sa.Integer(), primary_key=True),
            sa.Column(
                "project_id", TEXT, sa.ForeignKey("project.id", ondelete="CASCADE"), unique=True
            ),
        )
        op.execute(
            "create virtual table project_text_index using fts5(terms, tokenize='ascii', prefix='1 2 3')"
        )
    else:
        op.create_table(
            "project_text",
            _project_id(),
            sa.Column("terms", TSVECTOR(), nullable=False),
            sa.PrimaryKeyConstraint("project_id", name="pk_project_text"),
        )
        op.create_index("ix_project_text_terms", "project_text", ["terms"], postgresql_using="gin")

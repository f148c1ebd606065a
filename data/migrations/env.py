"""Runs the migrations on the connection that `data.migrate` hands over."""

from alembic import context

from projectgate.data import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.METADATA,
    include_object=schema.is_ours,
    # SQLite changes a table by making it anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

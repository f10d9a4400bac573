"""Alembic's environment: runs the revisions on the connection that `digest.db.migrate` hands over."""

from alembic import context

from digest.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

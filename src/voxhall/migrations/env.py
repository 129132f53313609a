"""Run by Alembic; the connection and its transaction belong to `voxhall.kit.migrate`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()

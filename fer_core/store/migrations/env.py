"""Alembic's entry: `fer_core.store.opening` hands over a connection that is in a transaction.

That transaction is the lock: it was begun with BEGIN IMMEDIATE, and a crash undoes everything.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()

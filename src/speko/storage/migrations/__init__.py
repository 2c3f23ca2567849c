"""Numbered migrations, run when the database is opened.

A migration is a file `versions/NNNN_subject.py` with `revision`, `down_revision` and `upgrade(op)`. Once released it is
never edited. `op` is an argument and not Alembic's module-wide proxy, so that one process can open two databases at
once. All pending ones run in one transaction.
"""

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy import Connection, text

from speko.storage.errors import StorageError

_LOCK_ID = 0x5BE20  # any number that no other program takes in this database


def migrate(connection: Connection, revision: str = "head") -> None:
    """Brings the database up to a revision, by default the newest, inside the caller's transaction. Safe to run twice
    and in two processes at once: on SQLite the caller's transaction has to hold the write lock from its start.

    Raises:
        StorageError: a newer version of the gateway has migrated this database.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
    context = MigrationContext.configure(connection)
    scripts = ScriptDirectory(Path(__file__).parent)
    try:
        pending = list(scripts.iterate_revisions(revision, context.get_current_revision()))
    except RevisionError as error:
        raise StorageError(
            "The database was migrated by a newer version of speko. Install that version, or use another database."
        ) from error
    for script in reversed(pending):
        script.module.upgrade(Operations(context))
        context.stamp(scripts, script.revision)

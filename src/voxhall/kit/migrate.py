"""Brings the database's tables to what this version needs, in this process, before anything else uses them.

One transaction, so that a failing migration leaves the database as it was; under a lock, so that two starting
servers take turns. A database from a newer version is refused rather than guessed at.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from voxhall.kit.db import Database

# Any number that no lock of ours by name can be expected to hash to; all servers must use the same.
LOCK_NUMBER = 8_400_8401
FOLDER = Path(__file__).parent.parent / "migrations"


class NewerDatabaseError(RuntimeError):
    """The data was written by a later version than this one."""


async def migrate(db: Database) -> None:
    await db.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if not known.issuperset(MigrationContext.configure(connection).get_current_heads()):
        raise NewerDatabaseError("The database was written by a newer version of Voxhall; start that version.")
    command.upgrade(config, "head")

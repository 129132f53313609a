"""Brings the database's tables to what this version needs, in this process, before anything else uses them.

One transaction, so that a failing migration leaves the database as it was; under a lock, so that two starting
servers take turns. A database from a newer version is refused rather than guessed at.
"""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from voxhall.kit.db import Database

# Any number that no lock of ours by name can be expected to hash to; all servers must use the same.
LOCK_NUMBER = 8_400_8401
VERSION_TABLE = "alembic_version"
FOLDER = Path(__file__).parent.parent / "migrations"


class NewerDatabaseError(RuntimeError):
    """The data was written by a later version than this one."""


async def migrate(db: Database) -> None:
    await db.run_sync(upgrade)


def upgrade(connection: Connection, to: str = "head") -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})
    revision = revision_of(connection)
    if not is_known(revision):
        raise NewerDatabaseError(
            "The database was written by a newer version of Voxhall; start that version, or restore a backup of yours."
        )
    if to == "head" and revision == newest():
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def revision_of(connection: Connection) -> str:
    """Which migration the database is at; "" for one that has no tables yet."""
    return ",".join(sorted(MigrationContext.configure(connection).get_current_heads()))


def is_known(revision: str) -> bool:
    """Whether this version has that migration, so that it can go on from there."""
    return {name for name in revision.split(",") if name} <= {found.revision for found in _scripts().walk_revisions()}


def newest() -> str:
    """The migration that this version needs."""
    return _scripts().get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())

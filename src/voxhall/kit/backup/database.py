"""The database as files, and back.

SQLite: its own online backup, one unchanging view while the server goes on writing. PostgreSQL: COPY of every table in
one REPEATABLE READ transaction, into one file each. Not pg_dump, because it is not everywhere where Voxhall runs, must
not be older than the server, and its restore cannot be one transaction that keeps the old tables beside.
"""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from voxhall.kit.backup.archive import BadBackupError, StoredDatabase, StoredTable
from voxhall.kit.db import Database
from voxhall.kit.migrate import VERSION_TABLE, is_known, revision_of, upgrade

SQLITE_FILE = "voxhall.sqlite3"


async def export_database(db: Database, folder: Path) -> StoredDatabase:
    """Into this empty folder, as it is at one moment."""
    async with db.read() as connection:
        revision = await connection.run_sync(revision_of)
        driver = await _driver(connection)
        if db.is_sqlite:
            await _copy_sqlite(driver, folder / SQLITE_FILE)
            return StoredDatabase(kind="sqlite", revision=revision)
        tables = await connection.run_sync(_tables)
        for number, table in enumerate(tables):
            columns = ", ".join(map(_quoted, table.columns))
            query = f"SELECT {columns} FROM {_quoted(table.name)}"  # noqa: S608 - names of our own tables, quoted
            await driver.copy_from_query(query, output=str(folder / f"{number:04}.copy"))
        return StoredDatabase(kind="postgresql", revision=revision, tables=tables)


async def _driver(connection: AsyncConnection) -> Any:
    """The driver's own connection, inside the transaction that SQLAlchemy has begun on it."""
    return (await connection.get_raw_connection()).driver_connection


async def _copy_sqlite(driver: Any, out: Path) -> None:
    def target() -> sqlite3.Connection:
        return sqlite3.connect(out, check_same_thread=False)

    copy = await asyncio.to_thread(target)
    try:
        # All pages in one step: a copy in steps starts over whenever somebody writes in between.
        await driver.backup(copy, pages=-1)
    finally:
        await asyncio.to_thread(copy.close)


def _tables(connection: Connection) -> list[StoredTable]:
    """Every table of ours, each after those that it refers to."""
    inspector = inspect(connection)
    ordered = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name not in {None, VERSION_TABLE}]
    return [
        StoredTable(
            name=name, columns=[column["name"] for column in inspector.get_columns(name) if not _computed(column)]
        )
        for name in map(str, ordered)
    ]


def _computed(column: Any) -> bool:
    return "computed" in column


def check_export(database: StoredDatabase, folder: Path, *, is_sqlite: bool) -> None:
    """BadBackupError unless this version can take it, into the kind of database that is configured."""
    if not is_known(database.revision):
        raise BadBackupError("The backup was made by a newer version of Voxhall; restore it with that version.")
    if (database.kind == "sqlite") != is_sqlite:
        made, here = ("SQLite", "PostgreSQL") if database.kind == "sqlite" else ("PostgreSQL", "SQLite")
        raise BadBackupError(f"The backup is of {made} and this installation is set to {here}; see database_url.")
    expected = {SQLITE_FILE} if is_sqlite else {f"{number:04}.copy" for number in range(len(database.tables))}
    if {path.name for path in folder.iterdir()} != expected:
        raise BadBackupError("The backup's database is not complete.")
    if is_sqlite:
        _check_sqlite(folder / SQLITE_FILE)


def _check_sqlite(file: Path) -> None:
    try:
        connection = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
        try:
            answer = connection.execute("PRAGMA integrity_check").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise BadBackupError("The backup's database is damaged.") from error
    if answer != ("ok",):
        raise BadBackupError("The backup's database is damaged.")


async def import_postgresql(db: Database, database: StoredDatabase, folder: Path, wish: str) -> str | None:
    """In one transaction: what was there moves into a schema of the wished name or like it, and the export takes its
    place. The schema's name; None if there was nothing.
    """
    async with db.write() as tx:
        connection = tx.connection
        kept = await connection.run_sync(_move_away, wish)
        await connection.run_sync(upgrade, database.revision)
        known = {table.name: set(table.columns) for table in await connection.run_sync(_tables)}
        driver = await _driver(connection)
        for number, table in enumerate(database.tables):
            if not set(table.columns) <= known.get(table.name, set()):
                raise BadBackupError("The backup's database has tables that its version never had.")
            # The migrations fill some tables themselves; the backup has those rows too.
            await connection.execute(text(f"DELETE FROM {_quoted(table.name)}"))  # noqa: S608 - checked just above
            source = str(folder / f"{number:04}.copy")
            try:
                await driver.copy_to_table(table.name, source=source, columns=table.columns)
            except _bad_data() as error:
                raise BadBackupError("The backup's database is damaged.") from error
        await _set_sequences(connection)
    return kept


# What triggers call belongs to the tables; what an extension brought belongs to it. PostgreSQL quotes the names itself.
OWN_FUNCTIONS = """SELECT CAST(CAST(f.oid AS regprocedure) AS text) FROM pg_proc f
    WHERE f.pronamespace = CAST(current_schema() AS regnamespace)
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = f.oid AND d.deptype = 'e')"""


def _move_away(connection: Connection, wish: str) -> str | None:
    inspector = inspect(connection)
    tables, taken = inspector.get_table_names(), set(inspector.get_schema_names())
    if not tables:
        return None
    names = (wish, *(f"{wish}_{number}" for number in range(2, 1000)))
    kept = next(name for name in names if name not in taken)
    connection.execute(text(f"CREATE SCHEMA {_quoted(kept)}"))
    for name in tables:
        connection.execute(text(f"ALTER TABLE {_quoted(name)} SET SCHEMA {_quoted(kept)}"))
    for signature in connection.execute(text(OWN_FUNCTIONS)).scalars().all():
        connection.execute(text(f"ALTER FUNCTION {signature} SET SCHEMA {_quoted(kept)}"))
    return kept


async def _set_sequences(connection: AsyncConnection) -> None:
    """Counters of generated numbers go on after the highest that is there."""
    owned = await connection.execute(
        text(
            "SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name) "
            "FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL"
        )
    )
    for table, column, sequence in owned.all():
        highest = f"SELECT max({_quoted(column)}) FROM {_quoted(table)}"  # noqa: S608 - names of our own tables
        await connection.execute(
            text(f"SELECT setval(:sequence, coalesce(({highest}), 1))"),
            {"sequence": sequence},
        )


def _bad_data() -> tuple[type[Exception], ...]:
    import asyncpg

    return (asyncpg.PostgresError,)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

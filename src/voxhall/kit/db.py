"""One way to the database, the same for SQLite and PostgreSQL.

SQLite: exactly one connection writes, every writing transaction starts with BEGIN IMMEDIATE and they queue first
come, first served; a few read-only connections stand beside it. So "database is locked" cannot happen inside this
process, and the WAL-reset fault of SQLite before 3.51.3 (it needs two writing connections) cannot be woken.
PostgreSQL: every writing transaction has a connection of its own; whoever decides on a thing first locks its name.
On both, events are published after the commit and in its order, and dropped with a rollback.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from sqlite3 import SQLITE_FULL
from typing import Any, TypeVar

from sqlalchemy import (
    DateTime,
    Dialect,
    ExceptionContext,
    Executable,
    MetaData,
    Result,
    Table,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import JSON, TypeDecorator

from voxhall.config import Settings
from voxhall.errors import DatabaseDownError, DatabaseFullError
from voxhall.kit.events import Events
from voxhall.kit.locks import KeyedLocks

# A list page of the busiest tables takes well under 10 ms; four readers saturate the two cores of a small server.
READERS = 4
# Only another process (a backup, an operator's sqlite3 shell) can make us wait this long.
BUSY_TIMEOUT_MS = 5_000
POSTGRESQL_CONNECTIONS = 10

T = TypeVar("T")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC on both sides; SQLite, which knows no zones, keeps the UTC reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a time without a zone must not reach the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Transaction:
    """A writing transaction: statements, the locks it holds, and the events it will have caused."""

    def __init__(self, connection: AsyncConnection, locks: KeyedLocks, held: AsyncExitStack) -> None:
        self.connection = connection
        self.events: list[object] = []
        self._locks = locks
        self._held = held
        self._locked: set[str] = set()

    @property
    def is_sqlite(self) -> bool:
        return self.connection.dialect.name == "sqlite"

    async def execute(
        self, statement: Executable, parameters: dict[str, Any] | Sequence[dict[str, Any]] | None = None
    ) -> Result[Any]:
        return await self.connection.execute(statement, parameters)

    async def scalar(self, statement: Executable) -> Any:
        return await self.connection.scalar(statement)

    async def lock(self, name: str) -> None:
        """Hold this name until the events of this transaction are handed out; take several in one fixed order."""
        if self.is_sqlite or name in self._locked:
            return
        self._locked.add(name)
        await self._held.enter_async_context(self._locks.hold(name))
        await self.connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))

    def publish(self, *events: object) -> None:
        """To be told to the subscribers after the commit."""
        self.events.extend(events)


class Database:
    def __init__(self, url: str, events: Events) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self._events = events
        self._locks = KeyedLocks()
        self._writer_turn = asyncio.Lock()
        if self.is_sqlite:
            self._writer, self._reader = _sqlite_engine(url, reads=False), _sqlite_engine(url, reads=True)
        else:
            self._writer = self._reader = create_async_engine(
                url, pool_size=POSTGRESQL_CONNECTIONS, max_overflow=0, pool_pre_ping=True
            )

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction that commits at the end of the block, or rolls back with the exception that leaves it.

        The commit is carried through even if the caller is cancelled in the middle of it: a client that hangs up never
        leaves a half-told story.
        """
        async with AsyncExitStack() as held:
            if self.is_sqlite:
                await held.enter_async_context(self._writer_turn)
            connection = await held.enter_async_context(self._writer.connect())
            tx = Transaction(connection, self._locks, held)
            yield tx
            waiting = await _carry_through(self._commit(tx))
        await self._events.settle(waiting)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One unchanging view of the database; it cannot write."""
        async with self._reader.connect() as connection:
            if not self.is_sqlite:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    async def ping(self) -> None:
        """DatabaseDownError, which names the cause by its kind only: a driver's message may hold the password."""
        try:
            async with self.read() as connection:
                await connection.execute(select(1))
        except Exception as error:
            raise DatabaseDownError(f"The database does not answer: {type(error).__name__}.") from error

    async def close(self) -> None:
        await self._writer.dispose()
        await self._reader.dispose()

    async def run_sync(self, work: Any) -> None:
        """Run a function of a plain SQLAlchemy connection in one writing transaction (migrations)."""
        async with self._writer_turn, self._writer.connect() as connection:
            await connection.run_sync(work)
            await connection.commit()

    async def _commit(self, tx: Transaction) -> list[asyncio.Future[None]]:
        await tx.connection.commit()
        return self._events.enqueue(tx.events)


def database_url(settings: Settings) -> str:
    """SQLAlchemy's address for the database that the settings name."""
    if settings.database_url is None:
        return f"sqlite+aiosqlite:///{settings.data.resolve() / 'voxhall.sqlite3'}"
    url = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+asyncpg")
    # libpq's name for it is what people paste; asyncpg takes the same values under another.
    if mode := url.query.get("sslmode"):
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return url.render_as_string(hide_password=False)


def insert_for(tx: Transaction | AsyncConnection, table: Table) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT on both engines under the same names."""
    connection = tx.connection if isinstance(tx, Transaction) else tx
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


async def _carry_through(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _sqlite_engine(url: str, *, reads: bool) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=READERS if reads else 1, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: `on_begin` says which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        # NORMAL would lose the last commits in a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        if reads:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "handle_error")
    def on_error(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlite_errorcode", None) == SQLITE_FULL:
            raise DatabaseFullError from context.original_exception

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine

"""Transactions on both engines: who waits for whom, what is told after the commit, and what is stored."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, String, Table, inspect, select, text
from sqlalchemy.exc import DBAPIError

from voxhall.config import Settings
from voxhall.errors import DatabaseFullError
from voxhall.kit.db import Database, Json, UtcDateTime, insert_for, metadata
from voxhall.kit.db import database_url as address_of
from voxhall.kit.events import Events
from voxhall.kit.migrate import NewerDatabaseError, migrate

notes = Table(
    "notes",
    type(metadata)(),
    Column("id", Integer, primary_key=True),
    Column("said", String(50), nullable=False),
    Column("at", UtcDateTime),
    Column("about", Json),
)


@dataclass(frozen=True)
class Said:
    what: str


@pytest.fixture
async def db(tmp_path: Path, database_url: str | None) -> AsyncIterator[Database]:
    settings = Settings(data=tmp_path, database_url=database_url)
    opened = Database(address_of(settings), Events())
    await opened.run_sync(notes.metadata.create_all)
    yield opened
    await opened.close()


async def test_times_and_values_come_back_as_they_were(db: Database) -> None:
    at = datetime(2026, 11, 22, 19, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5)))
    async with db.write() as tx:
        await tx.execute(notes.insert().values(id=1, said="hello", at=at, about={"to": ["ana", None, 1.5]}))
    async with db.read() as view:
        row = (await view.execute(select(notes))).one()
    assert row.at == at
    assert row.at.tzinfo is UTC
    assert row.about == {"to": ["ana", None, 1.5]}


async def test_a_time_without_a_zone_is_a_fault(db: Database) -> None:
    statement = notes.insert().values(id=1, said="x", at=datetime(2026, 1, 1))  # noqa: DTZ001
    async with db.write() as tx:
        with pytest.raises(Exception, match="without a zone"):
            await tx.execute(statement)


async def test_an_exception_rolls_everything_back_and_nothing_is_told(db: Database) -> None:
    heard: list[Said] = []
    db._events.subscribe(Said, heard.append)

    async def fail() -> None:
        async with db.write() as tx:
            await tx.execute(notes.insert().values(id=1, said="hello"))
            tx.publish(Said("hello"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with db.read() as view:
        assert (await view.execute(select(notes))).all() == []
    assert heard == []


async def test_what_happened_is_told_after_the_commit(db: Database) -> None:
    found: list[int] = []

    async def look(_said: Said) -> None:
        async with db.read() as view:
            found.append(len((await view.execute(select(notes))).all()))

    db._events.subscribe(Said, look)
    async with db.write() as tx:
        await tx.execute(notes.insert().values(id=1, said="hello"))
        tx.publish(Said("hello"))
        assert found == []
    assert found == [1]


async def test_deciders_on_the_same_thing_take_turns_and_are_told_of_in_turn(db: Database) -> None:
    heard: list[str] = []
    db._events.subscribe(Said, lambda said: heard.append(said.what))
    async with db.write() as tx:
        await tx.execute(notes.insert().values(id=1, said="0"))

    async def count_one() -> None:
        async with db.write() as tx:
            await tx.lock("note:1")
            count = int(await tx.scalar(select(notes.c.said).where(notes.c.id == 1))) + 1
            await tx.execute(notes.update().where(notes.c.id == 1).values(said=str(count)))
            tx.publish(Said(str(count)))

    await asyncio.gather(*(count_one() for _ in range(40)))
    assert heard == [str(count) for count in range(1, 41)]


async def test_a_reader_does_not_wait_for_a_writer_and_sees_no_half(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(notes.insert().values(id=1, said="hello"))
        async with db.read() as view:
            assert (await view.execute(select(notes))).all() == []


async def test_a_reader_cannot_write(db: Database) -> None:
    async with db.read() as view:
        with pytest.raises(DBAPIError):
            await view.execute(notes.insert().values(id=1, said="hello"))


async def test_a_caller_who_is_cancelled_leaves_the_database_usable(db: Database) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with db.write() as tx:
            await tx.execute(notes.insert().values(id=1, said="never"))
            entered.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await entered.wait()
    hanging.cancel()
    await asyncio.wait([hanging])
    async with db.write() as tx:
        await tx.execute(notes.insert().values(id=1, said="now"))
    async with db.read() as view:
        assert (await view.scalar(select(notes.c.said))) == "now"


async def test_one_insert_or_update_serves_both_engines(db: Database) -> None:
    for said in ("first", "second"):
        async with db.write() as tx:
            insert = insert_for(tx, notes).values(id=1, said=said)
            await tx.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"said": said}))
    async with db.read() as view:
        assert (await view.scalar(select(notes.c.said))) == "second"


async def test_the_migrations_lead_to_the_tables_that_the_code_uses(tmp_path: Path, database_url: str | None) -> None:
    import voxhall.app  # noqa: F401  brings every feature's tables into `metadata`

    opened = Database(address_of(Settings(data=tmp_path, database_url=database_url)), Events())
    try:
        await migrate(opened)
        await migrate(opened)
        async with opened.read() as view:
            found = await view.run_sync(lambda sync: {name: _columns(inspect(sync), name) for name in metadata.tables})
    finally:
        await opened.close()
    assert found == {
        table.name: {column.name: column.nullable for column in table.columns} for table in metadata.sorted_tables
    }


async def test_a_disk_that_is_full_is_said_and_what_was_kept_stays(tmp_path: Path) -> None:
    opened = Database(address_of(Settings(data=tmp_path)), Events())
    await opened.run_sync(notes.metadata.create_all)
    async with opened.write() as tx:
        await tx.execute(notes.insert().values(id=1, said="before"))
        pages = await tx.scalar(text("PRAGMA page_count"))
        await tx.execute(text(f"PRAGMA max_page_count = {pages}"))
    async with opened.write() as tx:
        with pytest.raises(DatabaseFullError):
            await tx.execute(notes.insert(), [{"id": number, "said": "x" * 50} for number in range(2, 2_000)])
    async with opened.read() as view:
        assert (await view.execute(select(notes.c.said))).scalars().all() == ["before"]
    await opened.close()


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path, database_url: str | None) -> None:
    opened = Database(address_of(Settings(data=tmp_path, database_url=database_url)), Events())
    try:
        await migrate(opened)
        async with opened.write() as tx:
            await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(NewerDatabaseError):
            await migrate(opened)
    finally:
        await opened.close()


async def test_sqlite_keeps_what_was_committed_through_a_power_cut(tmp_path: Path) -> None:
    opened = Database(address_of(Settings(data=tmp_path)), Events())
    async with opened.write() as tx:
        assert await tx.scalar(text("PRAGMA synchronous")) == 2
        assert await tx.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await tx.scalar(text("PRAGMA foreign_keys")) == 1
    await opened.close()


def test_an_address_of_postgresql_is_taken_as_people_paste_it() -> None:
    settings = Settings(database_url="postgres://ana:p%40ss@db.example/voxhall?sslmode=require")
    assert address_of(settings) == "postgresql+asyncpg://ana:p%40ss@db.example/voxhall?ssl=require"


def _columns(inspector: object, table: str) -> dict[str, bool]:
    return {column["name"]: column["nullable"] for column in inspector.get_columns(table)}  # type: ignore[attr-defined]

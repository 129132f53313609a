"""A whole installation kept and brought back, and every archive that must be refused before anything is touched."""

import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.postgres import Cluster
from tests.world import World, open_world
from voxhall.app import perform
from voxhall.config import Settings
from voxhall.kit.backup.actions import SNAPSHOTS, keep_before_upgrade, restore, write_backup
from voxhall.kit.backup.archive import BadBackupError, StoredDatabase
from voxhall.kit.backup.contents import whole_bytes
from voxhall.kit.backup.swap import begin_swap, finish_swap, remaining_moves
from voxhall.kit.db import Database
from voxhall.kit.db import database_url as address_of
from voxhall.kit.events import Events
from voxhall.kit.migrate import migrate, revision_of, upgrade

NOW = datetime(2026, 11, 26, 19, 0, tzinfo=UTC)
# An Ogg page with one packet of 200 bytes: RFC 3533's header, one lacing value, the payload.
PAGE = b"OggS\x00\x00" + bytes(20) + b"\x01\xc8" + bytes(200)


async def backup_of(world: World, out: Path) -> Path:
    answer = await perform(world.kit, world.control.accounts, "export_database", {})
    exported, database = Path(str(answer["folder"])), StoredDatabase.model_validate(answer["database"])
    write_backup(out, world.kit.settings.data, exported, database, NOW)
    return out


async def restored(archive: Path, data: Path, database_url: str | None = None) -> None:
    db = Database(address_of(Settings(data=data, database_url=database_url)), Events())
    try:
        await restore(archive, data, db, NOW)
    finally:
        await db.close()


@contextmanager
def growing(file: Path) -> Iterator[None]:
    """A tape that is written to, half a page at a time, as long as the block lasts."""
    stop = threading.Event()

    def write() -> None:
        with file.open("ab", buffering=0) as out:
            while not stop.is_set():
                out.write(PAGE[:100])
                out.write(PAGE[100:])

    file.write_bytes(PAGE)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "run" not in path.parts
    }


async def test_what_was_kept_while_it_ran_is_the_same_elsewhere(
    world: World, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    ana = await world.person("ana", administrator=True)
    made = await ana.http.post("/api/v1/spaces", json={"title": "Tea — ünïcode", "topics": ["tea"]})
    assert made.status_code == 201
    data = world.kit.settings.data
    (data / "tapes" / "sp_1").mkdir(parents=True)
    (data / "rings" / "sp_2").mkdir(parents=True)
    (data / "rings" / "sp_2" / "mix.ogg").write_bytes(PAGE)
    (data / "tapes" / "sp_1" / "pa_ünï.0001.ogg").write_bytes(b"sound")
    with growing(data / "tapes" / "sp_1" / "mix.0001.ogg"):
        archive = await backup_of(world, tmp_path / "all.tar")
    await ana.http.patch("/api/v1/me", json={"display_name": "Changed since"})

    is_postgresql = world.kit.settings.database_url is not None
    cluster: Cluster | None = request.getfixturevalue("cluster") if is_postgresql else None
    other_url = cluster.new_database("restored_elsewhere") if cluster else None
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    # Twice: into nothing, and over what is there.
    await restored(archive, elsewhere, other_url)
    await restored(archive, elsewhere, other_url)
    async with open_world(elsewhere, other_url) as other:
        browser = await other.browser(**ana.headers)
        me = (await browser.get("/api/v1/me")).json()
        assert (me["handle"], me["display_name"], me["is_administrator"]) == ("ana", "ana", True)
        space = made.json()
        found = (await browser.get(f"/api/v1/spaces/{space['id']}")).json()
        assert found | {"url": ""} == space | {"url": ""}
        # The counters go on: what is new does not collide with what was brought back.
        assert (await browser.post("/api/v1/spaces", json={"title": "More"})).status_code == 201
    mix = (elsewhere / "tapes" / "sp_1" / "mix.0001.ogg").read_bytes()
    assert len(mix) % len(PAGE) == 0
    assert mix
    assert (elsewhere / "tapes" / "sp_1" / "pa_ünï.0001.ogg").read_bytes() == b"sound"
    assert not (elsewhere / "rings").exists()
    if cluster:
        cluster.drop_database("restored_elsewhere")


async def small_backup(folder: Path) -> Path:
    data = folder / "data"
    async with open_world(data) as world:
        await world.person("ana")
        (data / "picture.png").write_bytes(b"picture" * 1000)
        return await backup_of(world, folder / "good.tar")


def rewritten(archive: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> None:
    with tarfile.open(archive) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    change(members)
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))


def added(name: str, kind: bytes = tarfile.REGTYPE, **fields: str) -> Callable[[Path], None]:
    """A member of this name before the manifest, which a hostile archive may also name."""

    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo(name)
        member.type = kind
        for field, value in fields.items():
            setattr(member, field, value)
        member.size = 4 if kind == tarfile.REGTYPE else 0
        manifest = json.loads(members[-1][1])
        digest = hashlib.sha256(b"evil"[: member.size]).hexdigest()
        manifest["files"][name] = {"size_bytes": member.size, "sha256": digest}
        text = json.dumps(manifest).encode()
        members[-1][0].size = len(text)
        members[-1:] = [(member, b"evil"[: member.size]), (members[-1][0], text)]

    return lambda archive: rewritten(archive, change)


def manifest_with(**fields: object) -> Callable[[Path], None]:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        text = json.dumps(json.loads(members[-1][1]) | fields).encode()
        members[-1][0].size = len(text)
        members[-1] = (members[-1][0], text)

    return lambda archive: rewritten(archive, change)


def without(index: int) -> Callable[[Path], None]:
    return lambda archive: rewritten(archive, lambda members: members.__delitem__(index))


def replaced_by(content: bytes) -> Callable[[Path], None]:
    def replace(archive: Path) -> None:
        archive.write_bytes(content)

    return replace


def cut_at(share: float) -> Callable[[Path], None]:
    def cut(archive: Path) -> None:
        content = archive.read_bytes()
        archive.write_bytes(content[: int(len(content) * share)])

    return cut


def flipped(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    at = content.index(b"picturepicture") + 3000
    content[at] ^= 1
    archive.write_bytes(content)


def bad_database(archive: Path) -> None:
    """A whole archive around a database that is none."""

    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        content = b"SQLite format 3\x00" + bytes(5000)
        member = next(member for member, _ in members if member.name.startswith("database/"))
        member.size = len(content)
        members[0] = (member, content)
        manifest = json.loads(members[-1][1])
        manifest["files"][member.name] = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        text = json.dumps(manifest).encode()
        members[-1][0].size = len(text)
        members[-1] = (members[-1][0], text)

    rewritten(archive, change)


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (replaced_by(b""), "not a Voxhall backup"),
    "something else": (replaced_by(bytes(range(256)) * 100), "not a Voxhall backup"),
    "cut in a file": (cut_at(0.5), "damaged"),
    "cut before its end": (without(-1), "cut off"),
    "one bit is wrong": (flipped, "1 of its files"),
    "a file is missing": (without(1), "lacks 1"),
    "leads up": (added("data/../../evil"), "belongs nowhere"),
    "leads away": (added("/tmp/evil"), "belongs nowhere"),
    "names a folder of ours": (added("data/run/link.sock"), "belongs nowhere"),
    "names no place": (added("evil"), "belongs nowhere"),
    "twice": (added("data/picture.png"), "twice"),
    "below a file": (added("data/picture.png/evil"), "needs a folder"),
    "a link": (added("data/link", tarfile.SYMTYPE, linkname="/etc"), "not a plain file"),
    "a hard link": (added("data/link", tarfile.LNKTYPE, linkname="data/picture.png"), "not a plain file"),
    "a device": (added("data/zero", tarfile.CHRTYPE), "not a plain file"),
    "a sparse file": (added("data/bomb", tarfile.GNUTYPE_SPARSE), "not a plain file"),
    "of a newer form": (manifest_with(format=2), "newer form"),
    "of a newer version": (
        manifest_with(database={"kind": "sqlite", "revision": "9999", "tables": []}),
        "newer version",
    ),
    "of another database": (
        manifest_with(database={"kind": "postgresql", "revision": "", "tables": []}),
        "PostgreSQL",
    ),
    "a manifest of nonsense": (manifest_with(files=[]), "manifest cannot be read"),
    "a database of nonsense": (bad_database, "database is damaged"),
}


async def test_an_archive_that_cannot_be_trusted_changes_nothing(tmp_path: Path) -> None:
    good = await small_backup(tmp_path)
    before = tree(tmp_path / "data")
    for name, (spoil, sentence) in BAD.items():
        bad = tmp_path / "bad.tar"
        bad.write_bytes(good.read_bytes())
        spoil(bad)
        with pytest.raises(BadBackupError, match=sentence):
            await restored(bad, tmp_path / "data")
        assert tree(tmp_path / "data") == before, name
    with pytest.raises(FileNotFoundError):
        await restored(tmp_path / "absent.tar", tmp_path / "data")
    assert tree(tmp_path / "data") == before
    assert not (tmp_path / "evil").exists()


def test_a_swap_that_was_interrupted_is_finished_by_whoever_starts_next(tmp_path: Path) -> None:
    """The power fails after each single move."""
    for done in range(7):
        data = tmp_path / f"after-{done}"
        staged = data / ".restoring" / "data"
        staged.mkdir(parents=True)
        for name in ("picture.png", "voxhall.sqlite3", "old.txt"):
            (data / name).write_text("old")
        for name in ("picture.png", "voxhall.sqlite3", "new.txt"):
            (staged / name).write_text("new")
        begin_swap(data, staged, "before-restore-1", has_files=True, has_database=True)
        moves = remaining_moves(data)
        assert len(moves) == 6
        (data / "before-restore-1").mkdir()
        for source, target in moves[:done]:
            source.rename(target)
        assert finish_swap(data) is True
        assert finish_swap(data) is False
        now = {path.name: path.read_text() for path in data.iterdir() if path.is_file()}
        assert now == {"picture.png": "new", "voxhall.sqlite3": "new", "new.txt": "new"}
        kept = {path.name: path.read_text() for path in (data / "before-restore-1").iterdir()}
        assert kept == {"picture.png": "old", "voxhall.sqlite3": "old", "old.txt": "old"}


async def test_the_database_is_kept_before_an_upgrade_and_can_be_brought_back(
    database_url: str | None, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    (data / "run").mkdir(parents=True)
    (data / "picture.png").write_bytes(b"picture")
    db = Database(address_of(Settings(data=data, database_url=database_url)), Events())
    await db.run_sync(lambda connection: upgrade(connection, "0001"))
    kept = await keep_before_upgrade(db, data, data / "run", NOW)
    assert kept is not None
    await migrate(db)
    assert await keep_before_upgrade(db, data, data / "run", NOW) is None
    await restore(kept, data, db, NOW)
    await db.close()
    db = Database(address_of(Settings(data=data, database_url=database_url)), Events())
    async with db.read() as connection:
        assert await connection.run_sync(revision_of) == "0001"
    await db.close()
    assert (data / "picture.png").read_bytes() == b"picture"
    assert [path.name for path in (data / SNAPSHOTS).iterdir()] == [kept.name]


def test_of_a_file_that_grows_only_what_is_whole_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for name, content, whole in (
        ("mix.ogg", PAGE * 3, len(PAGE) * 3),
        ("mix.ogg", PAGE * 3 + PAGE[:-1], len(PAGE) * 3),
        ("mix.ogg", PAGE * 3 + PAGE[:20], len(PAGE) * 3),
        ("mix.ogg", PAGE * 1000 + PAGE[:28], len(PAGE) * 1000),
        ("mix.ogg", b"", 0),
        ("stage.jsonl", b'{"a":1}\n{"b"', 8),
        ("stage.jsonl", b"x" * 200_000, 0),
        ("picture.png", b"PNG", 3),
    ):
        file.write_bytes(content)
        with file.open("rb") as opened:
            assert whole_bytes(opened, name) == whole

"""Every test of the database runs on both engines; the PostgreSQL one is started once, when the first test needs it."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.live.stage import Node, connected
from tests.postgres import Cluster, running_cluster
from tests.world import World, make_tables, open_world
from voxhall.config import Settings

TABLES = "with_tables"
# What runs with nothing beside it: words and delays of real sound, crowds, models that take both cores. The rest stands
# on clocks that tests move by hand, or waits for something and gives it time, so several may share the machine
# (`scripts/test`).
ALONE = {
    "test_carrying_on.py",
    "test_crowd.py",
    "test_deaths.py",
    "test_gone.py",
    "test_larger_packets.py",
    "test_losing_packets.py",
    "test_network_change.py",
    "test_recognising.py",
    "test_speak_and_listen.py",
    "test_storms.py",
    "test_tape_killed.py",
    "test_trouble.py",
    "test_two_voices.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name in ALONE:
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def cluster_with_tables(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """Tables are made once and copied for each world, which takes a third of the time."""
    url = cluster.new_database(TABLES)
    make_tables(Settings(data=tmp_path_factory.mktemp("tables"), database_url=SecretStr(url)))
    return cluster


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """What the settings call `database_url`, of an empty database: None is SQLite in the data folder."""
    if request.param == "sqlite":
        yield None
        return
    with _database(request.getfixturevalue("cluster")) as url:
        yield url


@pytest.fixture(params=BOTH)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """On both databases. For what no database can change, `small_world` is the same on SQLite alone."""
    if request.param == "sqlite":
        async with open_world(tmp_path / "data") as opened:
            yield opened
        return
    with _database(request.getfixturevalue("cluster_with_tables"), TABLES) as url:
        async with open_world(tmp_path / "data", url) as opened:
            yield opened


@contextmanager
def _database(cluster: Cluster, copied_from: str = "template1") -> Iterator[str]:
    name = f"test_{secrets.token_hex(8)}"
    yield cluster.new_database(name, copied_from)
    cluster.drop_database(name)


@pytest.fixture
async def node(world: World) -> AsyncIterator[Node]:
    """A media node's end of the link beside the world."""
    async with connected(world, Node()) as running:
        yield running


@pytest.fixture
async def small_world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def small_node(small_world: World) -> AsyncIterator[Node]:
    async with connected(small_world, Node()) as running:
        yield running

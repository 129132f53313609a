"""Every test of the database runs on both engines; the PostgreSQL one is started once, when the first test needs it."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.live.stage import Node, connected
from tests.postgres import Cluster, running_cluster
from tests.world import World, open_world


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """What the settings call `database_url`: None is SQLite in the data folder."""
    if request.param == "sqlite":
        yield None
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = f"test_{secrets.token_hex(8)}"
    yield cluster.new_database(name)
    cluster.drop_database(name)


@pytest.fixture
async def world(tmp_path: Path, database_url: str | None) -> AsyncIterator[World]:
    """On both databases. For what no database can change, `small_world` is the same on SQLite alone."""
    async with open_world(tmp_path / "data", database_url) as opened:
        yield opened


@pytest.fixture
async def node(world: World) -> AsyncIterator[Node]:
    """A media node's end of the link beside the world."""
    async with connected(world, Node()) as running:
        yield running


@pytest.fixture
async def small_world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path / "data") as opened:
        yield opened

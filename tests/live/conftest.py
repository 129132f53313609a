"""A media node's end of the link beside the world."""

from collections.abc import AsyncIterator

import pytest

from tests.live.stage import Node, connected
from tests.world import World


@pytest.fixture
async def small_node(small_world: World) -> AsyncIterator[Node]:
    async with connected(small_world, Node()) as running:
        yield running

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.notifications.square import Square, open_square


@pytest.fixture
async def square(tmp_path: Path, database_url: str | None) -> AsyncIterator[Square]:
    async with open_square(tmp_path / "data", database_url) as opened:
        yield opened

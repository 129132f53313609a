"""A house that signs in by providers: on both databases, and the small one on SQLite alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.accounts.house import House, opened


@pytest.fixture
async def house(tmp_path: Path, database_url: str | None) -> AsyncIterator[House]:
    async with opened(tmp_path, database_url) as standing:
        yield standing


@pytest.fixture
async def small_house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as standing:
        yield standing

"""One running server for the journeys: each opens a space and accounts of its own on it."""

from collections.abc import Iterator

import pytest

from tests.journeys.ports import PUSH_PORT
from tests.running import RunningServer, running_server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"VOXHALL_PUSH_SERVICES": f"http://127.0.0.1:{PUSH_PORT}"}
    with running_server(tmp_path_factory.mktemp("journeys"), settings=settings) as running:
        yield running
    assert running.tracebacks() == []

"""One running server for the journeys: each opens a space and accounts of its own on it."""

from collections.abc import Iterator

import pytest

from tests.running import RunningServer, running_server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("journeys")) as running:
        yield running
    assert running.tracebacks() == []

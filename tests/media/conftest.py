"""One running server for the tests of sound: each opens a space of its own on it."""

from collections.abc import Iterator

import pytest

from tests.running import RunningServer, running_server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("media")) as running:
        yield running
    assert running.tracebacks() == []

"""One running server for the journeys: each opens a space and accounts of its own on it."""

from collections.abc import Iterator

import pytest

from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET
from tests.journeys.ports import OPENID_PORT, PUSH_PORT
from tests.running import RunningServer, running_server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"VOXHALL_PUSH_SERVICES": f"http://127.0.0.1:{PUSH_PORT}"}
    provider = {
        "NAME": "House",
        "ISSUER": f"http://127.0.0.1:{OPENID_PORT}",
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
    }
    settings |= {f"VOXHALL_OPENID_HOUSE_{name}": value for name, value in provider.items()}
    with running_server(tmp_path_factory.mktemp("journeys"), settings=settings) as running:
        yield running
    assert running.tracebacks() == []

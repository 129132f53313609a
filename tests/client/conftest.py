"""A media node in this process for what needs no accounts, and one whole server for the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import RunningServer, running_server
from voxhall.media import _core

CONNECT_TIMEOUT_S = 10


class Stage:
    """One space on a node of its own."""

    def __init__(self, data: Path) -> None:
        self._node = _core.Node(0, ["127.0.0.1"], 16, None, data)
        self._opened = 0

    def publisher(self, csrc: int = 1) -> _core.Publisher:
        publisher = _core.Publisher()
        self._answer(publisher, "open_publisher", csrc=csrc, publish=True)
        return publisher

    def subscriber(self, *, tcp: bool = False) -> _core.Subscriber:
        subscriber = _core.Subscriber(tcp=tcp)
        self._answer(subscriber, "open_listener")
        return subscriber

    def close(self) -> None:
        self._node.stop()

    def _answer(self, peer: _core.Publisher | _core.Subscriber, call: str, **more: Any) -> None:
        self._opened += 1
        name = f"peer{self._opened}"
        args = {"space": "sp_stage", "peer": name, "participant": name, "sdp": peer.offer(), **more}
        peer.answer(json.loads(self._node.call(call, json.dumps(args)))["sdp"])
        assert peer.wait_connected(CONNECT_TIMEOUT_S)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("client")) as running:
        yield running
    assert running.tracebacks() == []

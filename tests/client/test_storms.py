"""Storms in small, through the real door. In full, with the bars of a quiet machine: `benchmarks/storms.py`."""

from pathlib import Path
from typing import Any

import pytest

from tests.client.test_crowd import crowd, report
from tests.running import running_server

pytestmark = pytest.mark.timeout(120)

# On a machine that does other things beside; alone it is a twentieth of it.
PATIENCE_MS = 2_000


def test_a_hundred_at_once_all_hear_and_those_whose_pages_load_again_hear_again(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        host = server.account("storm_host")
        space = server.open_space(host)["id"]
        options = ("--listeners", "100", "--seconds", "1", "--joins-per-s", "100", "--rejoin")
        found: dict[str, Any] = report(crowd(server, space, host, *options))
        assert (found["failures"], found["rejoined"]["failures"]) == ({}, {})
        assert found["heard"] == found["rejoined"]["heard"] == 100
        assert found["join_first_packet_ms"]["p50"] < PATIENCE_MS
        assert found["packets_foreign"] == 0
        assert server.tracebacks() == []

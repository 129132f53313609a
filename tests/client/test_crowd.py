"""`voxhall bench listeners`: a crowd that joins, loses packets and its network, and moves; and one without room."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from tests.running import Account, RunningServer, eventually, running_server
from voxhall.media.crowd import listen

pytestmark = pytest.mark.timeout(120)

ROOM = 30
REFUSED = "the server refused whep with status 503"


def crowd(server: RunningServer, space: str, speaker: Account, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxhall", "bench", "listeners", "--space", space, "--server", server.url]
    environment = {**os.environ, "VOXHALL_TOKEN": speaker.token}
    return subprocess.run(
        [*command, *options], capture_output=True, text=True, env=environment, timeout=90, check=False
    )


def report(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"VOXHALL_MEDIA_MAX_PEERS": str(ROOM + 1)}
    with running_server(tmp_path_factory.mktemp("crowd"), settings=settings) as running:
        yield running


def test_a_crowd_hears_reports_its_losses_and_hears_again_after_a_cut_and_a_move(small: RunningServer) -> None:
    host = small.account("crowd_host")
    space = small.open_space(host)["id"]
    options = ("--listeners", "10", "--seconds", "3", "--loss-percent", "20", "--cut-s", "2", "--roam", "--rejoin")
    found = report(crowd(small, space, host, *options))
    assert (found["answered"], found["connected"], found["heard"]) == (10, 10, 10)
    assert found["failures"] == {}
    assert 12 < found["loss_percent"] < 28
    assert found["cut"]["heard"] == found["roamed"]["heard"] == found["rejoined"]["heard"] == 10
    assert found["packets_foreign"] == 0
    # This server asks for reports alone, whatever a browser offers besides: one on its mix every five seconds.
    assert 0 < found["reports_sent"] <= 2 * 10
    assert (found["arrival_feedback_sent"], found["packets_asked_again"]) == (0, 0)
    # Nor is anybody counted who has left, even without a word.
    asyncio.run(eventually(lambda: small.space(space)["listener_count"] == 0, within_s=20))


def test_who_comes_later_hears_like_who_came_first_and_who_sits_on_stage_in_silence_sends_little(
    small: RunningServer,
) -> None:
    people = [small.account(f"{name}_on_stage") for name in ("talks", "sits")]
    space = small.open_space(people[0])["id"]
    plan = {
        "space": f"{small.url}/api/v1/spaces/{space}",
        "tokens": [person.token for person in people],
        "talking": 1,
        "listeners": 8,
        "first": 2,
        "seconds": 1,
    }
    began_s = time.monotonic()
    found: Any = listen(plan, stop=Event())
    assert (found["heard"], found["failures"], found["packets_foreign"]) == (8, {}, 0)
    # Fifty packets a second of one voice, and of the other one now and then.
    assert 0 < found["packets_sent"] < 60 * (time.monotonic() - began_s)


def test_beyond_its_room_a_server_refuses_and_those_inside_hear_on(small: RunningServer) -> None:
    host = small.account("full_host")
    space = small.open_space(host)["id"]
    found = report(crowd(small, space, host, "--listeners", "90", "--seconds", "3", "--joins-per-s", "900"))
    assert found["heard"] == ROOM
    assert found["failures"] == {REFUSED: 90 - ROOM}
    assert found["told_when_to_return"] == 90 - ROOM
    # At once, even to a browser that is one of very many; the page then says when it tries again.
    assert found["refused_ms"]["p50"] < 500
    # What each of them is sent goes on: nearly fifty packets a second, though a busy machine may be late.
    assert found["packets_per_listener_s"] > 40
    assert found["packets_lost"] < found["packets_received"] / 50
    refused = small.http.post(
        f"/api/v1/spaces/{space}/whep", content="v=0", headers={"content-type": "application/sdp"}
    )
    assert refused.status_code == 400, "there is room again"


@pytest.mark.parametrize(
    ("options", "status"),
    [(("--listeners", "0"), 1), (("--loss-percent", "100"), 1), (("--joins-per-s", "-1"), 2)],
)
def test_a_crowd_that_cannot_be_is_refused_in_one_sentence(
    small: RunningServer, options: tuple[str, ...], status: int
) -> None:
    host = small.account(f"none_{options[0].strip('-').replace('-', '_')}")
    run = crowd(small, "sp_none", host, *options)
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (status, "", 1)

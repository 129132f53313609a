"""A file goes in at one end of a real server and comes out at the other."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.client.command import ended, run, start
from tests.client.sound import heard, write_tone
from tests.running import RunningServer, eventually


@pytest.mark.parametrize("file_format", ["ogg", "wav"])
async def test_what_is_spoken_is_heard(server: RunningServer, tmp_path: Path, file_format: str) -> None:
    host = server.new_account("host")
    address = f"{server.url}/spaces/{server.open_space(host)['id']}"
    out = tmp_path / f"heard.{file_format}"

    listening = start("listen", "--space", address, "--out", out)
    await eventually(out.exists, within_s=20)
    # At another rate than the network's, so that it is resampled on the way.
    file = write_tone(tmp_path / "tone.wav", 2.0, rate_hz=44_100)
    if file_format == "ogg":
        assert run("speak", file, "--space", address, "--token", host.token) == (0, "")
    else:
        assert speak_by_pipe(file, "--space", address, "--token", host.token) == (0, "")

    listening.send_signal(signal.SIGINT)
    assert ended(listening) == (0, "")
    assert heard(out).loud_seconds() == pytest.approx(2.0, abs=0.5)


def speak_by_pipe(file: Path, *arguments: str) -> tuple[int, str]:
    """As the last in a shell's pipeline; a pipe cannot be sought in."""
    with subprocess.Popen(["cat", str(file)], stdout=subprocess.PIPE) as program:
        return ended(start("speak", "/dev/stdin", *arguments, stdin=program.stdout or subprocess.DEVNULL))


def test_a_file_is_as_long_as_was_asked_for(server: RunningServer, tmp_path: Path) -> None:
    space = server.open_space(server.new_account("host"))
    out = tmp_path / "heard.ogg"
    assert run("listen", "--space", space["id"], "--server", server.url, "--seconds", "1.5", "--out", out) == (0, "")
    assert heard(out).seconds == pytest.approx(1.5, abs=0.05)


async def test_ctrl_c_ends_listening_with_a_finished_file_and_nobody_listening(
    server: RunningServer, tmp_path: Path
) -> None:
    space = server.open_space(server.new_account("host"))
    out = tmp_path / "heard.wav"
    listening = start("listen", "--space", space["id"], "--server", server.url, "--out", out)
    await eventually(lambda: out.exists() and server.space(space["id"])["listener_count"] == 1, within_s=20)
    listening.send_signal(signal.SIGINT)

    assert ended(listening) == (0, "")
    assert heard(out).seconds > 0
    await eventually(lambda: server.space(space["id"])["listener_count"] == 0)


async def test_a_looped_file_plays_until_ctrl_c(server: RunningServer, tmp_path: Path) -> None:
    host = server.new_account("host")
    address = f"{server.url}/spaces/{server.open_space(host)['id']}"
    file = write_tone(tmp_path / "short.wav", 0.3)
    speaking = start("speak", file, "--space", address, "--token", host.token, "--loop")
    out = tmp_path / "heard.ogg"
    assert run("listen", "--space", address, "--seconds", "4", "--out", out) == (0, "")
    assert heard(out).loud_seconds() > 0.6
    speaking.send_signal(signal.SIGINT)
    assert ended(speaking) == (0, "")


async def test_listening_ends_with_the_space(server: RunningServer, tmp_path: Path) -> None:
    host = server.new_account("host")
    space = server.open_space(host)
    out = tmp_path / "heard.ogg"
    listening = start("listen", "--space", space["id"], "--server", server.url, "--out", out)
    await eventually(out.exists, within_s=20)
    assert server.http.post(f"/api/v1/spaces/{space['id']}/end", headers=host.headers).status_code == 200
    assert ended(listening) == (0, "")
    assert heard(out).seconds > 0

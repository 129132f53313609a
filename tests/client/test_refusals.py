"""Status 2 for wrong usage, 1 otherwise, and one sentence either way."""

import socket
from pathlib import Path

import pytest

from tests.client.command import run
from tests.client.sound import write_tone
from tests.running import RunningServer, free_port


def assert_one_sentence(text: str) -> None:
    assert text.count("\n") == 1, text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("listen", "--out", "heard.ogg"),
        ("listen", "--space", "sp_1"),
        ("listen", "--space", "sp_1", "--out", "heard.mp3"),
        ("listen", "--space", "sp_1", "--out", "nowhere/heard.ogg"),
        ("listen", "--space", "not a space", "--out", "heard.ogg"),
        ("listen", "--space", "sp_1", "--out", "heard.ogg", "--seconds", "-1"),
        ("speak", "--space", "sp_1"),
        ("speak", "no-such-file.wav", "--space", "sp_1"),
        ("speak", __file__, "--space", "sp_1", "--server", "localhost:8400"),
    ],
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, sentence = run(*arguments)
    assert status == 2, sentence
    assert_one_sentence(sentence)


def test_a_file_without_sound_is_refused_before_the_server_is_asked() -> None:
    status, sentence = run("speak", __file__, "--space", "sp_1", "--server", "http://localhost:9")
    assert (status, sentence) == (1, "test_refusals.py is not a sound file.\n")


def test_a_server_that_is_not_there_is_said_to_be_out_of_reach(tmp_path: Path) -> None:
    nobody = f"http://localhost:{free_port(socket.SOCK_STREAM)}"
    status, sentence = run("listen", "--space", "sp_1", "--server", nobody, "--out", tmp_path / "heard.ogg")
    assert (status, sentence) == (1, "The server cannot be reached; is its address right?\n")
    assert not (tmp_path / "heard.ogg").exists()


def test_the_servers_own_sentence_is_passed_on(server: RunningServer, tmp_path: Path) -> None:
    status, sentence = run("listen", "--space", "sp_none", "--server", server.url, "--out", tmp_path / "heard.ogg")
    refusal = server.http.get("/api/v1/spaces/sp_none").json()["error"]["message"]
    assert (status, sentence) == (1, f"{refusal}\n")


def test_speaking_needs_a_token(server: RunningServer, tmp_path: Path) -> None:
    space = server.open_space(server.new_account("host"))
    file = write_tone(tmp_path / "tone.wav", 0.1)
    status, sentence = run("speak", file, "--space", f"{server.url}/spaces/{space['id']}")
    assert status == 1
    assert_one_sentence(sentence)

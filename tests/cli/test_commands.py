"""The command line as people and packagers run it: a process, its output and its status."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.running import free_port
from voxhall import __version__
from voxhall.cli import main

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")}
VOXHALL = [sys.executable, "-m", "voxhall"]


def voxhall(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*VOXHALL, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**ENVIRONMENT, **settings},
    )


@contextmanager
def control_plane(data: Path, **settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running control plane and its address; everything it prints first has been read."""
    port = str(free_port(socket.SOCK_STREAM))
    process = subprocess.Popen(
        [*VOXHALL, "serve", "--role", "control", "--data", str(data), "--port", port],
        stdout=subprocess.PIPE,
        text=True,
        env={**ENVIRONMENT, "VOXHALL_METRICS_PORT": "0", **settings},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Voxhall is at http://localhost:{port}\n"
        yield f"http://localhost:{port}", process
    finally:
        process.kill()
        process.communicate()


def test_accounts_and_tokens_are_made_with_and_without_a_server(tmp_path: Path, database_url: str | None) -> None:
    settings = {"VOXHALL_DATA": str(tmp_path)} | ({"VOXHALL_DATABASE_URL": database_url} if database_url else {})
    made = voxhall("admin", "create-user", "ana", "--admin", "--password-stdin", stdin="correct horse\n", **settings)
    assert made.returncode == 0, made.stderr
    ana = json.loads(made.stdout)
    assert (ana["handle"], ana["is_administrator"]) == ("ana", True)
    with control_plane(tmp_path, **settings) as (address, process):
        again = voxhall("admin", "create-user", "ana", **settings)
        assert (again.returncode, again.stdout, again.stderr) == (1, "", "That handle is taken.\n")
        token = voxhall("admin", "create-token", "ana", **settings).stdout
        assert token.count("\n") == 1
        me = httpx2.get(f"{address}/api/v1/me", headers={"authorization": f"Bearer {token.strip()}"})
        for name in ("id", "handle", "display_name", "is_administrator", "created_at"):
            assert me.json()[name] == ana[name]
        signed_in = httpx2.post(f"{address}/api/v1/sessions", json={"handle": "ana", "password": "correct horse"})
        assert signed_in.status_code == 201
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_server_says_where_it_is_and_who_opens_the_link_first_administers_it(tmp_path: Path) -> None:
    with control_plane(tmp_path) as (address, process):
        assert process.stdout is not None
        link = process.stdout.readline().split()[-1]
        assert link.startswith(f"{address}/welcome#")
        claim = {"handle": "ana", "display_name": "Ana", "password": "correct horse", "claim": link.partition("#")[2]}
        answer = httpx2.post(f"{address}/api/v1/users", json=claim)
        assert answer.json()["is_administrator"] is True
        refused = voxhall("serve", "--role", "control", "--port", "0", "--data", str(tmp_path))
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.splitlines()[-1].startswith("Another Voxhall already runs with the data folder")
        port = address.rpartition(":")[2]
        taken = voxhall("serve", "--role", "control", "--port", port, "--data", str(tmp_path / "other"))
        assert taken.returncode == 1
        assert "Address already in use" in taken.stderr


def test_figures_are_on_an_address_of_their_own_and_a_taken_one_costs_only_them(tmp_path: Path) -> None:
    port = str(free_port(socket.SOCK_STREAM))
    with control_plane(tmp_path / "one", VOXHALL_METRICS_PORT=port) as (address, _):
        figures = httpx2.get(f"http://127.0.0.1:{port}/metrics")
        assert 'voxhall_links{role="media"} 0.0' in figures.text
        assert "voxhall_links" not in httpx2.get(f"{address}/metrics").text
        with control_plane(tmp_path / "two", VOXHALL_METRICS_PORT=port) as (other, _):
            assert httpx2.get(f"{other}/healthz").status_code == 200


def test_a_database_that_does_not_answer_is_said_in_one_sentence(tmp_path: Path) -> None:
    url = "postgresql://ana:sesame@127.0.0.1:1/voxhall"
    answer = voxhall("serve", "--role", "control", "--port", "0", "--data", str(tmp_path), "--database-url", url)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.splitlines()[-1].startswith("The database does not answer: ")
    assert "sesame" not in answer.stderr


def test_a_logo_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    logo = str(tmp_path / "logo.png")
    for role in ("control", "all"):
        answer = voxhall("serve", "--role", role, "--port", "0", "--data", str(tmp_path / role), VOXHALL_SITE_LOGO=logo)
        assert answer.returncode == 1
        assert "site_logo cannot be used: the file cannot be read (No such file or directory)." in answer.stderr
        assert "Traceback" not in answer.stderr


def test_what_is_stored_is_readable_by_the_server_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert voxhall("admin", "create-user", "ana", "--data", str(data)).returncode == 0
    assert data.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["admin", "create-user"], 2),
        (["admin", "create-user", "A!"], 1),
        (["admin", "create-user", "ana", "--nonsense"], 2),
        (["admin", "create-token", "nobody"], 1),
        (["nonsense"], 2),
        (["serve", "--port", "many"], 2),
        (["serve", "--role", "boss"], 2),
    ],
)
def test_a_refusal_is_one_sentence_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int
) -> None:
    with pytest.raises(SystemExit) as end:
        main([*arguments, *(["--data", str(tmp_path)] if len(arguments) > 1 else [])])
    said = capsys.readouterr()
    assert (end.value.code, said.out) == (status, "")
    assert len(said.err.splitlines()) == 1


def test_a_wrong_variable_is_wrong_usage(tmp_path: Path) -> None:
    answer = voxhall("admin", "create-user", "ana", VOXHALL_DATA=str(tmp_path), VOXHALL_PROT="1")
    assert (answer.returncode, answer.stderr) == (
        2,
        "VOXHALL_PROT is set, but there is no such setting. Did you mean VOXHALL_PORT?\n",
    )


def test_the_version_is_told() -> None:
    assert voxhall("--version").stdout == f"voxhall {__version__}\n"


@pytest.mark.parametrize("module", ["voxhall.cli", "voxhall.kit.link_ends", "voxhall.media.host", "voxhall.supervisor"])
def test_a_process_that_has_no_database_loads_none(module: str) -> None:
    """Three processes start on two cores: what they do not use would be half of the time until the server is ready."""
    code = f"import sys, {module}; sys.exit(bool({{'sqlalchemy', 'fastapi', 'alembic', 'av'}} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

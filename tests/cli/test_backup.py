"""The restore drill, with the commands an operator types and the server running or not."""

from pathlib import Path

import httpx2
import pytest

from tests.cli.test_commands import control_plane, voxhall

ANA = {"handle": "ana", "display_name": "Ana", "password": "correct horse"}


# Two servers start, one after the other, on a machine that may be busy.
@pytest.mark.timeout(180)
def test_a_backup_of_a_running_server_is_the_same_server_elsewhere(tmp_path: Path) -> None:
    archive, elsewhere = tmp_path / "backup.tar", tmp_path / "elsewhere"
    data = tmp_path / "data"
    with control_plane(data) as (address, _):
        signed_up = httpx2.post(f"{address}/api/v1/users", json=ANA)
        session = {"cookie": signed_up.headers["set-cookie"].partition(";")[0]}
        space = httpx2.post(f"{address}/api/v1/spaces", json={"title": "Tea"}, headers=session).json()
        (data / "voxhall.toml").write_text("drain_s = 3.0\n")
        made = voxhall("backup", str(archive), "--data", str(data))
        assert (made.returncode, made.stderr) == (0, "")
        refused = voxhall("restore", str(archive), "--data", str(data))
        assert (refused.returncode, refused.stderr) == (1, f"A server uses {data}; stop it first.\n")
        assert httpx2.get(f"{address}/api/v1/me", headers=session).json()["handle"] == "ana"
    restored = voxhall("restore", str(archive), "--data", str(elsewhere))
    assert (restored.returncode, restored.stderr) == (0, "")
    assert (elsewhere / "voxhall.toml").read_text() == "drain_s = 3.0\n"
    with control_plane(elsewhere) as (address, _):
        assert httpx2.get(f"{address}/api/v1/me", headers=session).json()["handle"] == "ana"
        found = httpx2.get(f"{address}/api/v1/spaces/{space['id']}", headers=session).json()
        assert found | {"url": ""} == space | {"url": ""}


def test_a_backup_that_is_none_leaves_no_trace(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.tar"
    nothing.write_bytes(b"nothing")
    refused = voxhall("restore", str(nothing), "--data", str(tmp_path / "new"))
    assert refused.returncode == 1
    assert refused.stderr == "The file is not a Voxhall backup, or it is damaged.\n"
    absent = voxhall("restore", str(tmp_path / "absent.tar"), "--data", str(tmp_path / "new"))
    assert (absent.returncode, len(absent.stderr.splitlines())) == (1, 1)
    assert not (tmp_path / "new").exists()

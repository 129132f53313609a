"""The service files, as systemd reads them, and the container's, as far as they can be read here."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from voxhall.config import PREFIX, Settings

ROOT = Path(__file__).parent.parent.parent
BIN = str(Path(sys.executable).parent)
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    program = ROOT / ".venv" / "bin" / "voxhall"
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/voxhall/bin/voxhall", str(program)))
    asked = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=50)
    ours = [line for line in answer.stderr.splitlines() if "voxhall" in line]
    assert ours == []
    assert answer.returncode == 0, answer.stderr


def test_there_is_a_unit_for_every_role() -> None:
    roles = {"control", "media", "worker"}
    assert {unit.stem for unit in UNITS} == {"voxhall", *(f"voxhall-{role}" for role in roles)}
    for role in roles:
        assert f"serve --role {role} " in (ROOT / "deploy" / "systemd" / f"voxhall-{role}.service").read_text()


def test_every_variable_that_is_set_is_a_setting() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    named = set(compose["services"]["voxhall"]["environment"])
    containerfile = (ROOT / "deploy" / "Containerfile").read_text()
    named |= {word.partition("=")[0] for word in containerfile.split() if word.startswith(PREFIX)}
    assert named <= known


@pytest.mark.skipif(shutil.which("hadolint", path=BIN) is None, reason="hadolint has no wheel for this system")
def test_the_container_file_has_nothing_to_be_complained_of() -> None:
    asked = [str(Path(BIN) / "hadolint"), "--no-color", str(ROOT / "deploy" / "Containerfile")]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=50)
    assert (answer.returncode, answer.stdout) == (0, "")


def test_compose_reads_its_file_as_it_is_meant() -> None:
    asked = [str(Path(BIN) / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=50, cwd=ROOT)
    assert answer.returncode == 0, answer.stdout


def test_a_container_is_told_to_stop_and_given_the_time_to() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    grace_s = float(compose["services"]["voxhall"]["stop_grace_period"].removesuffix("s"))
    assert grace_s > Settings.model_fields["drain_s"].default
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert python == ">=3.11"
    yaml.safe_load((ROOT / "deploy" / "traefik.yaml").read_text())

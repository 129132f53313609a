"""The doctor: well is status 0; each leg broken is named in a sentence with its mend, and status 1."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from voxhall.config import Settings
from voxhall.doctor import machine, sound, web
from voxhall.doctor.finding import Finding, Verdict
from voxhall.kit.tls.authority import open_authority

NOW = datetime.now(UTC)


def namespaces() -> list[str]:
    return ["unshare", "--net", "--mount"] if os.geteuid() == 0 else ["unshare", "--net", "--mount", "--map-root-user"]


@pytest.mark.skipif(
    subprocess.run([*namespaces(), "true"], check=False, capture_output=True).returncode != 0,
    reason="this machine allows no namespaces, without which a firewall cannot be tried",
)
@pytest.mark.timeout(180)
def test_each_leg_that_is_broken_is_named_with_its_mend(tmp_path: Path) -> None:
    expired = open_authority(tmp_path / "authority", ["localhost"], NOW - timedelta(days=500)).server
    (tmp_path / "expired.pem").write_bytes(expired.read_bytes())
    settings = {
        "VOXHALL_DATA": str(tmp_path / "data"), "VOXHALL_METRICS_PORT": "0", "VOXHALL_MEDIA_ADDRESS": "10.9.0.1",
        "VOXHALL_SPEECH_MODEL": "tiny.en", "VOXHALL_FREE_DISK_BYTES": str(16 * 1024 * 1024),
    }  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")} | settings
    command = [*namespaces(), sys.executable, "-m", "tests.doctor.in_a_namespace", str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=170, env=environment)
    assert answer.returncode == 0, answer.stderr
    well, dropped, all_dropped, rest, taken = map(json.loads, answer.stdout.splitlines())

    assert (well["status"], broken(well)) == (0, {}), well
    assert {"udp", "tcp", "server"} <= names(well)
    udp = "UDP does not reach the media node at 10.9.0.1 port 8401, which browsers are told."
    assert (dropped["status"], broken(dropped)) == (1, {"udp": udp})
    assert dropped["seconds"] < 15
    # No router hides an address that this very machine has, though the pages do not answer there either.
    assert all_dropped["status"] == 1
    assert {"udp": udp, "tcp": udp.replace("UDP", "TCP")}.items() <= broken(all_dropped).items()
    found = broken(rest)
    assert rest["status"] == 1
    assert found["udp"] == udp
    assert found["tcp"] == udp.replace("UDP", "TCP")
    assert found["disk"].startswith("Only ")
    assert found["certificate"].startswith("The certificate expired on ")
    assert "it is behind" in found["clock"]
    assert found["model"].startswith("There is no model for transcripts: ")
    assert all(finding["mend"] for finding in rest["report"]["findings"] if finding["level"] == "failed")
    found = broken(taken)
    assert taken["status"] == 1
    assert found["server"] == "What has 127.0.0.1 port 8400 does not answer as Voxhall does."
    assert found["sound"] == "UDP port 8401, which is for the sound, is taken by another program."
    assert found["name"] == "The name nowhere.invalid leads nowhere."
    assert found["files"] == "A process may hold only 512 files and connections open."


def broken(visit: dict[str, Any]) -> dict[str, str]:
    found = visit["report"]["findings"]
    return {finding["name"]: finding["sentence"] for finding in found if finding["level"] == "failed"}


def names(visit: dict[str, Any]) -> set[str]:
    return {finding["name"] for finding in visit["report"]["findings"]}


def test_a_machine_that_is_too_small_is_named(tmp_path: Path) -> None:
    small = tmp_path / "meminfo"
    small.write_text("MemTotal: 500000 kB\nMemAvailable: 100000 kB\n")
    assert_failed(machine.memory(small), "Only 97 MiB of memory are free.")
    assert_failed(machine.files(512), "A process may hold only 512 files")
    assert machine.files(4096).level is Verdict.WARNING
    assert machine.files(65_536).level is Verdict.OK


def test_a_clock_that_cannot_be_right_is_named(tmp_path: Path) -> None:
    assert_failed(machine.clock(Settings(data=tmp_path), datetime(1970, 1, 1, tzinfo=UTC)), "before Voxhall was made")
    (tmp_path / "voxhall.sqlite3").touch()
    assert_failed(machine.clock(Settings(data=tmp_path), NOW - timedelta(hours=1)), "it is behind")


def test_a_name_that_leads_nowhere_or_elsewhere_is_named() -> None:
    assert_failed(web.name(Settings(public_url="https://nowhere.invalid")), "nowhere.invalid leads nowhere")
    elsewhere = web.name(Settings(public_url="https://localhost", media_address="192.0.2.1"))
    assert elsewhere.level is Verdict.WARNING
    assert web.name(Settings(public_url="https://localhost", media_address="127.0.0.1")).level is Verdict.OK


def test_what_a_router_hides_from_inside_is_told_from_a_wrong_address() -> None:
    """Pages that answer at the same address prove that it leads here; an address that is not theirs is nobody's."""
    with socket.create_server(("127.0.0.1", 0)) as pages:
        port = pages.getsockname()[1]
        settings = Settings(public_url=f"https://127.0.0.1:{port}")
        assert sound.leads_back(settings, "127.0.0.1")
    assert not sound.leads_back(settings, "127.0.0.1")
    assert sound.leads_back(settings, "127.0.0.2")
    assert sound.leads_back(Settings(), "127.0.0.1")
    assert sound.leads_back(Settings(public_url="https://nowhere.invalid"), "127.0.0.1")


def test_pages_without_a_microphone_are_named() -> None:
    assert_failed(web.microphone(Settings(public_url="http://live.example.org")), "Browsers give no microphone")
    assert web.microphone(Settings()).level is Verdict.OK


def test_a_certificate_is_judged_by_its_dates(tmp_path: Path) -> None:
    chain = open_authority(tmp_path, ["localhost"], NOW).server
    settings = Settings(tls_cert=chain, tls_key=chain)
    assert web.certificate(settings, NOW).level is Verdict.OK
    assert web.certificate(settings, NOW + timedelta(days=390)).level is Verdict.WARNING
    assert_failed(web.certificate(settings, NOW + timedelta(days=400)), "expired on")
    assert_failed(web.certificate(settings, NOW - timedelta(days=1)), "good only from")
    absent = Settings(tls_cert=tmp_path / "absent.pem", tls_key=tmp_path / "absent.pem")
    assert_failed(web.certificate(absent, NOW), "cannot be read")


def assert_failed(finding: Finding, sentence: str) -> None:
    assert finding.level is Verdict.FAILED
    assert sentence in finding.sentence
    assert finding.mend

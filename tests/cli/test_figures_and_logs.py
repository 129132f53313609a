"""What a server tells its operator: figures that the dashboard and the alarms name, and logs that hold no secret."""

import asyncio
import json
import os
import re
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
import yaml

from tests.running import eventually, free_port

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
NAME = re.compile(r"\b(?:voxhall|process)_[a-z_]+")


def names_asked_for() -> set[str]:
    dashboard = json.loads((DEPLOY / "grafana.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    alerts = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())
    asked += [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    return {name for text in asked for name in NAME.findall(text)}


@pytest.mark.timeout(120)
async def test_the_dashboard_asks_for_what_there_is_and_no_secret_is_told_to_anybody(tmp_path: Path) -> None:
    port, metrics_port = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
    canaries = {kind: f"canary{secrets.token_hex(8)}" for kind in ("password", "wrong", "sdp", "title", "query")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")}
    environment |= {
        "VOXHALL_DATA": str(tmp_path / "data"),
        "VOXHALL_PORT": str(port),
        "VOXHALL_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM, socket.SOCK_STREAM)),
        "VOXHALL_METRICS_PORT": str(metrics_port),
        "VOXHALL_TLS": "self",
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "voxhall", "serve", stdout=output, stderr=output, env=environment
        )
    try:
        metrics = f"http://127.0.0.1:{metrics_port}/metrics"
        await eventually(lambda: "voxhall_media_joins_total" in text_of(metrics), within_s=60)
        with httpx2.Client(base_url=f"https://localhost:{port}", verify=False, timeout=20) as http:
            refused = await_refusals(http, canaries)
        told = text_of(metrics)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
    named = {line.split("{")[0].split(" ")[0] for line in told.splitlines() if not line.startswith("#")}
    named |= {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE")}
    assert names_asked_for() - named == set()
    said = log.read_text()
    for kind, canary in canaries.items():
        assert canary not in said, f"the log tells the {kind}"
        assert canary not in told, f"the figures tell the {kind}"
    for answer in refused:
        assert answer.status_code >= 400
        assert answer.headers["x-request-id"].startswith("rq_")
        assert not any(canary in answer.text for canary in canaries.values())
    assert "127.0.0.1" not in "".join(line for line in said.splitlines() if line.startswith("{"))


def await_refusals(http: httpx2.Client, canaries: dict[str, str]) -> list[httpx2.Response]:
    """Everything that holds a secret and goes wrong."""
    person = {"handle": "ana", "display_name": "Ana", "password": canaries["password"]}
    assert http.post("/api/v1/users", json=person).status_code == 201
    token = http.post("/api/v1/me/tokens", json={"name": "tests"}).json()["token"]
    canaries["token"] = token
    canaries["session"] = next(iter(http.cookies.values()))
    space = http.post("/api/v1/spaces", json={"title": "Tea"}).json()
    http.post(f"/api/v1/spaces/{space['id']}/start")
    whip, sdp = f"/api/v1/spaces/{space['id']}/whip", {"content-type": "application/sdp"}
    bearer = {"authorization": f"Bearer {token}"}
    ask: list[Callable[[], httpx2.Response]] = [
        lambda: http.post("/api/v1/sessions", json={"handle": "ana", "password": canaries["wrong"]}),
        lambda: http.get("/api/v1/me", headers={"authorization": f"Bearer {canaries['wrong']}"}),
        lambda: http.post("/api/v1/users", json=person),
        lambda: http.post(
            "/api/v1/users", content=json.dumps(person)[:-3], headers={"content-type": "application/json"}
        ),
        lambda: http.post(whip, content=f"v=0\r\n{canaries['sdp']}", headers=bearer | sdp),
        lambda: http.post("/api/v1/spaces", json={"title": canaries["title"] * 100}),
        lambda: http.get(f"/api/v1/nothing?token={canaries['query']}"),
    ]
    return [one() for one in ask]


def text_of(url: str) -> str:
    try:
        return httpx2.get(url).text
    except httpx2.TransportError:
        return ""

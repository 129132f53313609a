"""The pages as Lighthouse sees them: accessibility and best practices of home, a live space and a replay, on a phone
and on a desk; and how much script each fetches.

The replay is a real one: a tone on stage, recorded. `python -m benchmarks.pages` prints JSON, and fails below the bar.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.report import ROOT, report
from tests.journeys.chromium import EXECUTABLE
from tests.journeys.npm import BIN, install
from tests.journeys.tone import tone_on_stage
from tests.running import RunningServer, eventually, running_server

LIGHTHOUSE = Path(__file__).parent / "lighthouse"
CATEGORIES = ("accessibility", "best-practices")
LEAST = 95
RECORDED_MS = 4_000
CHROMIUM_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic"


async def record(server: RunningServer, folder: Path) -> dict[str, Any]:
    """A space that is over, and can be played."""
    host = server.new_account("replay")
    space = server.open_space(host, title="Evening radio, once more", recording="on")
    address = f"/api/v1/spaces/{space['id']}"

    def recording() -> dict[str, Any]:
        found: dict[str, Any] = server.http.get(f"{address}/recording").json()
        return found

    async with tone_on_stage(server, host, space, folder):
        await eventually(lambda: recording().get("duration_ms", 0) > RECORDED_MS, 60)
    server.http.post(f"{address}/end", headers=host.headers).raise_for_status()
    await eventually(lambda: recording()["state"] == "finished", 30)
    return space


def audit(url: str, preset: str) -> dict[str, Any]:
    command = [str(BIN / "node"), str(LIGHTHOUSE / "node_modules" / "lighthouse" / "cli" / "index.js"), url]
    command += ["--quiet", "--output=json", f"--chrome-flags={CHROMIUM_FLAGS}"]
    command += [f"--only-categories={','.join(CATEGORIES)}", *(["--preset=desktop"] if preset == "desktop" else [])]
    environment = {**os.environ, "CHROME_PATH": EXECUTABLE}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=180)
    found = json.loads(answer.stdout)
    missed = sorted(
        name
        for name, one in found["audits"].items()
        if one["score"] is not None and one["score"] < 1 and one["scoreDisplayMode"] in {"binary", "numeric"}
    )
    scores = {name: round(found["categories"][name]["score"] * 100) for name in CATEGORIES}
    return {**scores, "missed": missed, "lighthouse": found["lighthouseVersion"]}


def script_bytes() -> str:
    answer = subprocess.run(
        [str(BIN / "node"), "scripts/size.mjs"], cwd=ROOT / "web", capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


async def main() -> int:
    install(LIGHTHOUSE)
    results: dict[str, Any] = {"script": script_bytes()}
    with tempfile.TemporaryDirectory() as name, running_server(Path(name)) as server:
        folder = Path(name)
        replay = await record(server, folder)
        host = server.new_account("live")
        live = server.open_space(host, title="Evening radio")
        paths = {"home": "/", "space": f"/spaces/{live['id']}", "replay": f"/spaces/{replay['id']}"}
        for page, path in paths.items():
            for preset in ("mobile", "desktop"):
                results[f"{page}, {preset}"] = await asyncio.to_thread(audit, f"{server.url}{path}", preset)
    print(json.dumps(report("pages", results)))
    scores = [one[name] for one in results.values() if isinstance(one, dict) for name in CATEGORIES]
    return 0 if min(scores) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

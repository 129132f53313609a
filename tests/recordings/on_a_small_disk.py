"""Run by test_full_disk.py in a world of mounts of its own: a whole server on a disk of 48 MiB that is filled up under
a recorded space with sound. Prints one line of JSON with what was seen.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import ItemsView
from pathlib import Path
from typing import Any

from tests.media.decoders import by_ffmpeg, by_libopus, lost_ms
from tests.recordings.deaths import Page, scene, until
from tests.running import RunningServer, running_server
from voxhall.kit.disk import disk_used_percent


class Ballast:
    def __init__(self, data: Path) -> None:
        self._data, self._file = data, data / "ballast"

    def fill(self, percent: float) -> None:
        with self._file.open("ab") as file:
            while disk_used_percent(self._data) < percent:
                file.write(b"\0" * 65_536)
                file.flush()

    def fill_to_the_last_byte(self) -> None:
        """In an instant: whoever finds the disk full and makes room for a note is to find that room."""
        with self._file.open("ab") as file:
            piece = shutil.disk_usage(self._data).free
            while piece >= 4096:
                try:
                    os.posix_fallocate(file.fileno(), self._file.stat().st_size, piece)
                except OSError:
                    piece //= 2

    def remove(self) -> None:
        self._file.unlink()


def told(page: Page, type_: str, **data: Any) -> float | None:
    """When the page was told so last."""
    fitting = (at_s for at_s, one in reversed(page.messages) if one["type"] == type_ and data.items() <= flat(one))
    return next(fitting, None)


def flat(message: dict[str, Any]) -> ItemsView[str, Any]:
    data: dict[str, Any] = message.get("data", {})
    return (message | data).items()


async def fill_up(server: RunningServer) -> dict[str, Any]:
    ballast = Ballast(server.data)
    seen: dict[str, Any] = {}
    async with scene(server, "disk") as here:
        begun_s = time.monotonic()
        ballast.fill(92)
        seen["low_after_s"] = await until(lambda: told(here.page, "disk", state="low")) - begun_s
        seen["readyz_low"] = server.http.get("/readyz").json()
        ballast.fill(98)
        await until(lambda: told(here.page, "disk", state="full"))
        other = server.open_space(here.host)
        refused = server.http.post(f"/api/v1/spaces/{other['id']}/recording/start", headers=here.host.headers)
        seen["refused"] = [refused.status_code, refused.json()]
        # A space that is to be recorded from its first moment opens all the same, and says why it is not.
        wanted = server.open_space(here.host, recording="on")
        await until(lambda: server.space(wanted["id"])["recording_problem"] == "disk_full")
        seen["readyz_full"] = server.http.get("/readyz").json()
        assert here.recording()["state"] == "recording", "what is under way goes on"

        full_s = time.monotonic()
        ballast.fill_to_the_last_byte()
        halted_s = await until(lambda: told(here.page, "event", recording="paused", reason="disk_full"))
        seen["halted_after_s"] = halted_s - full_s
        await here.ear.hears(time.monotonic() + 1.0)
        seen["missing_packets"] = here.ear.missing_packets()
        seen["lives"] = len({one.life for one in here.ear.heard})
        first = [one.packet.payload for one in here.ear.loud() if one.at_s < full_s]
        mix = here.tape / "mix.0001.ogg"
        seen["lost_ms"] = lost_ms(mix, first)
        seen["decoded"] = [len(by_ffmpeg(mix)), len(by_libopus(mix))]

        free_s = time.monotonic()
        ballast.remove()
        on_s = await until(lambda: told(here.page, "event", recording="on", reason=None))
        seen["on_again_after_s"] = on_s - free_s
        await here.ear.hears(time.monotonic() + 1.0)
        finished = await here.finished()
        seen["gaps"] = finished["gaps"]
        seen["duration_ms"] = finished["duration_ms"]
        seen["sound"] = len(here.sound(finished["audio"]["ogg"]))
    return seen


def main(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(data)], check=True)
    with running_server(folder, settings={"VOXHALL_FREE_DISK_BYTES": "0"}) as server:
        seen = asyncio.run(fill_up(server))
        seen["tracebacks"] = server.tracebacks()
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

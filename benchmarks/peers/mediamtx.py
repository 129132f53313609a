"""MediaMTX: one path, WHIP in and WHEP out, nothing else switched on."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.builds import BIN
from benchmarks.peers.contest import Entry, Rival, Scene
from benchmarks.peers.processes import SERVER_CORE, answers, running, wait_until
from tests.running import free_port

SETTINGS = """
logLevel: warn
rtsp: no
rtmp: no
hls: no
srt: no
webrtc: yes
webrtcAddress: 127.0.0.1:{http}
webrtcLocalUDPAddress: 127.0.0.1:{udp}
webrtcIPsFromInterfaces: no
webrtcAdditionalHosts: [127.0.0.1]
paths:
  stage:
"""


@contextmanager
def started(scene: Scene, folder: Path) -> Iterator[Rival]:
    http, udp = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    settings, log = folder / "mediamtx.yml", folder / "mediamtx.log"
    settings.write_text(SETTINGS.format(http=http, udp=udp))
    # Go runs as many threads at once as it sees cores; it is given one.
    environment = {"GOMAXPROCS": "1", "PATH": os.environ["PATH"]}
    with running([str(BIN / "mediamtx"), str(settings)], log, SERVER_CORE, environment) as server:
        wait_until(lambda: answers(http), server, log)
        yield Rival(f"http://127.0.0.1:{http}/stage", [server.pid], ["nobody asks"] * scene.speakers)


ENTRIES = [Entry("MediaMTX", "one mix", started)]

"""Janus from Debian: a Streaming mountpoint that is fed by RTP; AudioBridge, which mixes and encodes for each listener.

It offers no loopback address, so it has a network of its own, with the crowd in it; packets to an address of one's own
go over the loopback interface there as everywhere.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.peers.bridge.janus import ADDRESS, PAYLOAD_TYPE, ROOM, STREAM, STREAM_PORT
from benchmarks.peers.contest import Entry, Rival, Scene
from benchmarks.peers.processes import OTHER_CORE, SERVER_CORE, bridge_command, running, wait_until
from tests.journeys.speech import RECORDINGS

NETWORK = "voxhall-peers"
INSIDE = ("ip", "netns", "exec", NETWORK)
# Its own network: nobody else has these ports there.
DOOR_PORT, API_PORT = 8500, 8188
PLUGINS = Path("/usr/lib/x86_64-linux-gnu/janus")
# Threads that carry all handles, in place of one for each. There is one core.
EVENT_LOOPS = 1
# Speech, because what an encoder takes for it is more than for tones.
SPEECH = RECORDINGS / "beckett.wav"

SETTINGS = {
    "janus": """
general: {{ debug_level = 2; session_timeout = 0; {loops} }}
nat: {{ ice_lite = true; ice_enforce_list = "{address}"; nice_debug = false; }}
media: {{ rtp_port_range = "20000-40000"; }}
plugins: {{ disable = "{plugins}"; }}
transports: {{ disable = "{transports}"; }}
""",
    "janus.transport.websockets": 'general: {{ json = "compact"; ws = true; ws_port = {api}; }}',
    "janus.plugin.streaming": """
mix: {{
  type = "rtp"; id = {stream};
  media = ( {{ type = "audio"; mid = "a"; port = {port}; pt = {payload_type}; codec = "opus"; }} )
}}
""",
    "janus.plugin.audiobridge": """
general: {{ local_ip = "{address}"; }}
room-{room}: {{ sampling_rate = 48000; allow_rtp_participants = true; record = false; }}
""",
}


def write_settings(folder: Path, plugin: str, has_loops: bool) -> None:
    """One file for each part of it that is used; the other parts are named as not to be loaded."""

    def others(kind: str, used: str) -> str:
        return ",".join(sorted(path.name for path in (PLUGINS / kind).glob("*.so") if used not in path.name))

    for name, text in SETTINGS.items():
        written = text.format(
            loops=f"event_loops = {EVENT_LOOPS};" if has_loops else "",
            address=ADDRESS,
            plugins=others("plugins", plugin),
            transports=others("transports", "websockets"),
            api=API_PORT,
            stream=STREAM,
            port=STREAM_PORT,
            payload_type=PAYLOAD_TYPE,
            room=ROOM,
        )
        (folder / f"{name}.jcfg").write_text(written)


@contextmanager
def network() -> Iterator[None]:
    def run(*command: str, inside: bool = True) -> None:
        subprocess.run([*(("ip", "-n", NETWORK) if inside else ("ip",)), *command], check=True)

    # Whoever was killed in the middle has left one.
    subprocess.run(["ip", "netns", "delete", NETWORK], capture_output=True, check=False)
    run("netns", "add", NETWORK, inside=False)
    try:
        run("link", "add", "one", "type", "veth", "peer", "name", "other")
        run("address", "add", f"{ADDRESS}/24", "dev", "one")
        for interface in ("lo", "one", "other"):
            run("link", "set", interface, "up")
        yield
    finally:
        run("netns", "delete", NETWORK, inside=False)


@contextmanager
def started(_: Scene, folder: Path, plugin: str, has_loops: bool) -> Iterator[Rival]:
    write_settings(folder, plugin, has_loops)
    logs = folder / "janus.log", folder / "bridge.log"
    server_command = [*INSIDE, "janus", "--configs-folder", str(folder), "--interface", ADDRESS]
    bridge = [*INSIDE, *bridge_command(DOOR_PORT, "janus", str(API_PORT), plugin, str(SPEECH))]
    with (
        network(),
        running(server_command, logs[0], SERVER_CORE) as server,
        running(bridge, logs[1], OTHER_CORE) as door,
    ):
        # The door opens once Janus is up.
        wait_until(lambda: b"Uvicorn running" in logs[1].read_bytes(), door, logs[1])
        yield Rival(f"http://127.0.0.1:{DOOR_PORT}", [server.pid], [], INSIDE)


def entry(rival: str, plugin: str, has_loops: bool, share: float) -> Entry:
    start = partial(started, plugin=plugin, has_loops=has_loops)
    return Entry(rival, "one mix", start, share=share)


ENTRIES = [
    entry("Janus Streaming", "streaming", has_loops=False, share=1.0),
    entry("Janus Streaming, event loop", "streaming", has_loops=True, share=1.0),
    # It encodes for each: a core carries thirty.
    entry("Janus AudioBridge", "audiobridge", has_loops=False, share=0.24),
    entry("Janus AudioBridge, event loop", "audiobridge", has_loops=True, share=0.24),
]

"""LiveKit: ICE-lite, one UDP port, loopback allowed; writes one by one or in batches. Listeners join by WebSocket."""

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.peers.bridge.livekit import STAGE, token
from benchmarks.peers.builds import BIN
from benchmarks.peers.contest import Entry, Rival, Scene
from benchmarks.peers.processes import OTHER_CORE, SERVER_CORE, answers, bridge_command, running, wait_until
from tests.running import free_port

KEY = "bench"
# As in its config-sample.yaml.
BATCHED = {"batch_size": 128, "max_flush_interval": "2ms"}


def settings(http: int, udp: int, secret: str, is_batched: bool) -> str:
    """JSON, which is YAML."""
    rtc = {
        "udp_port": udp,
        "use_ice_lite": True,
        "enable_loopback_candidate": True,
        "node_ip": "127.0.0.1",
        "interfaces": {"includes": ["lo"]},
        **({"batch_io": BATCHED} if is_batched else {}),
    }
    wanted = {
        "port": http,
        "bind_addresses": ["127.0.0.1"],
        "rtc": rtc,
        "keys": {KEY: secret},
        "logging": {"level": "error"},
    }
    return json.dumps(wanted)


@contextmanager
def started(scene: Scene, folder: Path, is_batched: bool) -> Iterator[Rival]:
    http, door, udp = (free_port(kind) for kind in (socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM))
    secret = secrets.token_hex(32)
    (folder / "livekit.yaml").write_text(settings(http, udp, secret, is_batched))
    logs = folder / "livekit.log", folder / "bridge.log"
    server_command = [str(BIN / "livekit-server"), "--config", str(folder / "livekit.yaml")]
    bridge_to_it = bridge_command(door, "livekit", str(http), KEY, secret)
    with running(server_command, logs[0], SERVER_CORE, {"GOMAXPROCS": "1"}) as server:
        wait_until(lambda: answers(http), server, logs[0])
        with running(bridge_to_it, logs[1], OTHER_CORE) as bridge:
            wait_until(lambda: answers(door), bridge, logs[1])
            tokens = [token(KEY, secret, f"speaker{number}", STAGE, publishes=True) for number in range(scene.speakers)]
            yield Rival(f"http://127.0.0.1:{door}", [server.pid], tokens)


def entries(rival: str, is_batched: bool) -> list[Entry]:
    start = partial(started, is_batched=is_batched)
    shares = {"one of three": 1.0, "three of ten": 1.0, "all of ten": 0.6, "one mix": 1.0}
    return [Entry(rival, scene, start, forwards=True, share=share) for scene, share in shares.items()]


ENTRIES = entries("LiveKit", is_batched=False) + entries("LiveKit, batched", is_batched=True)

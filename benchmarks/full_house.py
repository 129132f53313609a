"""As many listeners as two cores carry: does the node keep its ticks, and does everybody get every packet?

A probe of the loopback stands first, because what the kernel cannot carry nobody can send. Then a real server that
chooses the size of packets by itself, three speakers who never pause, and real WebRTC listeners on the same machine.
`python -m benchmarks.full_house [LISTENERS [SECONDS [JOINS_PER_S]]]` prints JSON.
"""

import json
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.listeners import SPEAKERS, Usage, figures, floor, process_of, run, space_address, tool, usages
from benchmarks.node_figures import FIGURES_AGE_S, node_figures, ns_per_packet
from benchmarks.report import report
from tests.running import RunningServer, free_port, running_server

LISTENERS = 10_000
SECONDS = 60
# Joining costs as much as a few seconds of listening; faster, and it is the joins that are measured.
JOINS_PER_S = 100
PROBE_S = 5
NODE_FIGURES = (
    "ticks_total",
    "late_ticks_total",
    "unsent_full_total",
    "unsent_refused_total",
    "joins_refused_total",
    "now_frame_ms",
    "now_busy_percent",
    "now_listeners",
    "now_headroom_percent",
)


def measure(server: RunningServer, metrics: httpx2.Client, plan: dict[str, Any]) -> dict[str, Any]:
    people = [server.new_account(f"speaker{number}") for number in range(SPEAKERS)]
    space = server.open_space(people[0])
    pids = {role: process_of(server, role) for role in ("media", "control")}
    classes: list[dict[str, float]] = []

    def look() -> dict[str, Usage]:
        classes.append(node_figures(metrics))
        return usages(pids)

    # A server that has just begun has none of its node yet, and ten minutes are long for finding that out.
    time.sleep(FIGURES_AGE_S)
    wanted = {**plan, "space": space_address(server, space), "tokens": [person.token for person in people]}
    found = figures(*run(tool("voxhall-swarm", "voxhall-swarm"), wanted, look))
    time.sleep(FIGURES_AGE_S)
    (before, started, ended), after = classes, node_figures(metrics)
    ticks = after["ticks_total"] - before["ticks_total"]
    late = after["late_ticks_total"] - before["late_ticks_total"]
    return {
        **found,
        "late_ticks": late,
        "late_ticks_percent": round(100 * late / ticks, 3),
        "ns_per_packet": ns_per_packet(before, after),
        "node": [{name: moment[name] for name in NODE_FIGURES} for moment in (started, ended)],
    }


def main() -> None:
    arguments = [int(argument) for argument in sys.argv[1:4]]
    listeners, seconds, joins_per_s = [*arguments, *(LISTENERS, SECONDS, JOINS_PER_S)[len(arguments) :]]
    probe = floor(listeners, PROBE_S)
    print(json.dumps({"probe": probe}), file=sys.stderr, flush=True)
    port = free_port(socket.SOCK_STREAM)
    settings = {"VOXHALL_MEDIA_MAX_PEERS": str(listeners + 10 * SPEAKERS)}
    plan = {"listeners": listeners, "seconds": seconds, "joins_per_s": joins_per_s}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder), settings=settings, metrics_port=port) as server,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as metrics,
    ):
        results = measure(server, metrics, plan)
    print(json.dumps(report("full_house", {"probe": probe, **results})))


if __name__ == "__main__":
    main()

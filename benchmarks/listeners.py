"""What listeners cost: the media node's CPU and memory, how long joins take, what is lost.

A few listeners first and then many, so that one more has a price of its own; beside it the floor, which is what the
kernel takes for the same packets with nothing of ours around them. A real server, three speakers who never pause, real
WebRTC listeners from `voxhall-swarm` on the same machine, which share its cores with what is measured: CPU time is
reported, never throughput. Three rounds, each with a server of its own. Run it alone. `python -m benchmarks.listeners
[LISTENERS [SECONDS [FRAME_MS]]]` prints JSON; packets carry FRAME_MS of sound whatever the load, because what is
compared has to be the same. With another size than 20 ms both are measured, by turns, and what that saves is a ratio.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.node_figures import FIGURES_AGE_S, node_figures, ns_per_packet
from benchmarks.peers.figures import spread
from benchmarks.report import ROOT, report
from tests.running import RunningServer, free_port, running_server

# Of the listeners in the run with many, so many are in the run with few.
FEW_SHARE = 0.3
LISTENERS = 100
SECONDS = 20
# From one minute to the next this differs by a fifth: one round says little, and five take long.
ROUNDS = 3
FRAME_MS = 20
SPEAKERS = 3
JOINS_PER_S = 50
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Joining, ten seconds of waiting for stragglers and leaving are on top of the measured time.
SLACK_S = 60


@dataclass(frozen=True)
class Usage:
    """What one process has used since it began, and holds now."""

    user_s: float
    system_s: float
    resident_kb: int

    @classmethod
    def of(cls, pid: int) -> "Usage":
        # The name in brackets may hold spaces; user and system time are the 14th and 15th field of all.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
        return cls(int(fields[11]) / TICKS_PER_S, int(fields[12]) / TICKS_PER_S, resident)

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.system_s


def process_of(server: RunningServer, role: str) -> int:
    """The pid of the child with this role, of this server and no other on the machine."""
    wanted = (f"--role\0{role}\0", f"\0{server.data}\0")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if all(part in command for part in wanted):
            return int(folder.name)
    raise SystemExit(f"The server has no process with the role {role}.")


@cache
def tool(name: str, package: str) -> Path:
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet", "--package", package], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / name


def floor(listeners: int, seconds: int) -> dict[str, Any]:
    """What the kernel takes for as many packets."""
    command = [str(tool("voxhall-floor", "voxhall-node")), str(listeners), str(seconds)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return answer


def run(
    program: Path, plan: dict[str, Any], look: Callable[[], Any], inside: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The swarm's own report, and what `look` saw before it, and at each moment that it names: when its measured time
    `started` and `ended`, and others. `inside` stands before its command.
    """
    seen = {"before": look()}
    with subprocess.Popen([*inside, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(plan))
        process.stdin.close()
        found: dict[str, Any] = {}
        for line in process.stdout:
            found = json.loads(line)
            if moment := found.get("measuring"):
                seen[moment] = look()
        if process.wait(SLACK_S) != 0:
            raise SystemExit("The swarm failed; its sentence stands above.")
    return found, seen


def usages(pids: dict[str, int]) -> dict[str, Usage]:
    return {name: Usage.of(pid) for name, pid in pids.items()}


def space_address(server: RunningServer, space: dict[str, Any]) -> str:
    """By number: what is measured is the server, not the resolver."""
    return f"{server.url.replace('localhost', '127.0.0.1')}/api/v1/spaces/{space['id']}"


def figures(found: dict[str, Any], seen: dict[str, dict[str, Usage]]) -> dict[str, Any]:
    before, started, ended = (seen[moment] for moment in ("before", "started", "ended"))
    listener_s = found["listeners"] * found["seconds"]
    cpu_s = {name: ended[name].cpu_s - started[name].cpu_s for name in ended}
    return {
        "node_cpu_s": round(cpu_s["media"], 2),
        "node_us_per_listener_s": round(cpu_s["media"] / listener_s * 1e6, 1),
        "node_core_percent": round(cpu_s["media"] / found["seconds"] * 100, 2),
        "node_resident_kb": ended["media"].resident_kb,
        "control_core_percent": round(cpu_s["control"] / found["seconds"] * 100, 2),
        "join_cpu_ms": {
            name: round((started[name].cpu_s - at.cpu_s) / found["listeners"] * 1000, 2) for name, at in before.items()
        },
        "swarm": found,
    }


def one_more(few: dict[str, Any], many: dict[str, Any]) -> dict[str, float]:
    """The price of one more listener, and what the space costs without any."""

    def cpu_us_per_s(one: dict[str, Any]) -> float:
        return float(one["node_us_per_listener_s"]) * float(one["swarm"]["listeners"])

    count = many["swarm"]["listeners"] - few["swarm"]["listeners"]
    slope = (cpu_us_per_s(many) - cpu_us_per_s(few)) / count
    return {
        "node_us_per_s": round(slope, 1),
        "node_kb": round((many["node_resident_kb"] - few["node_resident_kb"]) / count, 1),
        "space_us_per_s": round(cpu_us_per_s(few) - slope * few["swarm"]["listeners"], 1),
    }


def measure(
    server: RunningServer, metrics: httpx2.Client, listeners: int, seconds: int, frame_ms: int
) -> dict[str, Any]:
    people = [server.new_account(f"speaker{number}") for number in range(SPEAKERS)]
    space = server.open_space(people[0])
    pids = {role: process_of(server, role) for role in ("media", "control")}
    program = tool("voxhall-swarm", "voxhall-swarm")

    def with_listeners(count: int) -> dict[str, Any]:
        plan = {
            "space": space_address(server, space),
            "tokens": [person.token for person in people],
            "seconds": seconds,
            "joins_per_s": JOINS_PER_S,
            "listeners": count,
        }
        return figures(*run(program, plan, lambda: usages(pids)))

    few = with_listeners(max(1, int(listeners * FEW_SHARE)))
    # The machine is never the same for long: the floor stands on both sides of what it is compared with. The seats of
    # the first run are given up meanwhile, and the node's figures are those after it.
    time.sleep(FIGURES_AGE_S)
    before, told = floor(listeners, seconds), node_figures(metrics)
    many = with_listeners(listeners)
    floors = [before, floor(listeners, seconds)]
    time.sleep(FIGURES_AGE_S)
    # The floor's packets are those of 20 ms; of larger ones there are as many fewer.
    packets = FRAME_MS / frame_ms
    floor_us = packets * sum(one["batched_us_per_listener_s"] for one in floors) / len(floors)
    more, one_packet, crowd = one_more(few, many), ns_per_packet(told, node_figures(metrics)), many["swarm"]
    return {
        **{f"one_more_{name}": value for name, value in more.items()},
        "floor_us_per_s": round(floor_us, 1),
        "one_more_over_floor": round(more["node_us_per_s"] / floor_us, 2),
        "batched_over_one_by_one": round(sum(one["batched_over_one_by_one"] for one in floors) / len(floors), 3),
        "own_ns_per_packet": one_packet["own"],
        "kernel_ns_per_packet": one_packet["kernel"],
        "join_first_packet_ms_p50": crowd["join_first_packet_ms"]["p50"],
        "join_first_packet_ms_p99": crowd["join_first_packet_ms"]["p99"],
        "packets_received": crowd["packets_received"],
        "packets_lost": crowd["packets_lost"],
    }


def of_class(listeners: int, seconds: int, frame_ms: int) -> dict[str, Any]:
    settings = {"VOXHALL_MEDIA_FRAME_MS": str(frame_ms)}
    port = free_port(socket.SOCK_STREAM)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder), settings=settings, metrics_port=port) as server,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as metrics,
    ):
        return measure(server, metrics, listeners, seconds, frame_ms)


def in_common(rounds: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Lowest, median and highest of each figure."""
    return {name: spread([one[name] for one in rounds], 2) for name in rounds[0]}


def main() -> None:
    arguments = [int(argument) for argument in sys.argv[1:4]]
    listeners, seconds, frame_ms = [*arguments, *(LISTENERS, SECONDS, FRAME_MS)[len(arguments) :]]
    sizes = sorted({FRAME_MS, frame_ms})
    by_turns = [{size: of_class(listeners, seconds, size) for size in sizes} for _ in range(ROUNDS)]
    results: dict[str, Any] = {"listeners": listeners, "seconds": seconds, "rounds": ROUNDS}
    for size in sizes:
        results[f"frames_of_{size}_ms"] = in_common([turn[size] for turn in by_turns])
    if frame_ms != FRAME_MS:
        prices = [{size: turn[size]["one_more_node_us_per_s"] for size in sizes} for turn in by_turns]
        results["one_more_over_that_of_20_ms"] = spread([one[frame_ms] / one[FRAME_MS] for one in prices], 2)
    print(json.dumps(report("listeners", results)))


if __name__ == "__main__":
    main()

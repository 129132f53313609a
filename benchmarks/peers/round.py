"""One entry in one round: its server starts, a few listen, then many, and it ends."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.listeners import run, tool
from benchmarks.peers.contest import SCENES, Entry
from benchmarks.peers.figures import (
    GENERATOR_IS_FULL,
    MOST_LOST_PERCENT,
    SERVER_IS_FULL,
    Window,
    cpu_ms_a_join,
    one_more,
)
from benchmarks.peers.processes import OTHER_CORE, look, on_core

# Of the listeners in the second half so many are there in the first.
FEW_SHARE = 0.3
# MediaMTX has no stream, and LiveKit no track, until the first packets are there.
HEAD_START_S = 1
# As libwebrtc has it. Janus drops the first flight where it comes before ICE is through on its side.
DTLS_REPETITION_MS = 50


@dataclass(frozen=True)
class Windows:
    few: Window
    # The others come.
    joining: Window
    many: Window


def counts(entry: Entry, listeners: int) -> tuple[int, int]:
    many = max(2, round(listeners * entry.share))
    return max(1, round(many * FEW_SHARE)), many


def play(entry: Entry, listeners: int, seconds: int) -> dict[str, Any]:
    """The figures of one entry, and under `unusable` why they are none."""
    scene = SCENES[entry.scene]
    few, many = counts(entry, listeners)
    program = tool("voxhall-swarm", "voxhall-swarm")
    with tempfile.TemporaryDirectory() as folder, entry.start(scene, Path(folder)) as rival:
        plan = {
            "space": rival.address,
            "listeners": many,
            "first": few,
            "voices": entry.voices,
            "tokens": list(rival.tokens),
            "talking": scene.talking,
            "others_speak": not rival.tokens,
            "head_start_s": HEAD_START_S,
            "seconds": seconds,
            "joins_per_s": entry.joins_per_s,
            "dtls_repetition_ms": DTLS_REPETITION_MS,
        }
        with on_core(OTHER_CORE):
            crowd, seen = run(program, plan, lambda: look(rival.pids), rival.inside)
    windows = Windows(
        Window(seen["first_started"], seen["first_ended"]),
        Window(seen["first_ended"], seen["started"]),
        Window(seen["started"], seen["ended"]),
    )
    return figures(entry, crowd, windows, few, many)


def figures(entry: Entry, crowd: dict[str, Any], windows: Windows, few: int, many: int) -> dict[str, Any]:
    price = one_more(windows.few, windows.many, many - few)
    generator = (crowd["swarm_cpu_user_s"] + crowd["swarm_cpu_system_s"]) / crowd["seconds"]
    first_packet_ms = crowd["join_first_packet_ms"] or {}
    listener_s = crowd["listeners"] * crowd["seconds"]
    return {
        "cpu_us_per_s": price.cpu_us_per_s,
        "user_percent": windows.many.user_share * 100,
        "memory_kb": price.resident_kb,
        "scene_us_per_s": windows.few.cores * 1e6 - price.cpu_us_per_s * few,
        "join_cpu_ms": cpu_ms_a_join(windows.few, windows.joining, price, many - few, entry.joins_per_s),
        "join_p50_ms": first_packet_ms.get("p50"),
        "join_p99_ms": first_packet_ms.get("p99"),
        "loss_percent": crowd["loss_percent"],
        "packets_per_s": crowd["packets_per_listener_s"],
        "reports_per_s": crowd["reports_sent"] / listener_s,
        "feedback_per_s": crowd["arrival_feedback_sent"] / listener_s,
        "asked_again_per_s": crowd["packets_asked_again"] / listener_s,
        "generator_cores": generator,
        "server_cores": windows.many.cores,
        "unusable": unusable(crowd, generator, windows.many.cores),
    }


def unusable(crowd: dict[str, Any], generator_cores: float, server_cores: float) -> str | None:
    if crowd["heard"] < crowd["listeners"]:
        return f"{crowd['listeners'] - crowd['heard']} heard nothing: {crowd['failures']}"
    if generator_cores > GENERATOR_IS_FULL:
        return "the generator was full"
    if server_cores > SERVER_IS_FULL:
        return "the server was full"
    return "more than a hundredth was lost" if crowd["loss_percent"] > MOST_LOST_PERCENT else None

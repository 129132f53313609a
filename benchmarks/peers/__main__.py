"""What one more listener, and a join, cost Voxhall and others, in one run by turns: A, B, A, B, …

`python -m benchmarks.peers [NAME…] [--listeners N] [--seconds S] [--rounds R] [--keep]`: all, or those whose names
begin so ("livekit, batched: all of ten"). Prints JSON; `--keep` also writes it to `benchmarks/results/peers.json`.
Wants root for Janus, two cores with nothing else on them, and what `scripts/build-peers` has built.
"""

import argparse
import json
import sys
import traceback
from typing import Any

from benchmarks.listeners import floor
from benchmarks.peers import janus, livekit, mediamtx, voxhall
from benchmarks.peers.builds import versions
from benchmarks.peers.contest import Entry
from benchmarks.peers.figures import spread
from benchmarks.peers.processes import SERVER_CORE, on_core
from benchmarks.peers.round import counts, play
from benchmarks.report import ROOT, report

ENTRIES = [*voxhall.ENTRIES, *mediamtx.ENTRIES, *janus.ENTRIES, *livekit.ENTRIES]
RESULT = ROOT / "benchmarks" / "results" / "peers.json"
# Of each figure, how many digits behind the point are kept.
FIGURES = {
    "cpu_us_per_s": 0,
    "user_percent": 0,
    "memory_kb": 0,
    "scene_us_per_s": 0,
    "packets_per_s": 1,
    "loss_percent": 3,
    "reports_per_s": 2,
    "feedback_per_s": 2,
    "asked_again_per_s": 2,
    "join_cpu_ms": 1,
    "join_p50_ms": 0,
    "join_p99_ms": 0,
    "server_cores": 2,
    "generator_cores": 2,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-peers")
    parser.add_argument("names", nargs="*", help="rivals whose names begin so; all without any")
    parser.add_argument("--listeners", type=int, default=100, help="in the second half; 30 %% of them in the first")
    parser.add_argument("--seconds", type=int, default=4, help="of each half")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help=f"write the result to {RESULT.relative_to(ROOT)}")
    return parser.parse_args()


def chosen(names: list[str]) -> list[Entry]:
    wanted = tuple(name.lower() for name in names) or ("",)
    return [entry for entry in ENTRIES if entry.name.lower().startswith(wanted)]


def one(entry: Entry, listeners: int, seconds: int) -> dict[str, Any]:
    """A rival that fails costs its own figures and not those of the others."""
    try:
        return play(entry, listeners, seconds)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's server does
        traceback.print_exc()
        return {"unusable": f"{type(error).__name__}: {error}"[-500:]}


def together(entry: Entry, rounds: list[dict[str, Any]], listeners: int) -> dict[str, Any]:
    """Lowest, median and highest of the rounds that count; why others do not."""
    good = [one for one in rounds if one["unusable"] is None]
    few, many = counts(entry, listeners)
    found: dict[str, Any] = {"server": entry.rival, "scene": entry.scene}
    found |= {"listeners": f"{few} to {many}", "joins_per_s": entry.joins_per_s, "rounds": len(good)}
    for name in FIGURES if good else ():
        found[name] = spread([one[name] for one in good], FIGURES[name])
    found["left_out"] = sorted({one["unusable"] for one in rounds if one["unusable"]}) or None
    return found


def tables(entries: list[dict[str, Any]], floor_us: float) -> dict[str, list[dict[str, Any]]]:
    """By question, and a line for each entry."""
    who = ("server", "scene")

    def table(*columns: str) -> list[dict[str, Any]]:
        return [{name: entry[name] for name in (*who, *columns) if name in entry} for entry in entries]

    for entry in entries:
        if "cpu_us_per_s" in entry:
            entry["times_floor"] = round(entry["cpu_us_per_s"][1] / floor_us, 2)
    listening = ("cpu_us_per_s", "times_floor", "user_percent", "memory_kb", "scene_us_per_s", "packets_per_s")
    return {
        "one_more_listener": table("listeners", *listening, "loss_percent"),
        "a_join": table("joins_per_s", "join_cpu_ms", "join_p50_ms", "join_p99_ms"),
        "what_a_listener_sent_back": table("reports_per_s", "feedback_per_s", "asked_again_per_s"),
        "how_it_was_measured": table("rounds", "server_cores", "generator_cores", "left_out"),
    }


def main() -> None:
    asked = arguments()
    entries = chosen(asked.names)
    floors: list[float] = []
    rounds: dict[str, list[dict[str, Any]]] = {entry.name: [] for entry in entries}
    for number in range(asked.rounds):
        with on_core(SERVER_CORE):
            floors.append(floor(asked.listeners, asked.seconds)["batched_us_per_listener_s"])
        for entry in entries:
            found = one(entry, asked.listeners, asked.seconds)
            rounds[entry.name].append(found)
            print(json.dumps({"round": number + 1, "entry": entry.name, **found}), file=sys.stderr, flush=True)
    floor_us = spread(floors)
    results = {
        "three_figures_are": "lowest, median and highest of the rounds",
        "seconds": asked.seconds,
        "versions": versions(),
        "floor_us": floor_us,
        **tables([together(entry, rounds[entry.name], asked.listeners) for entry in entries], floor_us[1]),
    }
    text = json.dumps(report("peers", results))
    if asked.keep:
        RESULT.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()

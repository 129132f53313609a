"""What a crowd does to a server all at once, and what a join costs it: a thousand join in ten seconds, two hundred in
two, three thousand in five where a thousand have room; a thousand lose their network for ten seconds, or load their
pages again.

A real server for each, three speakers who never pause, real WebRTC listeners on the same machine.
`python -m benchmarks.storms [STORM…]` prints JSON: all storms, or those that are named.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.listeners import SPEAKERS, Usage, process_of, run, space_address, tool, usages
from benchmarks.report import report
from tests.running import RunningServer, running_server

# After so long nobody may be counted who is not there.
GHOSTS_AFTER_S = 20
ROOM = 1_000
STORMS: dict[str, dict[str, Any]] = {
    # Nobody speaks, so that what is used is used for joining: from the first request until all are connected.
    "what_joining_costs": {"listeners": 500, "joins_per_s": 100, "seconds": 1},
    # Not a multiple of 20 ms lies between two of them: otherwise all would come at the same moment before a frame.
    "alone": {"listeners": 50, "joins_per_s": 7, "seconds": 1},
    "two_hundred_in_two_seconds": {"listeners": 200, "joins_per_s": 100, "seconds": 2},
    "a_thousand_in_ten_seconds": {"listeners": 1_000, "joins_per_s": 100, "seconds": 5},
    "three_thousand_where_a_thousand_have_room": {"listeners": 3_000, "joins_per_s": 600, "seconds": 10},
    "a_thousand_cut_for_ten_seconds": {"listeners": 1_000, "joins_per_s": 100, "seconds": 5, "cut_s": 10},
    "a_thousand_that_load_the_page_again": {"listeners": 1_000, "joins_per_s": 150, "seconds": 5, "rejoin": True},
}


def storm(server: RunningServer, plan: dict[str, Any]) -> dict[str, Any]:
    people = [server.new_account(f"speaker{number}") for number in range(SPEAKERS)]
    speakers = [] if plan is STORMS["what_joining_costs"] else people
    space = server.open_space(people[0])
    pids = {role: process_of(server, role) for role in ("media", "control")}
    wanted = {**plan, "space": space_address(server, space), "tokens": [one.token for one in speakers]}

    def look() -> dict[str, Usage]:
        return usages(pids)

    found, seen = run(tool("voxhall-swarm", "voxhall-swarm"), wanted, look)
    joined_ms = {
        name: round((seen["started"][name].cpu_s - used.cpu_s) / plan["listeners"] * 1000, 2)
        for name, used in seen["before"].items()
    }
    time.sleep(GHOSTS_AFTER_S)
    ghosts = server.space(space["id"])["listener_count"]
    return {"cpu_ms_of_each_who_asked": joined_ms, "ghosts": ghosts, "swarm": found}


def main() -> None:
    results = {}
    for name in sys.argv[1:] or STORMS:
        settings = {"VOXHALL_MEDIA_MAX_PEERS": str(ROOM + SPEAKERS)} if "have_room" in name else {}
        with tempfile.TemporaryDirectory() as folder, running_server(Path(folder), settings=settings) as server:
            results[name] = storm(server, STORMS[name])
        print(json.dumps({name: results[name]}), file=sys.stderr, flush=True)
    print(json.dumps(report("storms", results)))


if __name__ == "__main__":
    main()

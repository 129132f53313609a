"""Those who mean harm, at full size, with somebody speaking and somebody listening meanwhile: a million forged packets,
ten thousand false hellos a second while two hundred join, ten thousand handshakes that nobody finishes, a speaker who
sends ten thousand packets a second that are no Opus, a panic in one peer's handler. What a listener noticed of each.

The tests of `make test` at another size, in their profile (dependencies optimised, our own code hardly).
`python -m benchmarks.hostile` prints JSON; a test that fails ends it.
"""

import json
import resource
from typing import Any

from benchmarks.report import report
from benchmarks.tape import said_by

SIZES = {
    "VOXHALL_QUIET_PACKETS": "1000",
    "VOXHALL_FLOOD_PACKETS": "1000000",
    "VOXHALL_RACE_JOINS": "200",
    "VOXHALL_HALF_OPEN": "10000",
}
# A socket for each of the ten thousand, and some for everybody else.
FILES = 12_000
MARK = "hostile: "


def figures(test: str) -> dict[str, Any]:
    cargo = ["cargo", "test", "--workspace", "--locked", "--quiet", "--test", test, "--", "--nocapture"]
    found: dict[str, Any] = {}
    for line in said_by(cargo, SIZES, MARK):
        found |= json.loads(line)
    return found


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(FILES, most)))
    results = figures("hostile-traffic") | figures("panic-costs-one-peer")
    print(json.dumps(report("hostile", results)))


if __name__ == "__main__":
    main()

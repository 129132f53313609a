"""The tape for as long as it takes: three hours of beeps in simulated time, a hundred kills of the node, and its cost.

The same tests run in `make test` with two minutes and ten kills.
`python -m benchmarks.tape [MINUTES] [KILLS]` prints JSON.
"""

import json
import os
import subprocess
import sys

from benchmarks.report import ROOT, report

MINUTES = 180
KILLS = 100
MARK = "tape: "


def cargo_test(name: str, **environment: str) -> list[str]:
    command = ["cargo", "test", "--release", "--locked", "--quiet", "-p", "voxhall-media", "--test", name]
    return said_by([*command, "--", "--nocapture"], environment)


def said_by(command: list[str], environment: dict[str, str], mark: str = MARK) -> list[str]:
    """The lines with figures; a test that fails ends it all."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
    return [line.partition(mark)[2] for line in done.stdout.splitlines() if mark in line]


def main() -> None:
    given = [int(text) for text in sys.argv[1:]]
    minutes, kills = (*given, *(MINUTES, KILLS)[len(given) :])
    pytest = [sys.executable, "-m", "pytest", "-q", "-s", "--timeout", "3600", "tests/media/test_tape_killed.py"]
    results = {
        "beeps": cargo_test("tape-keeps-time", VOXHALL_TAPE_MINUTES=str(minutes)),
        "cost": cargo_test("tape-costs-little"),
        "kills": said_by(pytest, {"VOXHALL_TAPE_KILLS": str(kills)}),
    }
    print(json.dumps(report("tape", results)))


if __name__ == "__main__":
    main()

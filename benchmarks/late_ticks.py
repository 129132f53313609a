"""Whether words cost the sound anything: the media node's late ticks while three people speak without pause, in turn
with speech off and with each model at work.

A tick is late when the node's loop came to it more than a few milliseconds after its time; each run has 50 a second.
All runs are on one machine in one sitting, ROUNDS times in turn; the three who speak are on it too.
`python -m benchmarks.late_ticks [SECONDS [ROUNDS]]` prints JSON.
"""

import json
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.listeners import Usage, process_of
from benchmarks.node_figures import node_figures
from benchmarks.report import report
from benchmarks.transcript import READERS, speaking
from tests.running import free_port, running_server
from voxhall.config import FILE_NAME

SECONDS = 60.0
ROUNDS = 3
MODELS = ("off", "tiny.en", "base")
TICKS_PER_S = 50
# The first words are said, the model is loaded and the first chunk waits; the node's figures are 10 s old at most.
WARM_UP_S = 30.0


def late_ticks(metrics: httpx2.Client) -> int:
    return int(node_figures(metrics)["late_ticks_total"])


def run(model: str, seconds: float) -> dict[str, float]:
    port = free_port(socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").mkdir()
        (Path(folder) / "data" / FILE_NAME).write_text(f'speech_model = "{model}"\n')
        with (
            running_server(Path(folder), metrics_port=port) as server,
            httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as metrics,
        ):
            people = [server.account(reader.handle) for reader in READERS]
            space_id = server.open_space(people[0], recording="on", title="Readings without end")["id"]
            with speaking(server, space_id, people, Path(folder), loop=True):
                time.sleep(WARM_UP_S)
                worker = process_of(server, "worker")
                before, used_before = late_ticks(metrics), Usage.of(worker)
                time.sleep(seconds)
                late, used = late_ticks(metrics) - before, Usage.of(worker)
    return {"late_ticks": late, "worker_cpu_share": round((used.cpu_s - used_before.cpu_s) / seconds, 2)}


def main() -> None:
    given = [float(text) for text in sys.argv[1:]]
    seconds, rounds = (*given, *(SECONDS, float(ROUNDS))[len(given) :])
    results: dict[str, Any] = {model: [] for model in MODELS}
    for _ in range(int(rounds)):
        for model in MODELS:
            results[model].append(run(model, seconds))
    print(json.dumps(report("late_ticks", {"ticks_of_a_run": round(seconds * TICKS_PER_S), **results})))


if __name__ == "__main__":
    main()

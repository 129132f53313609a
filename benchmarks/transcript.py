"""A named transcript through the whole system: three people read aloud, partly at once, over WHIP, on a recorded space.

For each model that comes with Voxhall: the word error rate by speaker, beside that of the same model on clean files;
the share of words under the right name; how long after the end words and files are complete. With MINUTES, the three
read over and over for so long, to the default model: `python -m benchmarks.transcript [MINUTES]`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.listeners import process_of
from benchmarks.report import report
from tests.journeys.speech import RATE_HZ, RECORDINGS, Samples, decode, words_of
from tests.running import Account, RunningServer, running_server
from tests.transcripts.scoring import names_right, word_errors, words_by_speaker
from voxhall.config import FILE_NAME

MODELS = ("tiny.en", "base")
# How long one who has read waits before reading again, in the long run: everybody meets everybody else's sentences.
PAUSES_S = (1.5, 3.0, 4.5)
READY_WITHIN_S = 600.0


@dataclass(frozen=True)
class Reader:
    """`text` is what is read, word by word; `begins_s` after the first."""

    handle: str
    recording: str
    begin_s: float
    end_s: float
    begins_s: float
    text: str

    def samples(self) -> Samples:
        whole = decode((RECORDINGS / self.recording).read_bytes(), RATE_HZ)
        return whole[int(self.begin_s * RATE_HZ) : int(self.end_s * RATE_HZ)]


TIMES = """
it was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness it was the
epoch of belief it was the epoch of incredulity it was the season of light it was the season of darkness it was the
spring of hope it was the winter of despair
"""
BEFORE_US = """
we had everything before us we had nothing before us we were all going direct to heaven we were all going direct the
other way in short the period was so far like the present period that some of its noisiest authorities insisted on its
being received for good or for evil in the superlative degree of comparison only
"""
READERS = (
    Reader(
        "ana",
        "two_cities.wav",
        0.0,
        21.0,
        0.0,
        TIMES,
    ),
    Reader(
        "ben",
        "beckett.wav",
        0.0,
        10.0,
        6.0,
        "ever tried ever failed no matter try again fail again fail better",
    ),
    Reader(
        "cleo",
        "two_cities.wav",
        21.0,
        44.4,
        12.0,
        BEFORE_US,
    ),
)


def clean_errors(model: str, cache: Path) -> dict[str, float]:
    """Of the same model on the files themselves, each as a whole."""
    from faster_whisper import WhisperModel

    from voxhall.speech.models import model_folder

    engine = WhisperModel(str(model_folder(model, cache)), device="cpu", compute_type="int8", cpu_threads=2)
    found = {}
    for reader in READERS:
        samples = decode(_wav(reader.samples()), 16_000).astype(np.float32) / 32768
        segments, _ = engine.transcribe(samples, language="en", beam_size=5, condition_on_previous_text=False)
        heard = words_of(" ".join(segment.text for segment in segments))
        found[reader.handle] = word_errors(words_of(reader.text), heard)
    return found


def _wav(samples: Samples) -> bytes:
    with tempfile.TemporaryFile() as file:
        with wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(RATE_HZ)
            wav.writeframes(samples.tobytes())
        file.seek(0)
        return file.read()


@contextmanager
def speaking(
    server: RunningServer, space_id: str, people: list[Account], folder: Path, *, loop: bool
) -> Iterator[list[Any]]:
    """The three, each from their moment on; ended with the block."""
    processes: list[subprocess.Popen[bytes]] = []
    began_s = time.monotonic()
    try:
        for reader, account, pause_s in zip(READERS, people, PAUSES_S, strict=True):
            file = folder / f"{reader.handle}.wav"
            quiet = np.zeros(int(pause_s * RATE_HZ) if loop else RATE_HZ // 2, np.int16)
            file.write_bytes(_wav(np.concatenate([reader.samples(), quiet])))
            time.sleep(max(0.0, began_s + reader.begins_s - time.monotonic()))
            command = [sys.executable, "-m", "voxhall", "speak", str(file), "--space", space_id, "--server", server.url]
            command += ["--token", account.token, *(["--loop"] if loop else [])]
            processes.append(subprocess.Popen(command))
        yield processes
    finally:
        for process in processes:
            process.terminate()
            process.wait(20)


def about(server: RunningServer, space_id: str) -> dict[str, Any]:
    answer = server.http.get(f"/api/v1/spaces/{space_id}/recording")
    return dict(answer.json()) if answer.status_code == 200 else {"transcript": None, "audio": {"m4a": None}}


def until_ready(server: RunningServer, space_id: str) -> dict[str, float]:
    """Seconds from now until the words are complete, and until the files are made."""
    began_s = time.monotonic()
    found: dict[str, float] = {}
    while len(found) < 2:
        now_s = time.monotonic() - began_s
        if now_s > READY_WITHIN_S:
            raise SystemExit(f"Not complete {READY_WITHIN_S:.0f} s after the end: {about(server, space_id)}")
        standing = about(server, space_id)
        if standing["transcript"] and standing["transcript"]["state"] == "failed":
            raise SystemExit(f"The transcript failed: {standing['transcript']['error']}")
        if standing["transcript"] and standing["transcript"]["state"] == "ready":
            found.setdefault("words_complete_s", round(now_s, 1))
        if standing["audio"]["m4a"]:
            found.setdefault("files_complete_s", round(now_s, 1))
        time.sleep(0.25)
    return found


def compare(model: str, clean: Mapping[str, float]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder), model) as server:
        people = [server.account(reader.handle) for reader in READERS]
        space_id = server.open_space(people[0], recording="on", title="Readings")["id"]
        with speaking(server, space_id, people, Path(folder), loop=False) as processes:
            for process in processes:
                process.wait(120)
        server.http.post(f"/api/v1/spaces/{space_id}/end", headers=people[0].headers)
        ready = until_ready(server, space_id)
        transcript = server.http.get(f"/api/v1/spaces/{space_id}/recording/transcript.json").json()
    found = {name.lower(): words for name, words in words_by_speaker(transcript).items()}
    errors = {reader.handle: word_errors(words_of(reader.text), found.get(reader.handle, [])) for reader in READERS}
    return {
        "word_error_rate": {name: round(value, 4) for name, value in errors.items()},
        "word_error_rate_on_clean_files": {name: round(value, 4) for name, value in clean.items()},
        "worst_difference": round(max(errors[name] - clean[name] for name in errors), 4),
        "names_right": round(names_right({one.handle: words_of(one.text) for one in READERS}, found), 4),
        **ready,
    }


@contextmanager
def _server(folder: Path, model: str) -> Iterator[RunningServer]:
    (folder / "data").mkdir()
    (folder / "data" / FILE_NAME).write_text(f'speech_model = "{model}"\n')
    with running_server(folder) as server:
        yield server


def over_and_over(minutes: float) -> dict[str, Any]:
    """The default model; the machine is shared with the three who speak."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        people = [server.account(reader.handle) for reader in READERS]
        space_id = server.open_space(people[0], recording="on", title="Readings without end")["id"]
        behind_s: list[float] = []
        with speaking(server, space_id, people, Path(folder), loop=True):
            ends_s = time.monotonic() + minutes * 60
            while time.monotonic() < ends_s:
                time.sleep(5)
                standing = about(server, space_id)
                if standing["transcript"] and standing["transcript"]["state"] == "live":
                    behind_s.append((1 - standing["transcript"]["progress"]) * standing["duration_ms"] / 1000)
        server.http.post(f"/api/v1/spaces/{space_id}/end", headers=people[0].headers)
        ready = until_ready(server, space_id)
        transcript = server.http.get(f"/api/v1/spaces/{space_id}/recording/transcript.json").json()
        worker = process_of(server, "worker")
        return {
            "minutes": round(about(server, space_id)["duration_ms"] / 60_000, 1),
            **ready,
            "most_behind_while_live_s": round(max(behind_s, default=0.0), 1),
            "words": sum(len(segment["words"]) for segment in transcript["segments"]),
            "worker_peak_mb": _peak_mb(worker),
            "worker_cpu_s": round(_cpu_s(worker), 1),
        }


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024, 1)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    if minutes:
        print(json.dumps(report("transcript_long", over_and_over(minutes))))
        return
    with tempfile.TemporaryDirectory() as cache:
        clean = {model: clean_errors(model, Path(cache)) for model in MODELS}
    print(json.dumps(report("transcript", {model: compare(model, clean[model]) for model in MODELS})))


if __name__ == "__main__":
    main()

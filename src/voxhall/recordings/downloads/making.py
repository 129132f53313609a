"""The worker's half: makes the files of one recording, in steps, so that a killed worker's successor goes on.

Each file is written beside, synced and renamed; the same tape gives the same bytes, so to do a step twice is harmless.
"""

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from voxhall.errors import JsonObject, VoxhallError
from voxhall.kit.jobs.worker import JobRun
from voxhall.recordings.downloads import sound
from voxhall.recordings.downloads.cover import cover
from voxhall.recordings.downloads.folders import M4A, MP3, NAMES, WAVEFORM, download_folder
from voxhall.recordings.downloads.waveform import Waveform
from voxhall.tape import Stream, Tape, tape_folder

# The node closes the tape when the space ends. If it died just then, nobody does.
WAIT_FOR_END_S = 20.0
LOOK_AGAIN_S = 0.5
# The limiter takes some of the gain back; each look at what came of it costs a pass, and two come within 0.2 LU.
LOOKS_AT_LEVEL = 2
CLOSE_ENOUGH_LU = 0.2
HASHED_BYTES = 1024 * 1024


class StoppedError(Exception):
    """The worker stops, or has lost the job."""


class Making:
    """Does the jobs of the kind `downloads` for one worker, in a thread of its own."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voxhall-downloads")

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def make(self, run: JobRun) -> JsonObject:
        recording = _Recording(self._data, run)
        await recording.wait_for_end()
        if not recording.tape.duration:
            return {"files": {}}

        async def in_thread(work: Callable[[], JsonObject]) -> JsonObject:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
            except asyncio.CancelledError:
                recording.stop.set()
                raise

        level = await run.step("measure", lambda: in_thread(recording.measure))
        gain_db = level["gain_db"]
        if not isinstance(gain_db, int | float):
            raise VoxhallError("A step of this job has a result that nobody understands.")
        about = await run.ask({})
        try:
            await in_thread(lambda: recording.encode(float(gain_db), about))
            # Whoever has lost the job must not put files where the recording was deleted meanwhile.
            await run.ask({})
            return await in_thread(recording.publish)
        finally:
            await asyncio.to_thread(recording.clear)


class _Recording:
    """One recording while files are made of it. All but `wait_for_end` runs in the thread."""

    def __init__(self, data: Path, run: JobRun) -> None:
        self.tape = Tape(tape_folder(data, run.subject))
        self.stop = threading.Event()
        self._run = run
        self._folder = download_folder(data, run.subject)

    async def wait_for_end(self) -> None:
        waited_s = 0.0
        await asyncio.to_thread(self.tape.refresh)
        while not self.tape.is_finished and self.tape.exists and waited_s < WAIT_FOR_END_S:
            await asyncio.sleep(LOOK_AGAIN_S)
            waited_s += LOOK_AGAIN_S
            await asyncio.to_thread(self.tape.refresh)
        await asyncio.to_thread(lambda: self.tape.refresh(is_complete=True))

    def measure(self) -> JsonObject:
        """The gain with which it is as loud as it should be."""
        level = sound.loudness(sound.frames(self._mix(), self._on_position(0.0, 0.2)))
        gain_db = sound.gain_towards_target(level)
        for look in range(LOOKS_AT_LEVEL):
            position = self._on_position(0.2 + 0.15 * look, 0.15)
            reached = sound.loudness(sound.frames(self._mix(), position), sound.levelled(gain_db))
            missing_lu = sound.gain_towards_target(reached)
            gain_db = min(gain_db + missing_lu, sound.MOST_GAIN_DB)
            if abs(missing_lu) < CLOSE_ENOUGH_LU:
                break
        return {"gain_db": round(gain_db, 2)}

    def encode(self, gain_db: float, about: JsonObject) -> JsonObject:
        """All files in one pass, each beside its place."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for left_behind in self._folder.glob(".*.part"):
            left_behind.unlink(missing_ok=True)
        title, host = str(about["title"]), str(about["host"])
        picture = cover(self._run.subject, title, host, str(about["site"]))
        tags = sound.Tags(title, host, str(about["album"]), str(about["date"]), picture)
        waveform = Waveform(sound.RATE_HZ, self.tape.duration)
        heard = waveform.passing(sound.frames(self._mix(), self._on_position(0.5, 0.5)))
        sound.encode(heard, gain_db, {"m4a": self._part(M4A), "mp3": self._part(MP3)}, tags)
        self._part(WAVEFORM).write_text(waveform.as_json())
        return {}

    def publish(self) -> JsonObject:
        """On the disk before they have their names, and their names on the disk before anybody is told."""
        for name in NAMES:
            with self._part(name).open("rb") as file:
                os.fsync(file.fileno())
            self._part(name).replace(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return {"files": {name: _described(self._folder / name) for name in NAMES}}

    def clear(self) -> None:
        for name in NAMES:
            self._part(name).unlink(missing_ok=True)

    def _mix(self) -> Stream:
        return self.tape.mix_stream()

    def _on_position(self, begin: float, share: float) -> Callable[[float], None]:
        length_s = max(self.tape.duration / sound.RATE_HZ, 0.001)

        def on_position(at_s: float) -> None:
            if self.stop.is_set():
                raise StoppedError
            self._run.progress = begin + share * min(at_s / length_s, 1.0)

        return on_position

    def _part(self, name: str) -> Path:
        return self._folder / f".{name}.{self._run.attempt}.part"


def _described(path: Path) -> JsonObject:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(HASHED_BYTES):
            digest.update(piece)
    return {"size_bytes": path.stat().st_size, "sha256": digest.hexdigest()}

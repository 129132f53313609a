"""From a tape to words and files, by a real worker: who said what, in formats and files that other programs open."""

import asyncio
import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import httpx2
import numpy as np
import pytest
import webvtt
from tinytag import TinyTag

from tests.journeys.speech import RATE_HZ, RECORDINGS, Samples, decode
from tests.running import eventually
from tests.transcripts.recorded import Recorded, end, record, worker, worker_process
from tests.transcripts.scoring import errors_by_speaker
from tests.world import World
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import JobState
from voxhall.recordings.afterwards import begin_forgotten
from voxhall.recordings.downloads import jobs as downloads
from voxhall.recordings.downloads.folders import NAMES, download_folder

pytestmark = pytest.mark.timeout(180)

DICKENS = """
It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness,
it was the epoch of belief, it was the epoch of incredulity, it was the season of light, it was the season of darkness,
it was the spring of hope, it was the winter of despair.
"""
BECKETT = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."


KINDS = {"transcribe", "downloads"}


def voices() -> dict[str, tuple[float, Samples]]:
    """Two people; the second speaks into the first's sentences for ten seconds."""
    cities = decode((RECORDINGS / "two_cities.wav").read_bytes(), RATE_HZ)[: 21 * RATE_HZ]
    beckett = decode((RECORDINGS / "beckett.wav").read_bytes(), RATE_HZ)
    # As loud as the node makes the voices in its mix; the recordings themselves are quiet.
    return {"ana": (0.5, cities * 6), "ben": (8.0, beckett * 3)}


async def settled(world: World) -> None:
    """Until no job of the recording is open; to tell people of it is another's."""

    async def none_is_open() -> bool:
        jobs = await queue.list_jobs(world.kit, [], None, 100)
        return not any(job.state.is_open and job.kind in KINDS for job in jobs)

    await eventually(none_is_open, within_s=100)
    assert await queue.list_jobs(world.kit, [JobState.FAILED], None, 100) == []


async def test_a_recorded_space_has_its_words_under_the_right_names_and_files_worth_keeping(small_world: World) -> None:
    recorded = await record(small_world, voices())
    nobody = await small_world.browser()
    async with worker_process(small_world) as process:
        # It listens while the space is live; the files are made after the end.
        await words_are_coming(nobody, recorded)
        assert niceness_of_the_busiest_thread(process.pid) == 19
    live = await about(nobody, recorded)
    assert (live["transcript"]["state"], live["audio"]["m4a"], live["waveform"]) == ("live", None, None)
    await end(recorded)
    # Another goes on where the first was killed in the middle: no word is missing, and none is there twice.
    async with worker(small_world):
        finished = await all_made(nobody, recorded)
    assert (finished["transcript"]["state"], finished["transcript"]["progress"]) == ("ready", 1.0)
    await check_words(nobody, recorded)
    folder = download_folder(small_world.kit.settings.data, recorded.space_id)
    for name, address in (
        ("mix.m4a", finished["audio"]["m4a"]),
        ("mix.mp3", finished["audio"]["mp3"]),
        ("waveform.json", finished["waveform"]),
    ):
        await check_served(nobody, address.removeprefix(small_world.kit.settings.address), folder / name)
    await asyncio.to_thread(check_files, folder)
    files = await downloads.files_of(small_world.kit, recorded.space_id)
    assert {path.name for path in folder.iterdir()} == set(files) == set(NAMES)

    # The whole job once more: the same bytes.
    async with small_world.kit.db.write() as tx:
        space_id = recorded.space_id
        await queue.enqueue_again(small_world.kit, tx, "downloads", {}, key=f"downloads:{space_id}", subject=space_id)
    async with worker(small_world):
        await settled(small_world)
    assert await downloads.files_of(small_world.kit, recorded.space_id) == files

    # Deleted, nothing is left: no words, no files, no folder.
    assert (await recorded.host.http.delete(recorded.path)).status_code == 204
    for name in ("", "/transcript.json", "/audio.m4a", "/waveform.json"):
        assert (await nobody.get(recorded.path + name)).status_code == 404
    assert not folder.exists()


async def about(reader: httpx2.AsyncClient, recorded: Recorded) -> dict[str, Any]:
    answer = await reader.get(recorded.path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def all_made(reader: httpx2.AsyncClient, recorded: Recorded) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found = await about(reader, recorded)
        return found if found["waveform"] is not None and found["transcript"]["state"] == "ready" else None

    return await eventually(look, within_s=100)


async def check_served(reader: httpx2.AsyncClient, address: str, path: Path) -> None:
    kinds = {".m4a": "audio/mp4", ".mp3": "audio/mpeg", ".json": "application/json"}
    content = await asyncio.to_thread(path.read_bytes)
    whole = await reader.get(address)
    assert (whole.status_code, whole.headers["content-type"]) == (200, kinds[path.suffix])
    assert whole.content == content
    assert f"radio%20a%20test{path.suffix}" in whole.headers["content-disposition"]
    head = await reader.head(address)
    assert (head.headers["content-length"], head.headers["accept-ranges"]) == (str(len(content)), "bytes")
    part = await reader.get(address, headers={"range": "bytes=-100", "if-range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, content[-100:])
    assert part.headers["access-control-allow-origin"] == "*"


async def words_are_coming(nobody: httpx2.AsyncClient, recorded: Recorded) -> None:
    async def are_there() -> bool:
        return bool(json.loads((await nobody.get(f"{recorded.path}/transcript.json")).text)["segments"])

    await eventually(are_there, within_s=60)


def niceness_of_the_busiest_thread(pid: int) -> int:
    """Of those that are not Python's main thread, which imports; fields of /proc/PID/task/ID/stat, see proc(5)."""
    threads = [task for task in Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid)]
    fields = [(task / "stat").read_text().rpartition(")")[2].split() for task in threads]
    return int(max(fields, key=lambda field: int(field[11]) + int(field[12]))[16])


async def check_words(nobody: httpx2.AsyncClient, recorded: Recorded) -> None:
    answer = await nobody.get(f"{recorded.path}/transcript.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    transcript = answer.json()
    errors = errors_by_speaker({"ana": DICKENS, "ben": BECKETT}, transcript)
    assert max(errors.values()) <= 0.05, errors
    assert {segment["participant"] for segment in transcript["segments"]} == set(recorded.participants.values())
    # On the tape's clock: "Ever" is the first thing Ben says, at 8 s and a breath.
    first_of_ben = next(one for one in transcript["segments"] if one["speaker"] == "ben")
    assert 8.0 <= first_of_ben["startTime"] <= 8.7

    address = f"{recorded.path}/transcript.vtt"
    whole = await nobody.get(address)
    assert len(webvtt.from_string(whole.text).captions) > 3
    assert whole.headers["access-control-allow-origin"] == "*"
    assert "filename*=UTF-8''2026-11-22%20%C3%89vening%20radio%20a%20test.vtt" in whole.headers["content-disposition"]
    part = await nobody.get(address, headers={"range": "bytes=7-16"})
    assert (part.status_code, part.text) == (206, whole.text[7:17])
    assert part.headers["content-range"] == f"bytes 7-16/{len(whole.content)}"
    head = await nobody.head(address)
    assert (head.headers["content-length"], head.content) == (str(len(whole.content)), b"")
    beyond = await nobody.get(address, headers={"range": f"bytes={len(whole.content)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole.content)}")
    assert (await nobody.get(address, headers={"if-none-match": whole.headers["etag"]})).status_code == 304


def check_files(folder: Path) -> None:
    for name, codec in (("mix.m4a", "aac"), ("mix.mp3", "mp3")):
        path = folder / name
        with av.open(str(path)) as container:
            assert container.streams.audio[0].codec_context.name.startswith(codec)
            seconds = sum(frame.samples for frame in container.decode(audio=0)) / RATE_HZ
        assert abs(seconds - 22.5) < 0.2
        tags = TinyTag.get(path, image=True)
        assert (tags.title, tags.artist, tags.album) == ("Évening radio: a <test>", "ana", "Spaces of ana")
        assert str(tags.year).startswith("2026")
        assert tags.images.any is not None
        assert tags.images.any.mime_type == "image/jpeg"
        loudness, peak = measured(path)
        assert abs(loudness + 16) <= 1, name
        assert peak <= -1, name
    waveform = json.loads((folder / "waveform.json").read_text())
    assert (waveform["version"], waveform["channels"], waveform["bits"]) == (2, 1, 8)
    assert len(waveform["data"]) == 2 * waveform["length"]
    assert abs(waveform["length"] * waveform["samples_per_pixel"] / waveform["sample_rate"] - 22.5) < 0.2
    assert min(waveform["data"]) < -20
    assert max(waveform["data"]) > 20


def measured(path: Path) -> tuple[float, float]:
    """Loudness and true peak, by the program ffmpeg, which is another decoder than the one in our process."""
    command = [
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-i",
        str(path),
        "-map",
        "0:a",
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    found = {line.split(":")[0].strip(): line.split()[1] for line in lines if line.strip().startswith(("I:", "Peak:"))}
    return float(found["I"]), float(found["Peak"])


async def test_what_a_crash_left_without_jobs_is_found_at_the_next_start(small_world: World) -> None:
    beep = (np.sin(np.arange(RATE_HZ) / 20) * 8000).astype(np.int16)
    recorded = await record(small_world, {"ana": (0.0, beep)})
    await end(recorded)

    async def is_finished() -> bool:
        return bool((await about(recorded.host.http, recorded))["state"] == "finished")

    await eventually(is_finished)
    async with small_world.kit.db.write() as tx:
        await queue.cancel_about(small_world.kit, tx, recorded.space_id)
    small_world.clock.advance(timedelta(days=8).total_seconds())
    await queue.prune(small_world.kit)
    assert await kinds_of_jobs(small_world) == []

    await begin_forgotten(small_world.kit)
    await begin_forgotten(small_world.kit)
    assert await kinds_of_jobs(small_world) == ["downloads", "transcribe"]


async def kinds_of_jobs(world: World) -> list[str]:
    return sorted(job.kind for job in await queue.list_jobs(world.kit, [], None, 100) if job.kind in KINDS)

"""What the control plane does with a worker's words: taken once, in order, shown to whom the space is shown."""

import numpy as np

from tests.transcripts.recorded import record
from tests.world import World
from voxhall.errors import JsonObject, JsonValue
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import Claimed
from voxhall.recordings.transcript import actions
from voxhall.recordings.transcript.jobs import TRANSCRIBE
from voxhall.recordings.transcript.model import TranscriptState
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId

KINDS = {TRANSCRIBE.name: TRANSCRIBE}
QUIET = np.zeros(960, np.int16)


def stretch(participant: str, from_ms: int, to_ms: int, *words: str) -> JsonObject:
    each_ms = (to_ms - from_ms) // max(1, len(words))
    said: list[JsonValue] = [
        {"t": word, "s": from_ms + number * each_ms, "e": from_ms + (number + 1) * each_ms, "p": 0.9}
        for number, word in enumerate(words)
    ]
    return {"participant": participant, "from_ms": from_ms, "to_ms": to_ms, "language": "en", "words": said}


async def claimed(world: World) -> Claimed:
    [job] = await queue.claim(world.kit, "wo_1", {"transcribe": 1})
    return job


async def state(world: World, space_id: str) -> actions.Standing:
    space = await spaces.find_space(world.kit, SpaceId(space_id))
    assert space is not None
    standing = await actions.standing_of(world.kit, space)
    assert standing is not None
    return standing


async def test_words_are_taken_once_however_often_they_are_told(world: World) -> None:
    recorded = await record(world, {"ana": (0.0, QUIET), "ben": (0.0, QUIET)})
    assert (await state(world, recorded.space_id)).state is TranscriptState.PENDING
    job = (await claimed(world)).job
    ana, ben = recorded.participants["ana"], recorded.participants["ben"]
    for told in (
        stretch(ana, 0, 4_000, "one", "two"),
        stretch(ana, 0, 4_000, "one", "two"),
        stretch(ben, 1_000, 3_000, "at", "once"),
        stretch(ana, 4_000, 6_000, "three"),
        stretch(ana, 4_000, 6_000, "three"),
    ):
        await queue.tell(world.kit, KINDS, job.id, job.attempt, told)
    standing = await state(world, recorded.space_id)
    assert (standing.state, standing.language) == (TranscriptState.LIVE, "en")
    asked = await queue.ask(world.kit, KINDS, job.id, job.attempt, {})
    assert asked["tracks"] == {
        ana: {"settled_ms": 6_000, "language": "en"},
        ben: {"settled_ms": 3_000, "language": "en"},
    }
    answer = await recorded.host.http.get(f"{recorded.path}/transcript.json")
    assert [(one["speaker"], one["body"]) for one in answer.json()["segments"]] == [
        ("ana", "one two"),
        ("ben", "at once"),
        ("ana", "three"),
    ]


async def test_a_transcript_that_failed_says_why_and_can_be_tried_again(world: World) -> None:
    recorded = await record(world, {"ana": (0.0, QUIET)})
    job = (await claimed(world)).job
    await queue.tell(world.kit, KINDS, job.id, job.attempt, stretch(recorded.participants["ana"], 0, 1_000, "hello"))
    await queue.fail(world.kit, KINDS, job.id, job.attempt, "The model is not installed.", is_final=True)
    failed = await state(world, recorded.space_id)
    assert (failed.state, failed.error) == (TranscriptState.FAILED, "The model is not installed.")

    ben, root = await world.person("ben"), await world.person("root_ana", administrator=True)
    retry = f"{recorded.path}/transcript/retry"
    assert (await ben.http.post(retry)).status_code == 403
    tried = await recorded.host.http.post(retry)
    assert (tried.status_code, tried.json()["error"]) == (200, None)
    assert tried.json()["vtt"].endswith(f"{recorded.path}/transcript.vtt")
    assert (await root.http.post(retry)).json()["error"]["code"] == "transcript_not_failed"

    # What was settled stays, and the next attempt goes on behind it.
    again = (await claimed(world)).job
    asked = await queue.ask(world.kit, KINDS, again.id, again.attempt, {})
    assert asked["tracks"] == {recorded.participants["ana"]: {"settled_ms": 1_000, "language": "en"}}
    await queue.finish(world.kit, KINDS, again.id, again.attempt, {})
    assert (await state(world, recorded.space_id)).state is TranscriptState.READY


async def test_who_may_not_see_the_space_reads_none_of_its_words(small_world: World) -> None:
    recorded = await record(small_world, {"ana": (0.0, QUIET)}, who_may_listen="invited", invited=[])
    nobody, ben = await small_world.browser(), await small_world.person("ben")
    assert (await recorded.host.http.get(f"{recorded.path}/transcript.txt")).status_code == 200
    for stranger in (nobody, ben.http):
        for name in ("vtt", "srt", "txt", "json"):
            assert (await stranger.get(f"{recorded.path}/transcript.{name}")).status_code in {403, 404}


async def test_a_space_that_is_not_recorded_has_no_transcript(small_world: World) -> None:
    recorded = await record(small_world, {"ana": (0.0, QUIET)}, recording="off")
    missing = await recorded.host.http.get(f"{recorded.path}/transcript.vtt")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "transcript_not_found")

"""The control plane's half: the job that writes a space's transcript, and what its words do."""

from collections.abc import Collection
from dataclasses import replace

from voxhall.errors import InvalidError, JsonObject
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.model import Job
from voxhall.kit.jobs.queue import Kind
from voxhall.recordings.transcript import store
from voxhall.recordings.transcript.model import segments_of, words_from_json
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import Recording, Space, SpaceId, SpaceState
from voxhall.spaces.model.refusals import SpaceNotFoundError

KIND = "transcribe"
# Before downloads: whoever has ended a space looks for its words first.
PRIORITY = 10


async def begin(kit: Kit, tx: Transaction, space_id: str) -> None:
    """One transcript for a space that is or was recorded, however often this is said."""
    if kit.settings.speech_model == "off":
        return
    await store.insert_transcript(tx, space_id, kit.clock.now())
    await queue.enqueue(kit, tx, KIND, {}, key=key_of(space_id), subject=space_id, priority=PRIORITY)


async def begin_again(kit: Kit, tx: Transaction, space_id: str) -> None:
    """What failed goes on where it stood."""
    await store.set_outcome(tx, space_id, ready_at=None, error=None)
    await queue.enqueue_again(kit, tx, KIND, {}, key=key_of(space_id), subject=space_id)


def key_of(space_id: str) -> str:
    return f"{KIND}:{space_id}"


async def _answer(kit: Kit, job: Job, _question: JsonObject) -> JsonObject:
    """How the space stands, and up to where each track is settled."""
    space = await spaces.find_space(kit, SpaceId(str(job.subject)))
    if space is None:
        raise SpaceNotFoundError
    over_for_s: float | None = None
    if space.state is not SpaceState.LIVE:
        over_for_s = (kit.clock.now() - space.ended_at).total_seconds() if space.ended_at else 0.0
    async with kit.db.read() as view:
        tracks = await store.tracks(view, space.id)
    return {
        "language": space.language,
        "over_for_s": over_for_s,
        "tracks": {track.participant: {"settled_ms": track.settled_ms, "language": track.language} for track in tracks},
    }


async def _take_words(_kit: Kit, tx: Transaction, job: Job, told: JsonObject) -> JsonObject:
    """A stretch of a track is settled: its words are final. Told twice, it is taken once."""
    space_id = str(job.subject)
    match told:
        case {
            "participant": str(participant),
            "from_ms": int(from_ms),
            "to_ms": int(to_ms),
            "language": str(language),
            "words": list(items),
        }:
            words = [replace(word, start_ms=max(word.start_ms, from_ms + 1)) for word in words_from_json(items)]
            if await store.settle(tx, space_id, participant, from_ms, to_ms, language):
                await store.insert_segments(tx, space_id, segments_of(participant, language, words))
            return {}
    raise InvalidError("These are not words of a transcript.")


async def _be_ready(kit: Kit, tx: Transaction, job: Job, _result: JsonObject) -> JsonObject:
    await store.set_outcome(tx, str(job.subject), ready_at=kit.clock.now(), error=None)
    tx.publish(spaces.TranscriptReady(SpaceId(str(job.subject))))
    return {}


async def _fail(_kit: Kit, tx: Transaction, job: Job, error: str) -> None:
    await store.set_outcome(tx, str(job.subject), ready_at=None, error=error)


async def on_change(kit: Kit, changed: spaces.SpaceChanged) -> None:
    """From the moment at which a space is live and recorded, its words are written down."""
    before, space = changed.before, changed.space
    if _is_recorded(space) and not _is_recorded(before):
        async with kit.db.write() as tx:
            await begin(kit, tx, space.id)


async def begin_forgotten(kit: Kit, space_ids: Collection[str]) -> None:
    """At the start of the server: of those that are recorded, the ones whose job never came to be or is gone."""
    async with kit.db.read() as view:
        over = await store.spaces_with_outcome(view)
    async with kit.db.write() as tx:
        for space_id in sorted(set(space_ids) - over):
            await begin(kit, tx, space_id)


async def forget(tx: Transaction, space_id: str) -> None:
    await store.delete_transcript(tx, space_id)


def _is_recorded(space: Space) -> bool:
    return space.state is SpaceState.LIVE and space.recording is Recording.ON


TRANSCRIBE = Kind(KIND, on_ask=_answer, on_tell=_take_words, on_done=_be_ready, on_failed=_fail)

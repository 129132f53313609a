"""What people can do with a transcript: read it, see how far it is, and have it tried again."""

from dataclasses import dataclass

from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope
from voxhall.errors import ConflictError, ForbiddenError, NotFoundError
from voxhall.kit import Kit
from voxhall.kit.jobs import queue
from voxhall.recordings.transcript import jobs, store
from voxhall.recordings.transcript.model import Transcript, TranscriptState
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import ParticipantId, Space, SpaceId, SpaceState


class TranscriptNotFoundError(NotFoundError):
    code = "transcript_not_found"
    message = "This space has no transcript."


class TranscriptNotFailedError(ConflictError):
    code = "transcript_not_failed"
    message = "Only a transcript that failed can be tried again."


@dataclass(frozen=True, slots=True)
class Standing:
    """`progress` is the share of the sound whose words are final; `error` is why it failed, for people."""

    state: TranscriptState
    language: str | None
    progress: float
    error: str | None


async def standing_of(kit: Kit, space: Space) -> Standing | None:
    """None where nothing writes one."""
    async with kit.db.read() as view:
        known = await store.progress(view, space.id)
        if known is None:
            return None
        tracks = await store.tracks(view, space.id)
    job = await queue.find_by_key(kit, jobs.key_of(space.id))
    language = max(tracks, key=lambda track: track.settled_ms).language if tracks else None
    is_begun = bool(tracks) or (job is not None and job.attempt > 0)
    if known.ready_at is not None:
        return Standing(TranscriptState.READY, language, 1.0, None)
    if known.error is not None:
        return Standing(TranscriptState.FAILED, language, 0.0, known.error)
    progress = job.progress if job is not None else 0.0
    if not is_begun:
        return Standing(TranscriptState.PENDING, None, 0.0, None)
    state = TranscriptState.LIVE if space.state is SpaceState.LIVE else TranscriptState.PROCESSING
    return Standing(state, language, progress, None)


async def read(kit: Kit, space: Space) -> Transcript:
    """As far as it is."""
    async with kit.db.read() as view:
        if await store.progress(view, space.id) is None:
            raise TranscriptNotFoundError
        segments = await store.segments_of(view, space.id)
    ids = {ParticipantId(segment.participant) for segment in segments}
    people = await spaces.participants_by_id(kit, ids)
    return Transcript(tuple(segments), {one.id: one.person.display_name for one in people})


async def retry(kit: Kit, actor: Actor, space_id: SpaceId) -> Space:
    """For those who look after the space, and for administrators."""
    user = actor.require_user(Scope.HOST)
    space = await spaces.get_space(kit, space_id, actor)
    me = space.participant_of(user.id)
    if not (user.is_administrator or user.id == space.host_id or (me is not None and space.is_steward(me))):
        raise ForbiddenError
    async with kit.db.write() as tx:
        known = await store.progress(tx, space.id)
        if known is None:
            raise TranscriptNotFoundError
        if known.error is None:
            raise TranscriptNotFailedError
        await jobs.begin_again(kit, tx, space.id)
    return space

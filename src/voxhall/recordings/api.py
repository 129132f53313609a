"""The routes of a recording. Whoever may see the space may hear it: `spaces.actions.access` decides that alone."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from voxhall.accounts.identity import Actor, ActorDep
from voxhall.errors import JsonObject
from voxhall.recordings import actions, serving
from voxhall.recordings.actions import NoRecordingError, Recordings
from voxhall.recordings.deps import RecordingsDep
from voxhall.recordings.downloads import jobs as downloads
from voxhall.recordings.downloads.folders import M4A, MP3, WAVEFORM, content_disposition, saved_name
from voxhall.recordings.store import StoredRecording
from voxhall.recordings.transcript.actions import standing_of
from voxhall.recordings.transcript.api import TranscriptAnswer, transcript_as_json
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import ParticipantId, Space, SpaceId, SpaceState
from voxhall.spaces.model import Recording as Wanted
from voxhall.tape import Stream, Tape
from voxhall.tape.log import StageLog

router = APIRouter(prefix="/api/v1/spaces/{space_id}/recording", tags=["recordings"])

SpaceIdPath = Annotated[str, Path(max_length=64)]
ParticipantPath = Annotated[str, Path(max_length=64)]
OGG, LINES = "audio/ogg", "application/jsonl"


class AudioAnswer(BaseModel):
    ogg: str
    mp3: str | None = None
    m4a: str | None = None


class TrackAnswer(BaseModel):
    participant: str
    handle: str | None
    display_name: str
    ogg: str


class GapAnswer(BaseModel):
    """Nothing was written between the two; in the audio it is silence."""

    from_ms: int
    to_ms: int
    lost_ms: int
    reason: str


class SpaceRecordingAnswer(BaseModel):
    """`state` is `recording`, `paused` or `stopped` in a live space, then for a moment `finishing`, then `finished`."""

    state: str
    duration_ms: int
    audio: AudioAnswer
    tracks: list[TrackAnswer]
    gaps: list[GapAnswer]
    # Why files were given up; what was written before and after stands.
    damages: list[str]
    # Null where nothing writes one.
    transcript: TranscriptAnswer | None
    waveform: str | None
    chapters: str | None
    events: str


@router.get("", response_model=SpaceRecordingAnswer)
async def one(recordings: RecordingsDep, actor: ActorDep, space_id: SpaceIdPath) -> JsonObject:
    """What there is to hear, while it is recorded and afterwards. What is null is not made, or not yet."""
    space, found = await actions.find(recordings, actor, SpaceId(space_id))
    is_complete = found.is_finished
    tape = await asyncio.to_thread(_described, recordings, space.id, is_complete)
    people = {one.id: one for one in await spaces.participants_by_id(recordings.kit, tape.tracks)}
    standing = await standing_of(recordings.kit, space)
    files = await downloads.files_of(recordings.kit, space.id)
    address = f"{recordings.kit.settings.address}/api/v1/spaces/{space.id}/recording"
    tracks: list[JsonObject] = [
        {
            "participant": track,
            "handle": people[track].person.handle if track in people else None,
            "display_name": people[track].person.display_name if track in people else "",
            "ogg": f"{address}/tracks/{track}.ogg",
        }
        for track in tape.tracks
    ]
    return {
        "state": _state(space, is_complete=is_complete),
        "duration_ms": tape.duration_ms,
        "audio": {
            "ogg": f"{address}/audio.ogg",
            "mp3": f"{address}/audio.mp3" if MP3 in files else None,
            "m4a": f"{address}/audio.m4a" if M4A in files else None,
        },
        "tracks": list(tracks),
        "gaps": list(tape.gaps),
        "damages": list(found.damages),
        "transcript": transcript_as_json(recordings.kit.settings.address, space.id, standing) if standing else None,
        "waveform": f"{address}/waveform.json" if WAVEFORM in files else None,
        "chapters": None,
        "events": f"{address}/events",
    }


@router.delete("", status_code=204)
async def delete(recordings: RecordingsDep, actor: ActorDep, space_id: SpaceIdPath) -> None:
    """By the host, when the space is over: the sound and the log are gone at once, for good."""
    await actions.delete(recordings, actor, SpaceId(space_id))


@router.options("/audio.ogg", status_code=204, include_in_schema=False)
@router.options("/tracks/{participant}.ogg", status_code=204, include_in_schema=False)
@router.options("/events", status_code=204, include_in_schema=False)
async def options() -> Response:
    return serving.preflight()


@router.get("/audio.ogg", response_class=Response, responses={206: {}, 200: {"content": {OGG: {}}}})
async def audio(recordings: RecordingsDep, actor: ActorDep, space_id: SpaceIdPath, request: Request) -> Response:
    """What listeners heard, as one Ogg/Opus file; gaps are silence. It grows while the space is recorded."""
    return await _sound(recordings, actor, space_id, request, None)


@router.get("/tracks/{participant}.ogg", response_class=Response, responses={206: {}, 200: {"content": {OGG: {}}}})
async def track(
    recordings: RecordingsDep, actor: ActorDep, space_id: SpaceIdPath, participant: ParticipantPath, request: Request
) -> Response:
    """One speaker's voice, on the clock of the whole: it begins and, when finished, ends with it."""
    return await _sound(recordings, actor, space_id, request, ParticipantId(participant))


@router.get("/events", response_class=Response, responses={206: {}, 200: {"content": {LINES: {}}}})
async def events(recordings: RecordingsDep, actor: ActorDep, space_id: SpaceIdPath, request: Request) -> Response:
    """What happened on the stage: one JSON object a line, each with its tape time (docs/tape.md)."""
    space, found = await actions.find(recordings, actor, SpaceId(space_id))
    source = await asyncio.to_thread(_Part.of, recordings, found, lambda tape: tape.log)
    return _served(request, source, space, found, LINES, "jsonl")


async def _sound(
    recordings: Recordings, actor: Actor, space_id: str, request: Request, participant: ParticipantId | None
) -> Response:
    space, found = await actions.find(recordings, actor, SpaceId(space_id))
    speaker = None
    if participant is not None:
        named = await spaces.participants_by_id(recordings.kit, [participant])
        speaker = named[0].person.display_name if named else participant

    def stream_of(tape: Tape) -> Stream:
        stream = tape.mix_stream() if participant is None else tape.track_stream(participant)
        if stream is None:
            raise NoRecordingError("This person did not speak in the recording.")
        return stream

    source = await asyncio.to_thread(_Part.of, recordings, found, stream_of)
    return _served(request, source, space, found, OGG, "ogg", speaker)


def _served(
    request: Request,
    source: serving.Source,
    space: Space,
    found: StoredRecording,
    media_type: str,
    suffix: str,
    speaker: str | None = None,
) -> Response:
    name = saved_name(space.title, (space.started_at or space.created_at).date(), suffix, speaker)
    etag = f"{int(found.finished_at.timestamp()):x}-{source.size:x}" if found.finished_at else None
    disposition = content_disposition(name, inline=True)
    return serving.answer(request, source, media_type=media_type, etag=etag, disposition=disposition)


@dataclass(frozen=True, slots=True)
class _Part:
    """The log or a stream of a tape, as large as it was when it was asked for."""

    size: int
    _recordings: Recordings
    _found: StoredRecording
    _pick: Callable[[Tape], Stream | StageLog]

    @staticmethod
    def of(recordings: Recordings, found: StoredRecording, pick: Callable[[Tape], Stream | StageLog]) -> "_Part":
        with recordings.library.open(found.space_id, is_complete=found.is_finished) as tape:
            return _Part(pick(tape).size, recordings, found, pick)

    def read(self, offset: int, length: int) -> bytes:
        with self._recordings.library.opened(self._found.space_id, is_complete=self._found.is_finished) as tape:
            return self._pick(tape).read(offset, length)


@dataclass(frozen=True, slots=True)
class _Described:
    duration_ms: int
    tracks: list[ParticipantId]
    gaps: list[JsonObject]


def _described(recordings: Recordings, space_id: SpaceId, is_complete: bool) -> _Described:
    with recordings.library.open(space_id, is_complete=is_complete) as tape:
        gaps: list[JsonObject] = [asdict(gap) for gap in tape.gaps]
        return _Described(tape.duration_ms, [ParticipantId(one) for one in tape.tracks], gaps)


def _state(space: Space, *, is_complete: bool) -> str:
    if is_complete:
        return "finished"
    if space.state is not SpaceState.LIVE:
        return "finishing"
    match space.recording:
        case Wanted.ON:
            return "recording"
        case Wanted.PAUSED:
            return "paused"
        case Wanted.OFF:
            return "stopped"

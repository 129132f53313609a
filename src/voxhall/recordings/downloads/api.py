"""The files made of a recording, over HTTP."""

from fastapi import APIRouter, Request, Response

from voxhall.accounts.identity import Actor, ActorDep
from voxhall.errors import NotFoundError
from voxhall.recordings import actions, serving
from voxhall.recordings.actions import Recordings
from voxhall.recordings.api import SpaceIdPath
from voxhall.recordings.deps import RecordingsDep
from voxhall.recordings.downloads import jobs
from voxhall.recordings.downloads.folders import (
    M4A,
    MP3,
    WAVEFORM,
    content_disposition,
    download_folder,
    saved_name,
)
from voxhall.spaces.model import SpaceId

router = APIRouter(prefix="/api/v1/spaces/{space_id}/recording", tags=["recordings"])


class FileNotMadeError(NotFoundError):
    code = "file_not_made"
    message = "This file is not made, or not yet."


@router.get("/audio.m4a", response_class=Response, responses={206: {}, 200: {"content": {"audio/mp4": {}}}})
async def m4a(recordings: RecordingsDep, actor: ActorDep, space_id: SpaceIdPath, request: Request) -> Response:
    """The mix at -16 LUFS with tags and a cover; made after the end, as what follows."""
    return await _file(recordings, actor, space_id, request, M4A, "audio/mp4")


@router.get("/audio.mp3", response_class=Response, responses={206: {}, 200: {"content": {"audio/mpeg": {}}}})
async def mp3(recordings: RecordingsDep, actor: ActorDep, space_id: SpaceIdPath, request: Request) -> Response:
    return await _file(recordings, actor, space_id, request, MP3, "audio/mpeg")


@router.get("/waveform.json", response_class=Response, responses={206: {}, 200: {"content": {"application/json": {}}}})
async def waveform(recordings: RecordingsDep, actor: ActorDep, space_id: SpaceIdPath, request: Request) -> Response:
    """The shape of the sound, in the JSON of audiowaveform, version 2."""
    return await _file(recordings, actor, space_id, request, WAVEFORM, "application/json")


@router.options("/audio.m4a", status_code=204, include_in_schema=False)
@router.options("/audio.mp3", status_code=204, include_in_schema=False)
@router.options("/waveform.json", status_code=204, include_in_schema=False)
async def options() -> Response:
    return serving.preflight()


async def _file(
    recordings: Recordings, actor: Actor, space_id: str, request: Request, name: str, media_type: str
) -> Response:
    space, _ = await actions.find(recordings, actor, SpaceId(space_id))
    made = (await jobs.files_of(recordings.kit, space.id)).get(name)
    if made is None:
        raise FileNotMadeError
    day = (space.started_at or space.created_at).date()
    return serving.answer(
        request,
        serving.FileBytes(download_folder(recordings.kit.settings.data, space.id) / name, made.size_bytes),
        media_type=media_type,
        etag=made.sha256[:32],
        disposition=content_disposition(saved_name(space.title, day, name.rpartition(".")[2]), inline=True),
    )

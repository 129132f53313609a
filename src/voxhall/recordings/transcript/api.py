"""The transcript over HTTP: in four formats, while the space is live too, and once more for what failed."""

import asyncio
import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts.identity import ActorDep
from voxhall.errors import JsonObject
from voxhall.kit.web import KitDep
from voxhall.recordings import serving
from voxhall.recordings.downloads.folders import content_disposition, saved_name
from voxhall.recordings.transcript import actions
from voxhall.recordings.transcript.actions import Standing, TranscriptNotFoundError
from voxhall.recordings.transcript.formats import FORMATS
from voxhall.recordings.transcript.model import TranscriptState
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SpaceId

router = APIRouter(prefix="/api/v1/spaces/{space_id}/recording", tags=["recordings"])

SpaceIdPath = Annotated[str, Path(max_length=64)]
FormatPath = Literal["vtt", "srt", "txt", "json"]


class TranscriptAnswer(BaseModel):
    """How far the transcript is, and where it can be read, as far as it is."""

    model_config = ConfigDict(populate_by_name=True)

    state: TranscriptState
    language: str | None
    progress: float
    error: str | None
    vtt: str
    srt: str
    txt: str
    as_json: Annotated[str, Field(alias="json")]


def transcript_as_json(address: str, space_id: str, standing: Standing) -> JsonObject:
    """As it stands in the answer about a recording."""
    base = f"{address}/api/v1/spaces/{space_id}/recording/transcript"
    return {
        "state": standing.state.value,
        "language": standing.language,
        "progress": standing.progress,
        "error": standing.error,
        **{name: f"{base}.{name}" for name in FORMATS},
    }


@router.get("/transcript.{name}", responses={200: {"content": {"text/vtt": {}, "application/json": {}}}})
async def transcript(
    kit: KitDep, actor: ActorDep, request: Request, space_id: SpaceIdPath, name: FormatPath
) -> Response:
    """The words, with who said them and when, as far as they are final."""
    space = await spaces.get_space(kit, SpaceId(space_id), actor)
    said = await actions.read(kit, space)
    as_format = FORMATS[name]
    text = (await asyncio.to_thread(as_format.write, said)).encode()
    day = (space.started_at or space.created_at).date()
    return serving.answer(
        request,
        serving.Bytes(text),
        media_type=as_format.media_type,
        etag=hashlib.sha256(text).hexdigest()[:32],
        disposition=content_disposition(saved_name(space.title, day, name), inline=True),
    )


@router.options("/transcript.{name}", include_in_schema=False)
async def transcript_preflight(name: FormatPath) -> Response:
    del name
    return serving.preflight()


@router.post("/transcript/retry", response_model=TranscriptAnswer)
async def retry(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> JsonObject:
    """For the host, the co-hosts and administrators, when it failed."""
    space = await actions.retry(kit, actor, SpaceId(space_id))
    standing = await actions.standing_of(kit, space)
    if standing is None:
        raise TranscriptNotFoundError
    return transcript_as_json(kit.settings.address, space.id, standing)

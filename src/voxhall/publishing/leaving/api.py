"""Routes of the archive and of the end of an account."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from voxhall.accounts.deps import AccountsDep
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import Scope
from voxhall.kit.web import address_of
from voxhall.publishing.leaving import actions
from voxhall.publishing.leaving.archive import zipped
from voxhall.recordings.deps import RecordingsDep

router = APIRouter(prefix="/api/v1/me", tags=["accounts"])


class LeavingAnswer(BaseModel):
    """What ends with the account. What was said in other people's spaces stays with those, under the name of then."""

    live: int
    planned: int
    replays: int = Field(description="Recordings that are deleted with it, for everybody.")


class LeaveBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: Annotated[str, Field(max_length=60)]
    password: Annotated[str, Field(max_length=20_000)] = ""


@router.get("/archive", response_class=StreamingResponse, responses={200: {"content": {"application/zip": {}}}})
async def archive(recordings: RecordingsDep, actor: ActorDep) -> StreamingResponse:
    """All there is of the account: profile, lists, spaces, the recordings of one's own with their transcripts."""
    user = actor.require_user(Scope.ACCOUNT)
    entries = await actions.everything(recordings, actor, user)
    headers = {"content-disposition": f'attachment; filename="voxhall-{user.handle}.zip"'}
    at = recordings.kit.clock.now()
    return StreamingResponse(zipped(entries, at), media_type="application/zip", headers=headers)


@router.get("/leaving")
async def leaving(recordings: RecordingsDep, actor: ActorDep) -> LeavingAnswer:
    standing = await actions.standing_of(recordings.kit, actor, actor.require_user(Scope.ACCOUNT))
    return LeavingAnswer(live=standing.live, planned=standing.planned, replays=standing.replays)


@router.post("/leaving", status_code=204)
async def leave(
    body: LeaveBody, request: Request, recordings: RecordingsDep, accounts: AccountsDep, actor: ActorDep
) -> None:
    """For good, from the answer on. The handle is typed; the password too, where there is one."""
    user = actor.require_user(Scope.ACCOUNT)
    await actions.leave(recordings, accounts, actor, user, body.handle, body.password, address=address_of(request))

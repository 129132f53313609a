"""WHIP (RFC 9725): somebody's microphone comes in. Every verb is for the account that opened the session alone."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from voxhall.accounts.identity import Actor, ActorDep
from voxhall.errors import ForbiddenError
from voxhall.live import sessions
from voxhall.live.deps import LiveDep
from voxhall.live.media_bridge import PUBLISHER
from voxhall.live.media_http import FRAGMENT, SDP, body_of, created, described, if_match_of, patched, preflight
from voxhall.live.peers import Peer
from voxhall.live.service import Live
from voxhall.spaces.model import SpaceId

router = APIRouter(prefix="/api/v1/spaces/{space_id}/whip", tags=["sound"])

SpaceIdPath = Annotated[str, Path(max_length=64)]
PeerPath = Annotated[str, Path(max_length=64)]


class NotYourSessionError(ForbiddenError):
    code = "not_your_session"
    message = "This session belongs to another account."


@router.options("", status_code=204)
@router.options("/{peer}", status_code=204)
async def options() -> Response:
    return preflight()


@router.post("", status_code=201, response_class=Response, **described(SDP, 201, SDP))
async def open_session(live: LiveDep, actor: ActorDep, space_id: SpaceIdPath, request: Request) -> Response:
    """An SDP offer in, an SDP answer out; whoever may speak without asking stands on the stage."""
    opened = await sessions.speak(live, actor, SpaceId(space_id), await body_of(request, SDP))
    return created(opened, f"/api/v1/spaces/{space_id}/whip/{opened.peer.id}")


@router.patch("/{peer}", response_class=Response, **described(FRAGMENT, 200, FRAGMENT))
async def patch(live: LiveDep, actor: ActorDep, space_id: SpaceIdPath, peer: PeerPath, request: Request) -> Response:
    """Trickled candidates, or an ICE restart."""
    found = await _own_session(live, actor, space_id, peer)
    fragment = await body_of(request, FRAGMENT)
    if_match = if_match_of(request)
    return patched(await live.bridge.patch(found, if_match, fragment))


@router.delete("/{peer}", response_class=Response)
async def close(live: LiveDep, actor: ActorDep, space_id: SpaceIdPath, peer: PeerPath) -> Response:
    await sessions.hang_up(live, await _own_session(live, actor, space_id, peer))
    return Response(status_code=200)


async def _own_session(live: Live, actor: Actor, space_id: str, peer: str) -> Peer:
    found = live.bridge.peer(peer, space_id, PUBLISHER)
    if not await sessions.owns(live, actor, found):
        raise NotYourSessionError
    return found

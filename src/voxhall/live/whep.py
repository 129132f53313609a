"""WHEP: somebody listens. The session's address is a secret of 128 bits, and holding it is the right to close it."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from voxhall.accounts.identity import ActorDep, actor_of, new_guest
from voxhall.kit.doors import App, Receive, Scope, Send
from voxhall.live import sessions
from voxhall.live.deps import LiveDep
from voxhall.live.media_bridge import LISTENER
from voxhall.live.media_http import FRAGMENT, SDP, body_of, created, described, if_match_of, patched, preflight
from voxhall.live.service import Live
from voxhall.spaces.model import SpaceId

router = APIRouter(prefix="/api/v1/spaces/{space_id}/whep", tags=["sound"])

SpaceIdPath = Annotated[str, Path(max_length=64)]
PeerPath = Annotated[str, Path(max_length=64)]
PLAIN_JOIN = re.compile(r"/api/v1/spaces/(?P<space_id>[^/]{1,64})/whep")


@router.options("", status_code=204)
@router.options("/{peer}", status_code=204)
async def options() -> Response:
    return preflight()


@router.post("", status_code=201, response_class=Response, **described(SDP, 201, SDP))
async def open_session(
    live: LiveDep, actor: ActorDep, space_id: SpaceIdPath, request: Request, hidden: bool | None = None
) -> Response:
    """An SDP offer in, an SDP answer out; the POST joins, without an account as a guest.

    With `?hidden=true` the person who listens is counted, but in no list.
    """
    offer = await body_of(request, SDP)
    cookie = None
    if actor.is_anonymous:
        actor, cookie = await new_guest(live.kit)
    opened = await sessions.listen(live, actor, SpaceId(space_id), offer, is_new=cookie is not None, hidden=hidden)
    response = created(opened, f"/api/v1/spaces/{space_id}/whep/{opened.peer.id}")
    if cookie is not None:
        response.headers.append("set-cookie", cookie)
    return response


@router.patch("/{peer}", response_class=Response, **described(FRAGMENT, 200, FRAGMENT))
async def patch(live: LiveDep, space_id: SpaceIdPath, peer: PeerPath, request: Request) -> Response:
    """Trickled candidates, or an ICE restart."""
    found = live.bridge.peer(peer, space_id, LISTENER)
    fragment = await body_of(request, FRAGMENT)
    return patched(await live.bridge.patch(found, if_match_of(request), fragment))


@router.delete("/{peer}", response_class=Response)
async def close(live: LiveDep, space_id: SpaceIdPath, peer: PeerPath) -> Response:
    await sessions.hang_up(live, live.bridge.peer(peer, space_id, LISTENER))
    return Response(status_code=200)


class ShortWay:
    """To `open_session`, for whoever just listens: finding the route and solving its parameters is a quarter of what a
    join costs, and ten thousand may come at once. Whoever asks for more goes the long way; refusals are the same.
    """

    def __init__(self, app: App, live: Live) -> None:
        self._app, self._live = app, live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_join = scope["type"] == "http" and scope["method"] == "POST" and not scope["query_string"]
        found = PLAIN_JOIN.fullmatch(scope["path"]) if is_join else None
        if found is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        actor = await actor_of(request, self._live.kit)
        response = await open_session(self._live, actor, found["space_id"], request)
        await response(scope, receive, send)

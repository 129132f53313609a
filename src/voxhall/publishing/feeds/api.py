"""The addresses that other programs look at again and again: feeds and calendars. Anybody, from anywhere, without a
sign-in; what has not changed is not sent again."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from voxhall.accounts.actions import user_by_handle
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import User
from voxhall.errors import UserNotFoundError
from voxhall.kit import Kit
from voxhall.kit.web import KitDep
from voxhall.publishing.feeds import gathering
from voxhall.publishing.feeds.calendar import calendar
from voxhall.publishing.feeds.podcast import feed
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import SeriesId, SpaceId

router = APIRouter(tags=["publishing"])

HandlePath = Annotated[str, Path(max_length=60)]
SpaceIdPath = Annotated[str, Path(max_length=64)]
SeriesIdPath = Annotated[str, Path(max_length=64)]
FOR_OTHERS = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
LOOK_AGAIN_S = 300
RSS, ICS = "application/rss+xml; charset=utf-8", "text/calendar; charset=utf-8"


@router.get("/@{handle}/feed.xml", response_class=Response, responses={200: {"content": {RSS: {}}}})
async def podcast(kit: KitDep, handle: HandlePath, request: Request) -> Response:
    """A host's public replays: RSS 2.0 with transcripts, people and where to tip them."""
    host = await _host(kit, handle)
    body = feed(await gathering.show_of(kit, host), await gathering.episodes_of(kit, host))
    return _answer(request, body, RSS, is_public=True)


@router.get("/@{handle}/calendar.ics", response_class=Response, responses={200: {"content": {ICS: {}}}})
async def calendar_of_host(kit: KitDep, handle: HandlePath, request: Request) -> Response:
    """What a host plans for everybody; calendars follow it."""
    host = await _host(kit, handle)
    body = calendar(host.display_name, gathering.domain_of(kit), *await gathering.planned_by(kit, host))
    return _answer(request, body, ICS, is_public=True)


@router.get("/api/v1/spaces/{space_id}/calendar.ics", response_class=Response, responses={200: {"content": {ICS: {}}}})
async def calendar_of_space(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, request: Request) -> Response:
    """For whoever may know of it."""
    space = await spaces.get_space(kit, SpaceId(space_id), actor)
    body = calendar(space.title, gathering.domain_of(kit), [await gathering.planned_as(kit, space)])
    answer = _answer(request, body, ICS, is_public=False)
    answer.headers["content-disposition"] = f'attachment; filename="{space.id}.ics"'
    return answer


@router.get("/api/v1/series/{series_id}/calendar.ics", response_class=Response, responses={200: {"content": {ICS: {}}}})
async def calendar_of_series(kit: KitDep, actor: ActorDep, series_id: SeriesIdPath, request: Request) -> Response:
    """The whole series, with what was moved or called off; calendars may follow it."""
    planned = await gathering.series_as_planned(kit, actor, SeriesId(series_id))
    body = calendar(planned.series.title, gathering.domain_of(kit), [], [planned])
    answer = _answer(request, body, ICS, is_public=False)
    answer.headers["content-disposition"] = f'attachment; filename="{planned.series.id}.ics"'
    return answer


async def _host(kit: Kit, handle: str) -> User:
    host = await user_by_handle(kit, handle)
    if host.is_suspended:
        raise UserNotFoundError
    return host


def _answer(request: Request, body: bytes, media_type: str, *, is_public: bool) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "etag": etag,
        "cache-control": f"public, max-age={LOOK_AGAIN_S}" if is_public else "private, no-cache",
        **(FOR_OTHERS if is_public else {}),
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)

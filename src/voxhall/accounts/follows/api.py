"""Routes of follows and blocks."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from pydantic import BaseModel

from voxhall.accounts import actions as people
from voxhall.accounts.answers import named_as_json
from voxhall.accounts.follows import actions
from voxhall.accounts.follows.actions import Side
from voxhall.accounts.follows.csv_file import addresses_in
from voxhall.accounts.follows.model import Listed
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import Scope, UserId
from voxhall.errors import InvalidError, JsonObject, UnsupportedTypeError
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.kit.web import KitDep, Page, PageDep, page_of

router = APIRouter(prefix="/api/v1", tags=["people"])


class ListedAnswer(BaseModel):
    handle: str
    display_name: str
    picture: str | None
    since: str


class ListedPage(BaseModel):
    items: list[ListedAnswer]
    next_cursor: str | None


class ImportAnswer(BaseModel):
    followed: int
    unknown: int
    elsewhere: int


@router.put("/users/{handle}/follow", status_code=204)
async def follow(handle: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.follow(kit, actor.require_user(Scope.ACCOUNT), handle)


@router.delete("/users/{handle}/follow", status_code=204)
async def unfollow(handle: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.unfollow(kit, actor.require_user(Scope.ACCOUNT), handle)


@router.put("/users/{handle}/block", status_code=204)
async def block(handle: str, kit: KitDep, actor: ActorDep) -> None:
    """From the answer on, this person neither sees nor hears what the caller runs or speaks in."""
    await actions.block(kit, actor.require_user(Scope.ACCOUNT), handle)


@router.delete("/users/{handle}/block", status_code=204)
async def unblock(handle: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.unblock(kit, actor.require_user(Scope.ACCOUNT), handle)


@router.put("/users/{handle}/mute", status_code=204)
async def mute(handle: str, kit: KitDep, actor: ActorDep) -> None:
    """Their spaces stay away from the caller's home page. They are not told."""
    await actions.mute(kit, actor.require_user(Scope.ACCOUNT), handle)


@router.delete("/users/{handle}/mute", status_code=204)
async def unmute(handle: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.unmute(kit, actor.require_user(Scope.ACCOUNT), handle)


@router.get("/me/mutes", response_model=ListedPage)
async def mutes(kit: KitDep, actor: ActorDep, page: PageDep) -> JsonObject:
    return await _list(kit, actor.require_user(Scope.ACCOUNT).id, Side.MUTED, page)


@router.post("/me/follows/import", openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {}}}})
async def import_follows(request: Request, kit: KitDep, actor: ActorDep) -> ImportAnswer:
    """A list as Mastodon exports it. Followed is who has an address on this server, or stands there without a host."""
    user = actor.require_user(Scope.ACCOUNT)
    if not request.headers.get("content-type", "").startswith("text/csv"):
        raise UnsupportedTypeError
    try:
        found = addresses_in((await request.body()).decode())
    except UnicodeDecodeError:
        raise InvalidError.of("file", "This is not text in UTF-8.") from None
    ours = {"", (urlsplit(kit.settings.address).hostname or "").lower()}
    followed, left = await actions.follow_all(kit, user, [name for name, host in found if host in ours])
    elsewhere = sum(host not in ours for _, host in found)
    return ImportAnswer(followed=len(followed), unknown=len(left), elsewhere=elsewhere)


@router.get("/users/{handle}/followers", response_model=ListedPage)
async def followers(handle: str, kit: KitDep, page: PageDep) -> JsonObject:
    return await _list(kit, (await people.user_by_handle(kit, handle)).id, Side.FOLLOWERS, page)


@router.get("/users/{handle}/following", response_model=ListedPage)
async def following(handle: str, kit: KitDep, page: PageDep) -> JsonObject:
    return await _list(kit, (await people.user_by_handle(kit, handle)).id, Side.FOLLOWING, page)


@router.get("/me/blocks", response_model=ListedPage)
async def blocks(kit: KitDep, actor: ActorDep, page: PageDep) -> JsonObject:
    return await _list(kit, actor.require_user(Scope.ACCOUNT).id, Side.BLOCKED, page)


async def _list(kit: Kit, user_id: UserId, side: Side, page: Page) -> JsonObject:
    found = await actions.listed(kit, user_id, side, page.after_time(), page.limit + 1)
    return page_of(found, page, _as_json, lambda one: [one.since.isoformat(), one.user.id])


def _as_json(one: Listed) -> JsonObject:
    return {**named_as_json(one.user), "since": to_wire(one.since)}

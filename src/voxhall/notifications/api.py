"""The routes of notifications, reminders, and the devices that take pushes."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response, WebSocket
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import Scope
from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire
from voxhall.kit.web import KitDep, PageDep, page_of
from voxhall.notifications import actions, live_count, settings, words
from voxhall.notifications.actions import NewDevice
from voxhall.notifications.model import NewsKind, Notification, PushDevice, Way
from voxhall.notifications.service import Notifications, notifications_of
from voxhall.spaces.model import SpaceId

router = APIRouter(tags=["notifications"])
router.include_router(settings.router)

NotificationsDep = Annotated[Notifications, Depends(notifications_of)]
SpaceIdPath = Annotated[str, Path(max_length=64)]
TokenPath = Annotated[str, Path(max_length=200)]
DeviceIdPath = Annotated[str, Path(max_length=64)]
LanguageQuery = Annotated[str | None, Query(max_length=35, description="Of the sentences; en where it is not spoken.")]


class NotificationAnswer(BaseModel):
    id: str
    kind: str
    title: str
    body: str
    path: str = Field(description="Where it leads, on this server.")
    space_id: str | None
    handle: str | None = Field(description="Whose doing it is.")
    display_name: str | None
    scheduled_start: str | None
    at: str
    is_read: bool


class NotificationsAnswer(BaseModel):
    items: list[NotificationAnswer]
    next_cursor: str | None
    unread_count: int = Field(description="At most 100.")


class ReadBody(BaseModel):
    """Without ids, all of them."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)] | None = None


class ReminderAnswer(BaseModel):
    is_set: bool
    of_series: bool = Field(description="Whether of each of its series.")
    count: int = Field(description="How many want to be reminded.")


class KeysBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    p256dh: Annotated[str, Field(max_length=120)]
    auth: Annotated[str, Field(max_length=40)]


class DeviceBody(BaseModel):
    """What a browser's `PushSubscription` says, and the language of its pages."""

    model_config = ConfigDict(extra="forbid")

    endpoint: Annotated[str, Field(max_length=2_000)]
    keys: KeysBody
    language: Annotated[str, Field(max_length=35)] = "en"


class PushDeviceAnswer(BaseModel):
    id: str
    name: str = Field(description='As in "Firefox on Android".')
    created_at: str


class PushDevicesAnswer(BaseModel):
    items: list[PushDeviceAnswer]
    key: str = Field(description="The applicationServerKey for a subscription.")


class UnsubscribedAnswer(BaseModel):
    kind: NewsKind
    way: Way


@router.get("/api/v1/me/notifications", response_model=NotificationsAnswer)
async def mine(kit: KitDep, actor: ActorDep, page: PageDep, language: LanguageQuery = None) -> JsonObject:
    """The newest first, as sentences."""
    user = actor.require_user(Scope.READ)
    spoken = words.language_of(language or user.language)
    found = await actions.list_mine(kit, user, page.after_time(), page.limit + 1)
    answer = page_of(
        found,
        page,
        lambda one: _as_json(one, spoken),
        lambda one: [one.created_at.isoformat(), one.announcement.id],
    )
    return {**answer, "unread_count": await actions.unread_count(kit, user.id)}


@router.post("/api/v1/me/notifications/read", status_code=204)
async def read(kit: KitDep, actor: ActorDep, body: ReadBody) -> None:
    await actions.mark_read(kit, actor.require_user(Scope.ACCOUNT), body.ids)


@router.websocket("/api/v1/me/notifications/live")
async def live(websocket: WebSocket, notifications: NotificationsDep) -> None:
    """`{"type": "unread", "count": n}` at once and whenever it changes; `{"type": "ping"}` now and then."""
    await live_count.serve(websocket, notifications)


@router.get("/api/v1/spaces/{space_id}/reminder", response_model=ReminderAnswer)
async def reminder(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> JsonObject:
    found = await actions.reminders(kit, actor, SpaceId(space_id))
    return {"is_set": found.is_set, "of_series": found.of_series, "count": found.count}


@router.put("/api/v1/spaces/{space_id}/reminder", status_code=204)
async def remind(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> None:
    """Told when it begins, is moved or is canceled."""
    await actions.remind(kit, actor, SpaceId(space_id))


@router.delete("/api/v1/spaces/{space_id}/reminder", status_code=204)
async def do_not_remind(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> None:
    await actions.do_not_remind(kit, actor, SpaceId(space_id))


@router.get("/api/v1/me/push-devices", response_model=PushDevicesAnswer)
async def push_devices(notifications: NotificationsDep, actor: ActorDep) -> JsonObject:
    found = await actions.devices_of(notifications.kit, actor.require_user(Scope.READ))
    return {"items": [_device_as_json(one) for one in found], "key": notifications.key.public_key}


@router.post("/api/v1/me/push-devices", status_code=201, response_model=PushDeviceAnswer)
async def add_push_device(kit: KitDep, actor: ActorDep, body: DeviceBody, request: Request) -> JsonObject:
    """The same browser again is the same device."""
    user_agent = request.headers.get("user-agent", "")
    new = NewDevice(body.endpoint, body.keys.p256dh, body.keys.auth, body.language, user_agent)
    return _device_as_json(await actions.add_device(kit, actor.require_user(Scope.ACCOUNT), new))


@router.delete("/api/v1/me/push-devices/{device_id}", status_code=204)
async def remove_push_device(kit: KitDep, actor: ActorDep, device_id: DeviceIdPath) -> None:
    await actions.remove_device(kit, actor.require_user(Scope.ACCOUNT), device_id)


@router.post("/api/v1/unsubscribe/{token}")
async def unsubscribe(notifications: NotificationsDep, token: TokenPath) -> UnsubscribedAnswer:
    """By one tap in a push or, as RFC 8058 has it, by a mail program: this kind comes that way no more."""
    kind, way = await actions.unsubscribe(notifications.kit, notifications.key, token)
    return UnsubscribedAnswer(kind=kind, way=way)


@router.get("/api/v1/unsubscribe/{token}", status_code=303, response_class=Response)
async def ask_to_unsubscribe(token: TokenPath) -> Response:
    """For whoever opens the address: to the page that asks. Looking ends nothing; programs look at all of them."""
    return Response(status_code=303, headers={"location": f"/unsubscribe#{quote(token)}"})


def _as_json(one: Notification, language: str) -> JsonObject:
    news = one.announcement
    said = words.say(news, one.kind, language)
    return {
        "id": news.id,
        "kind": one.kind.value,
        "title": said.title,
        "body": said.body,
        "path": said.path,
        "space_id": news.space_id,
        "handle": news.data.get("handle"),
        "display_name": news.data.get("name"),
        "scheduled_start": news.data.get("scheduled_start"),
        "at": to_wire(one.created_at),
        "is_read": one.read_at is not None,
    }


def _device_as_json(device: PushDevice) -> JsonObject:
    return {"id": device.id, "name": device.name, "created_at": to_wire(device.created_at)}

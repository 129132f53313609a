"""The administrator's settings and the log of their changes; and what anybody may know of the doors."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts import actions as people
from voxhall.accounts.admission import actions
from voxhall.accounts.admission.model import MAX_LISTED, Hosting, OperatorSettings, Registration
from voxhall.accounts.identity import Actor, ActorDep
from voxhall.accounts.model import Scope, User, UserId
from voxhall.errors import ForbiddenError, JsonObject
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.kit.web import KitDep, PageDep, page_of

router = APIRouter(prefix="/api/v1", tags=["operator"])

Percent = Annotated[int, Field(ge=0, le=100)]
Number = Annotated[int, Field(ge=0, le=1_000_000)]


class NotAdministratorError(ForbiddenError):
    code = "only_administrators"
    message = "Only an administrator can do that."


class SettingsBody(BaseModel):
    """What is named is changed; the rest stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    registration: Registration | None = None
    invites_per_account: Number | None = None
    hosted_per_invite: Annotated[Number | None, Field(description="One more invitation for each so many; 0: none.")] = (
        None
    )
    invite_days: Annotated[int | None, Field(ge=1, le=365)] = None
    hosting: Hosting | None = None
    hosting_percent: Percent | None = None
    hosting_min_followers: Number | None = None
    hosting_min_age_days: Annotated[int | None, Field(ge=0, le=3650)] = None
    hosting_list: Annotated[list[Annotated[str, Field(max_length=60)]] | None, Field(max_length=MAX_LISTED)] = None
    new_spaces: bool | None = None
    live_audio: bool | None = None
    tip_jar_percent: Percent | None = None
    tip_services: Annotated[list[Annotated[str, Field(max_length=40)]] | None, Field(max_length=50)] = None


class SettingsAnswer(BaseModel):
    registration: Registration
    invites_per_account: int
    hosted_per_invite: int
    invite_days: int
    hosting: Hosting
    hosting_percent: int
    hosting_min_followers: int
    hosting_min_age_days: int
    hosting_list: list[str]
    new_spaces: bool
    live_audio: bool
    tip_jar_percent: int
    tip_services: list[str]


class EntryAnswer(BaseModel):
    id: str
    at: str
    actor: str | None = Field(description="The administrator's handle; null for the server itself.")
    action: str
    data: dict[str, Any]


class AuditAnswer(BaseModel):
    items: list[EntryAnswer]
    next_cursor: str | None


class DoorsAnswer(BaseModel):
    """What somebody has to know before they sign up or listen."""

    registration: Registration
    live_audio: bool
    new_spaces: bool


def require_administrator(actor: Actor) -> User:
    user = actor.require_user(Scope.ADMIN)
    if not user.is_administrator:
        raise NotAdministratorError
    return user


@router.get("/doors")
async def doors(kit: KitDep) -> DoorsAnswer:
    settings = await actions.current_settings(kit)
    return DoorsAnswer(
        registration=settings.registration, live_audio=settings.live_audio, new_spaces=settings.new_spaces
    )


@router.get("/admin/settings")
async def settings(kit: KitDep, actor: ActorDep) -> SettingsAnswer:
    require_administrator(actor)
    return await _answer(kit, await actions.current_settings(kit))


@router.patch("/admin/settings")
async def change_settings(body: SettingsBody, kit: KitDep, actor: ActorDep) -> SettingsAnswer:
    administrator = require_administrator(actor)
    wanted = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    if "tip_services" in wanted:
        wanted["tip_services"] = tuple(dict.fromkeys(wanted["tip_services"]))
    return await _answer(kit, await actions.change_settings(kit, administrator, wanted))


@router.get("/admin/audit", response_model=AuditAnswer)
async def audit(kit: KitDep, actor: ActorDep, page: PageDep) -> JsonObject:
    require_administrator(actor)
    found = await actions.audit_log(kit, page.after_time(), page.limit + 1)
    async with kit.db.read() as conn:
        actors = await people.users_by_id(conn, {UserId(one.actor_id) for one in found if one.actor_id})
    handles = {user.id: user.handle for user in actors.values()}
    return page_of(
        found,
        page,
        lambda one: {
            "id": one.id,
            "at": to_wire(one.at),
            "actor": handles.get(UserId(one.actor_id)) if one.actor_id else None,
            "action": one.action,
            "data": one.data,
        },
        lambda one: [one.at.isoformat(), one.id],
    )


async def _answer(kit: Kit, settings: OperatorSettings) -> SettingsAnswer:
    return SettingsAnswer(
        registration=settings.registration,
        invites_per_account=settings.invites_per_account,
        hosted_per_invite=settings.hosted_per_invite,
        invite_days=settings.invite_days,
        hosting=settings.hosting,
        hosting_percent=settings.hosting_percent,
        hosting_min_followers=settings.hosting_min_followers,
        hosting_min_age_days=settings.hosting_min_age_days,
        hosting_list=await actions.listed_hosts(kit, settings),
        new_spaces=settings.new_spaces,
        live_audio=settings.live_audio,
        tip_jar_percent=settings.tip_jar_percent,
        tip_services=list(settings.tip_services),
    )

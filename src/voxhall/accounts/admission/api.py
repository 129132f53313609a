"""The administrator's settings and the log of their changes; and what anybody may know of the doors."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from voxhall.accounts.admission import actions
from voxhall.accounts.admission.answers import SettingsAnswer, SettingsBody, entries_as_json, settings_answer
from voxhall.accounts.admission.model import Registration
from voxhall.accounts.identity import Actor, ActorDep
from voxhall.accounts.model import Scope, User
from voxhall.errors import ForbiddenError, JsonObject
from voxhall.kit.mail import sends_mail
from voxhall.kit.web import KitDep, PageDep, page_of

router = APIRouter(prefix="/api/v1", tags=["operator"])


class NotAdministratorError(ForbiddenError):
    code = "only_administrators"
    message = "Only an administrator can do that."


class EntryAnswer(BaseModel):
    id: str
    at: str
    actor: str | None = Field(description="The administrator's handle; null for the server itself.")
    action: str
    data: dict[str, Any]


class AuditAnswer(BaseModel):
    items: list[EntryAnswer]
    next_cursor: str | None


class ProviderAnswer(BaseModel):
    id: str
    name: str


class DoorsAnswer(BaseModel):
    """What somebody has to know before they sign up or listen."""

    registration: Registration
    live_audio: bool
    new_spaces: bool
    sends_mail: bool = Field(description="Whether one can sign in by a link in a letter.")
    providers: list[ProviderAnswer] = Field(description="Who else may say who somebody is (OpenID Connect).")


def require_administrator(actor: Actor) -> User:
    user = actor.require_user(Scope.ADMIN)
    if not user.is_administrator:
        raise NotAdministratorError
    return user


@router.get("/doors")
async def doors(kit: KitDep) -> DoorsAnswer:
    settings = await actions.current_settings(kit)
    return DoorsAnswer(
        registration=settings.registration,
        live_audio=settings.live_audio,
        new_spaces=settings.new_spaces,
        sends_mail=sends_mail(kit.settings),
        providers=[ProviderAnswer(id=name, name=one.name) for name, one in kit.settings.openid.items()],
    )


@router.get("/admin/settings")
async def settings(kit: KitDep, actor: ActorDep) -> SettingsAnswer:
    require_administrator(actor)
    return await settings_answer(kit, await actions.current_settings(kit))


@router.patch("/admin/settings")
async def change_settings(body: SettingsBody, kit: KitDep, actor: ActorDep) -> SettingsAnswer:
    administrator = require_administrator(actor)
    return await settings_answer(kit, await actions.change_settings(kit, administrator.id, body.wanted()))


@router.get("/admin/audit", response_model=AuditAnswer)
async def audit(kit: KitDep, actor: ActorDep, page: PageDep) -> JsonObject:
    require_administrator(actor)
    found = await actions.audit_log(kit, page.after_number(), page.limit + 1)
    as_json = await entries_as_json(kit, found)
    return page_of(
        found,
        page,
        lambda one: as_json[one.id],
        lambda one: [one.number],
    )

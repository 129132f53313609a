"""The operator's settings and the audit log as they are told: to the page, to programs and to the command line."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts import store as people
from voxhall.accounts.admission import actions
from voxhall.accounts.admission.model import MAX_LISTED, Hosting, OperatorSettings, Registration
from voxhall.accounts.admission.store import Entry
from voxhall.accounts.model import UserId
from voxhall.errors import JsonObject
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire

Percent = Annotated[int, Field(ge=0, le=100)]
Number = Annotated[int, Field(ge=0, le=1_000_000)]


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

    def wanted(self) -> dict[str, Any]:
        """What was named, as the settings keep it."""
        named = {name: value for name, value in self.model_dump(exclude_unset=True).items() if value is not None}
        if "tip_services" in named:
            named["tip_services"] = tuple(dict.fromkeys(named["tip_services"]))
        return named


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


async def settings_answer(kit: Kit, settings: OperatorSettings) -> SettingsAnswer:
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


async def entries_as_json(kit: Kit, entries: Sequence[Entry]) -> dict[str, JsonObject]:
    """By the entry's id."""
    async with kit.db.read() as conn:
        actors = await people.users_by_id(conn, {UserId(one.actor_id) for one in entries if one.actor_id})
    return {
        one.id: {
            "id": one.id,
            "at": to_wire(one.at),
            "actor": actors[UserId(one.actor_id)].handle if one.actor_id in actors else None,
            "action": one.action,
            "data": one.data,
        }
        for one in entries
    }

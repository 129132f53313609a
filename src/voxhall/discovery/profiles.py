"""Somebody's profile, put together of what each feature knows of them; and what one changes of one's own."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts import actions as people
from voxhall.accounts.actions import ProfileChange
from voxhall.accounts.admission import actions as admission
from voxhall.accounts.admission.model import reasons_not_to_host
from voxhall.accounts.answers import account_as_json, named_as_json, profile_as_json
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.identity import Actor, ActorDep
from voxhall.accounts.model import Scope, User, UserId
from voxhall.discovery import actions
from voxhall.discovery.answers import Me, SeenProfile
from voxhall.errors import JsonObject, UserNotFoundError
from voxhall.kit import Kit
from voxhall.kit.web import KitDep
from voxhall.tips import actions as tips
from voxhall.tips.answers import jar_as_json, recently_changed_as_json

router = APIRouter()

# Only so long that reading it costs nothing; the models have the real rules.
Text = Annotated[str, Field(max_length=20_000)]


class TipBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    service: Annotated[str, Field(max_length=100)]
    name: Annotated[str, Field(max_length=200)]


class ProfileBody(BaseModel):
    """What is named is changed; the rest stays."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    display_name: Text | None = None
    bio: Text | None = None
    links: Annotated[list[Text], Field(max_length=100)] | None = None
    pronouns: Text | None = None
    language: Annotated[str | None, Field(description="A tag such as pt-BR; empty for none.", max_length=100)] = None
    tip_jar: Annotated[list[TipBody], Field(max_length=50)] | None = None


@router.get("/me", response_model=Me)
async def me(kit: KitDep, actor: ActorDep) -> JsonObject:
    return await _me(kit, actor.require_user(Scope.READ))


@router.patch("/me", response_model=Me)
async def change_me(body: ProfileBody, kit: KitDep, actor: ActorDep) -> JsonObject:
    """All of it or, if anything is refused, none."""
    user = actor.require_user(Scope.ACCOUNT)
    wanted = ProfileChange(body.display_name, body.bio, body.links, body.pronouns, body.language)
    async with kit.db.write() as tx:
        changed = await people.change_profile(tx, user.id, wanted)
        if body.tip_jar is not None:
            await tips.save_jar(kit, tx, changed, [(tip.service, tip.name) for tip in body.tip_jar])
    return await _me(kit, changed)


@router.get("/users/{handle}", response_model=SeenProfile)
async def profile(handle: str, kit: KitDep, actor: ActorDep) -> JsonObject:
    user = await actions.person_of(kit, handle)
    async with kit.db.read() as conn:
        jar = (await tips.jars_shown(conn, [user])).get(user.id)
    inviter = await actions.inviter_of(kit, user)
    return {
        **profile_as_json(user),
        "tip_jar": [*jar_as_json(jar)],
        "tip_jar_changed_at": recently_changed_as_json(jar, kit.clock.now()),
        "invited_by": _named(inviter),
        "on_air": await actions.on_air(kit, actor, user),
        "you": await _ties(kit, actor, user),
    }


async def me_as_json(kit: Kit, user_id: UserId) -> JsonObject:
    """As it is now."""
    async with kit.db.read() as conn:
        user = (await people.users_by_id(conn, [user_id])).get(user_id)
    if user is None:
        raise UserNotFoundError
    return await _me(kit, user)


async def _me(kit: Kit, user: User) -> JsonObject:
    settings = await admission.current_settings(kit)
    async with kit.db.read() as conn:
        jar = (await tips.jars_shown(conn, [user])).get(user.id)
    reasons = reasons_not_to_host(user, settings, kit.clock.now())
    return {
        **account_as_json(user),
        "tip_jar": [*jar_as_json(jar)],
        "may_have_tip_jar": await tips.may_fill(kit, user),
        "hosting": {"allowed": not reasons, "reasons": [*reasons]},
    }


async def _ties(kit: Kit, actor: Actor, user: User) -> JsonObject | None:
    if actor.user is None or actor.user.id == user.id:
        return None
    ties = await follows.ties_between(kit, actor.user.id, user.id)
    return {
        "follows": ties.follows,
        "is_followed_by": ties.is_followed_by,
        "has_blocked": ties.has_blocked,
        "has_muted": ties.has_muted,
    }


def _named(user: User | None) -> JsonObject | None:
    return None if user is None else named_as_json(user)
